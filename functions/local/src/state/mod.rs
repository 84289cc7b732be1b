//! `drawbridge state`: what a tenant's polls remember.

mod reset;
mod show;

use crate::cli::{self, StateCommand};
use crate::failure::Failure;

/// What stands between the tenant and the time in the name of an old state that was kept.
pub(crate) const BEFORE: &str = ".before-";

/// Does what one of the commands asks for.
pub(crate) async fn run(args: cli::State) -> Result<(), Failure> {
    match args.command {
        StateCommand::Show(args) => show::run(&args).await,
        StateCommand::Reset(args) => reset::run(&args).await,
    }
}
