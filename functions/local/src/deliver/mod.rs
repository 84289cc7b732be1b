//! `drawbridge deliver`: records into a SIEM's own intake, from one file or from those of all tenants.

mod all;
mod one;
mod outage;
mod repeated;
mod report;
mod target;

use std::io::Write as _;
use std::time::Duration;

pub(crate) use self::target::{SETTINGS_VARIABLE, Target, send_test};
use crate::cli;
use crate::failure::Failure;
use crate::screen::print_line;

pub(crate) async fn run(args: cli::Deliver) -> Result<(), Failure> {
    let every = args.every.unsigned_abs();
    if every < Duration::from_secs(1) {
        return Err(Failure::usage("--every must be at least 1s"));
    }
    let target = Target::open(args.to.as_deref(), &args.format)?;
    if args.check {
        return check(&target, args.json).await;
    }
    match &args.file {
        Some(file) => one::run(file, &args, &target, every).await,
        None => all::run(&args, &target, every).await,
    }
}

/// Sends a test record and says what came of it.
async fn check(target: &Target, json: bool) -> Result<(), Failure> {
    let sent = send_test(target).await;
    if json {
        let text = match &sent {
            Ok(text) => text.clone(),
            Err(failure) => failure.to_string(),
        };
        let line = serde_json::json!({
            "target": target.name(), "works": sent.is_ok(), "text": text,
        });
        writeln!(crate::screen::stdout(), "{line}")?;
    } else if let Ok(text) = &sent {
        print_line(text)?;
    }
    sent.map(drop)
}
