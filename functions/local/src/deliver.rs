use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_deliver::file::{FileDelivery, FileError, FileReport, Left};
use drawbridge_deliver::{DeliverSettings, Deliverer, NamedSecrets, Ports, retry_delay};
use drawbridge_store::LocalStore;
use drawbridge_time::{Deadline, SystemClock};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cli;
use crate::failure::Failure;
use crate::progress::say;
use crate::signals::asked_on_signal;

/// The variable that holds the settings.
const SETTINGS_VARIABLE: &str = "DRAWBRIDGE_DELIVER";

/// Delivers a file of records, once or as they come.
pub(crate) async fn run(args: cli::Deliver) -> Result<(), Failure> {
    let every = args.every.unsigned_abs();
    if every < Duration::from_secs(1) {
        return Err(Failure::of("--every must be at least 1s"));
    }
    let mut stop = asked_on_signal("the records at hand");
    let mut delivery = open(&args)?;
    let mut tries = 0;
    loop {
        let asked = stop.clone();
        let delivered = delivery
            .run(Deadline::none(), &move || *asked.borrow())
            .await;
        let wait = match delivered {
            Ok(report) => {
                match print_report(&report, args.json) {
                    // A delivery that follows its file goes on, whoever hears of it.
                    Err(failure) if args.once && !matches!(failure, Failure::ReaderGone) => {
                        return Err(failure);
                    }
                    _ => {}
                }
                if args.once || *stop.borrow() {
                    return all_well(&report, &mut delivery);
                }
                match &report.later {
                    None => {
                        tries = 0;
                        every
                    }
                    Some(later) => {
                        tries += 1;
                        say(&format!("drawbridge: {}", later.reason));
                        retry_delay(later.after, tries).max(every)
                    }
                }
            }
            // The poll that writes it may not have begun.
            Err(error @ FileError::Missing { .. }) if !args.once => {
                say(&format!("drawbridge: {error}; waiting for it"));
                every.max(Duration::from_secs(30))
            }
            Err(error) => return Err(Failure::of(error)),
        };
        if !waited(wait, every, &mut delivery, &mut stop).await? {
            return none_gone(&delivery.left().map_err(Failure::of)?);
        }
    }
}

/// Waits, looking now and then whether the file is rotated; false if asked to stop.
async fn waited(
    wait: Duration,
    every: Duration,
    delivery: &mut FileDelivery,
    stop: &mut watch::Receiver<bool>,
) -> Result<bool, Failure> {
    let until = Instant::now() + wait;
    loop {
        let look = until.min(Instant::now() + every);
        tokio::select! {
            () = tokio::time::sleep_until(look) => {}
            _ = stop.wait_for(|asked| *asked) => return Ok(false),
        }
        if look == until {
            return Ok(true);
        }
        match delivery.look().await {
            Ok(()) | Err(FileError::Missing { .. }) => {}
            Err(error) => return Err(Failure::of(error)),
        }
    }
}

fn open(args: &cli::Deliver) -> Result<FileDelivery, Failure> {
    let format = crate::map::named(&args.format)?;
    let settings = DeliverSettings::parse(&settings(args.to.as_deref())?).map_err(Failure::of)?;
    settings.check_format(format.name()).map_err(Failure::of)?;
    let ports = Ports {
        secrets: Arc::new(NamedSecrets::new(None)),
        clock: Arc::new(SystemClock),
        aws_assertions: None,
    };
    let target = settings.build(&ports).map_err(Failure::of)?;
    let folder = match args.file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let deliverer = Deliverer::new(target, Arc::new(LocalStore::new(folder)));
    FileDelivery::open(deliverer, &args.file, format.name(), &args.tenant).map_err(Failure::of)
}

fn settings(file: Option<&Path>) -> Result<String, Failure> {
    match file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            let kind = error.kind();
            Failure::of(format!("{} cannot be read: {kind}", path.display()))
        }),
        None => std::env::var(SETTINGS_VARIABLE).map_err(|_| {
            Failure::of(format!(
                "name the file with the target's settings as --to FILE, or set \
                 {SETTINGS_VARIABLE} to them; drawbridge deliver --help has examples"
            ))
        }),
    }
}

/// Prints what was done, if anything was.
fn print_report(report: &FileReport, json: bool) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    let FileReport {
        delivered,
        refused,
        cut,
        offset,
        lost,
        later,
    } = report;
    for lost in lost {
        say(&format!("drawbridge: {}", lost_of(lost)));
    }
    if json {
        let waiting = later.as_ref().map(|later| later.reason.as_str());
        let line = serde_json::json!({
            "delivered": delivered, "refused": refused, "cut": cut, "offset": offset,
            "lost_bytes": lost.iter().map(|lost| lost.bytes).sum::<u64>(), "waiting": waiting,
        });
        writeln!(out, "{line}")?;
    } else if *delivered + *refused > 0 {
        writeln!(out, "{delivered} records delivered, {refused} refused")?;
    }
    Ok(())
}

/// A delivery that left something undone is no success, though nothing is lost.
fn all_well(report: &FileReport, delivery: &mut FileDelivery) -> Result<(), Failure> {
    if let Some(later) = &report.later {
        let left = delivery.left().map_err(Failure::of)?;
        none_gone(&left)?;
        let left: Vec<String> = left.iter().map(bytes_of).collect();
        return Err(Failure::of(format!(
            "not everything was delivered; nothing is lost, run it again: {}; left are {}",
            later.reason,
            left.join(", ")
        )));
    }
    if let Some(lost) = report.lost.first() {
        return Err(Failure::of(lost_of(lost)));
    }
    let aside = report.refused + report.cut;
    if aside > 0 {
        return Err(Failure::of(format!(
            "{aside} records were refused or cut and lie in quarantine/ beside the file"
        )));
    }
    Ok(())
}

/// A file that was removed before it was delivered was held open until now.
fn none_gone(left: &[Left]) -> Result<(), Failure> {
    match left.iter().find(|left| left.is_gone) {
        None => Ok(()),
        Some(gone) => Err(Failure::of(format!(
            "{} were not delivered, and the file is not in the folder any more: put it back, \
             packed with gzip or not, before running this again",
            bytes_of(gone)
        ))),
    }
}

fn lost_of(lost: &Left) -> String {
    format!(
        "{} were written and are gone: it was truncated before they were copied or delivered; \
         see \"Rotation\" in docs/deliver.md",
        bytes_of(lost)
    )
}

fn bytes_of(left: &Left) -> String {
    format!("{} bytes of {}", left.bytes, left.place)
}
