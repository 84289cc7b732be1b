//! The `drawbridge` command: the same handlers as in the cloud, in one process.

mod cli;
mod deliver;
mod demo;
mod explain;
mod failure;
mod input;
mod map;
mod poll;
mod progress;
mod session;
mod simulate;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    drawbridge_telemetry::log_to_terminal();
    let done = match Cli::parse().command {
        None => demo::run(cli::Demo::default()).await,
        Some(Command::Demo(args)) => demo::run(args).await,
        Some(Command::Simulate(args)) => simulate::run(args).await,
        Some(Command::Poll(args)) => poll::run(args).await,
        Some(Command::Deliver(args)) => deliver::run(args).await,
        Some(Command::Map(args)) => map::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
    };
    done.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}
