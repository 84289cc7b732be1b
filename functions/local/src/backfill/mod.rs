//! `drawbridge backfill`: an older range, read step by step.

mod begin;
mod cancel;
mod known;
mod local;
mod request;
mod shown;
mod stack;
mod status;

use crate::cli::{self, BackfillCommand};
use crate::failure::Failure;

/// Does what one of the commands asks for.
pub(crate) async fn run(args: cli::Backfill) -> Result<(), Failure> {
    match &args.command {
        None => begin::run(args).await,
        Some(BackfillCommand::Status(args)) => status::run(args).await,
        Some(BackfillCommand::Resume(args)) => begin::resume(args).await,
        Some(BackfillCommand::Cancel(args)) => cancel::run(args).await,
    }
}
