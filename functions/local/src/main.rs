//! The `drawbridge` command: the same handlers as in the cloud, in one process.

mod advice;
mod backfill;
mod bars;
mod cli;
mod compare;
mod confirm;
mod data_location;
mod deliver;
mod demo;
mod doctor;
mod explain;
mod failure;
mod generate;
mod input;
mod map;
mod open_files;
mod outputs;
mod paint;
mod poll;
mod progress;
mod replay;
mod screen;
mod serve;
mod session;
mod signals;
mod simulate;
mod span;
mod state;
mod state_head;
mod status;
mod table;
mod tenants;
mod view;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use tracing::Level;

use crate::cli::Command;

#[tokio::main]
async fn main() -> ExitCode {
    let (command, json) = match cli::parse() {
        Ok(given) => (given.cli.command, given.json),
        Err(code) => return code,
    };
    open_files::raise_limit();
    let level = match command {
        // A line for each request.
        Some(Command::Serve(_)) => Level::INFO,
        _ => Level::WARN,
    };
    // What runs for days, or under a scheduler, says when: each line does, also that of an error before the first
    // poll.
    let is_kept = !std::io::stderr().is_terminal();
    let is_timed = match &command {
        Some(Command::Deliver(args)) if args.check => is_kept,
        Some(Command::Poll(_) | Command::Deliver(_) | Command::Serve(_)) => true,
        Some(Command::Backfill(_) | Command::View(_) | Command::Simulate(_)) => is_kept,
        _ => false,
    };
    let goes_on = matches!(
        command,
        Some(Command::Poll(_) | Command::Deliver(_) | Command::Serve(_))
    );
    if is_timed && goes_on {
        progress::time_every_line();
    }
    drawbridge_telemetry::log_to_terminal(level, is_timed, || bars::Stderr);
    let done = match command {
        None => demo::run(cli::Demo::default()).await,
        Some(Command::Demo(args)) => demo::run(args).await,
        Some(Command::Simulate(args)) => simulate::run(args).await,
        Some(Command::Poll(args)) => poll::run(*args).await,
        Some(Command::Deliver(args)) => deliver::run(args).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Map(args)) => map::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::View(args)) => view::run(&args).await,
        Some(Command::Doctor(args)) => doctor::run(&args).await,
        Some(Command::Status(args)) => status::run(&args).await,
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Tenants(args)) => tenants::run(args).await,
        Some(Command::Backfill(args)) => backfill::run(args).await,
        Some(Command::Replay(args)) => replay::run(args).await,
        Some(Command::State(args)) => state::run(args).await,
        Some(Command::Generate(args)) => generate::run(&args),
    };
    done.map_or_else(|failure| failure.report(json), |()| ExitCode::SUCCESS)
}
