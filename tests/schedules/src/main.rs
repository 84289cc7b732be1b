//! Runs fault schedules.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output"
)]

use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use drawbridge_schedules::peers::{bless, bless_campaign, bless_lag};
use drawbridge_schedules::{
    LAG_SCHEDULES, Without, campaign, command, lag_table, lags, shrink, trace,
};

const PAGE: &str = "docs/guarantees.md";

/// Runs fault schedules.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    what: What,
    /// The first seed of many schedules.
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "schedules")]
    from: u64,
    /// Leaves out kinds of faults by their names, and of one schedule also alerts, episodes and
    /// deaths by their numbers, such as `Death,a3,e0,d1`.
    #[arg(long, value_name = "WORDS", default_value = "", value_parser = without, conflicts_with = "lag")]
    without: Without,
    /// Makes one schedule that fails as small as it can be, and prints its command.
    #[arg(long, requires = "seed")]
    shrink: bool,
    /// Writes the table into docs/guarantees.md: of what the faults did, of the lag, or, alone, of
    /// other pollers.
    #[arg(long, conflicts_with = "seed")]
    bless: bool,
}

/// What to run; with none of these, other pollers for `--bless`.
#[derive(clap::Args)]
#[group(multiple = false)]
struct What {
    /// Runs that many schedules.
    #[arg(long, value_name = "NUMBER")]
    schedules: Option<u64>,
    /// Runs one schedule and prints all that happens in it.
    #[arg(long)]
    seed: Option<u64>,
    /// How long live alerts take until they are on the queue.
    #[arg(long)]
    lag: bool,
}

fn without(text: &str) -> Result<Without, String> {
    Without::parse(text)
        .map_err(|word| format!("{word:?} is no kind of fault, alert, episode or death"))
}

fn main() -> ExitCode {
    let args = Args::parse();
    let What {
        schedules,
        seed,
        lag: is_lag,
    } = args.what;
    match (seed, schedules) {
        (Some(seed), _) if args.shrink => {
            println!("{}", command(seed, &shrink(seed)));
            ExitCode::SUCCESS
        }
        (Some(seed), _) => one(seed, args.without),
        (None, Some(n)) => many(args.from..args.from + n, &args.without, args.bless),
        (None, None) if is_lag => lag(args.bless),
        (None, None) if args.bless => blessed(bless(Path::new(PAGE))),
        (None, None) => {
            eprintln!("Nothing to do: give --schedules, --seed, --lag or --bless (--help).");
            ExitCode::from(2)
        }
    }
}

/// Many schedules, and what came of them.
fn many(seeds: Range<u64>, without: &Without, is_blessed: bool) -> ExitCode {
    let schedules = seeds.end - seeds.start;
    let all = campaign(seeds, without);
    print!("{}", all.lines(schedules));
    if let Some((seed, _)) = all.failed.first() {
        println!(
            "the first of them, shrunk:\n  {}",
            command(*seed, &shrink(*seed))
        );
        return ExitCode::FAILURE;
    }
    if is_blessed {
        return blessed(bless_campaign(Path::new(PAGE), &all, schedules));
    }
    ExitCode::SUCCESS
}

/// How long live alerts take.
fn lag(is_blessed: bool) -> ExitCode {
    let table = lag_table(&lags(LAG_SCHEDULES), LAG_SCHEDULES);
    print!("{table}");
    match is_blessed {
        true => blessed(bless_lag(Path::new(PAGE), &table)),
        false => ExitCode::SUCCESS,
    }
}

fn blessed(done: std::io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{PAGE}: {error}; run this at the root of the repository");
            ExitCode::FAILURE
        }
    }
}

/// One schedule with everything that happens in it.
fn one(seed: u64, without: Without) -> ExitCode {
    let outcome = trace(seed, without);
    for line in &outcome.trace {
        println!("{line}");
    }
    println!("{:#?}", outcome.findings);
    if outcome.findings.broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
