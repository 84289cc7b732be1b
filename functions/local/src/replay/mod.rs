//! `drawbridge replay`: what is in quarantine or in a dead-letter queue, delivered again.

mod dead_letters;
mod done;
mod gap;
mod left;
mod list;
mod outputs;
mod run;
mod stack_outputs;

use crate::cli::{self, ReplayCommand};
use crate::failure::Failure;

/// Does what one of the commands asks for.
pub(crate) async fn run(args: cli::Replay) -> Result<(), Failure> {
    match args.command {
        ReplayCommand::List(args) => list::run(&args).await,
        ReplayCommand::Run(args) => run::run(&args).await,
        ReplayCommand::DeadLetters(args) => dead_letters::run(&args).await,
    }
}
