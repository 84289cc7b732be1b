//! Runs fault schedules.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output"
)]

use std::process::ExitCode;

use drawbridge_schedules::peers::bless;
use drawbridge_schedules::{Without, campaign, command, shrink, trace};

const USAGE: &str = "usage: drawbridge-schedules --schedules N [--from SEED]
       drawbridge-schedules --seed SEED [--without KIND,KIND,a3,e0,d1]
       drawbridge-schedules --bless    (writes the table of docs/guarantees.md)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1).map(String::as_str)
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("--seed") {
        return match Without::parse(value("--without").unwrap_or_default()) {
            Ok(without) => one(seed, without),
            Err(word) => {
                eprintln!("{word:?} is no kind of fault, alert, episode or death");
                ExitCode::FAILURE
            }
        };
    }
    if args.iter().any(|arg| arg == "--bless") {
        return match bless(std::path::Path::new("docs/guarantees.md")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("docs/guarantees.md: {error}; run this at the root of the repository");
                ExitCode::FAILURE
            }
        };
    }
    let Some(schedules) = number("--schedules") else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let from = number("--from").unwrap_or(0);
    let all = campaign(from..from + schedules);
    print!("{}", all.lines(schedules));
    if let Some((seed, _)) = all.failed.first() {
        println!(
            "the first of them, shrunk:\n  {}",
            command(*seed, &shrink(*seed))
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
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
