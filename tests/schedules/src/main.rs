//! Runs fault schedules.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output"
)]

use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use drawbridge_schedules::peers::{bless, bless_campaign, bless_lag};
use drawbridge_schedules::{
    LAG_SCHEDULES, Without, campaign, command, lag_table, lags, shrink, trace,
};

const USAGE: &str =
    "usage: drawbridge-schedules --schedules N [--from SEED] [--without KIND,KIND] [--bless]
       drawbridge-schedules --seed SEED [--without KIND,KIND,a3,e0,d1] [--shrink]
       drawbridge-schedules --lag [--bless]
       drawbridge-schedules --bless
--bless writes its table into docs/guarantees.md: what the faults did, the lag, or the other pollers.";

const PAGE: &str = "docs/guarantees.md";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1).map(String::as_str)
    };
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    let without = match Without::parse(value("--without").unwrap_or_default()) {
        Ok(without) => without,
        Err(word) => {
            eprintln!("{word:?} is no kind of fault, alert, episode or death");
            return ExitCode::FAILURE;
        }
    };
    if let Some(seed) = number("--seed") {
        if has("--shrink") {
            println!("{}", command(seed, &shrink(seed)));
            return ExitCode::SUCCESS;
        }
        return one(seed, without);
    }
    if let Some(schedules) = number("--schedules") {
        let seeds = number("--from").unwrap_or(0);
        return many(seeds..seeds + schedules, &without, has("--bless"));
    }
    if has("--lag") {
        return lag(has("--bless"));
    }
    if has("--bless") {
        return blessed(bless(Path::new(PAGE)));
    }
    eprintln!("{USAGE}");
    ExitCode::FAILURE
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
