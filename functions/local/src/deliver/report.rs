use std::io::Write as _;
use std::path::Path;

use drawbridge_deliver::file::{FileDelivery, FileError, FileReport, Undelivered};

use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{counted, say_timed, timed};
use crate::screen::{columns, hanging};

/// Prints what was done, if anything was; of a tenant among several, with its name. A delivery that follows
/// its files goes on, even if nobody reads what it prints.
pub(super) fn print_report(
    tenant: Option<&str>,
    report: &FileReport,
    args: &cli::Deliver,
) -> Result<(), Failure> {
    match print(tenant, report, args.json) {
        Err(failure) if args.once && !matches!(failure, Failure::ReaderGone) => Err(failure),
        _ => Ok(()),
    }
}

fn print(tenant: Option<&str>, report: &FileReport, json: bool) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    let FileReport {
        delivered,
        refused,
        cut,
        offset,
        lost,
        later,
        trouble: _,
    } = report;
    let of = tenant.map_or_else(String::new, |tenant| format!("{tenant}: "));
    for lost in lost {
        say_timed(&format!("drawbridge: {of}{}", describe_lost(lost)));
    }
    if json {
        let waiting = later.as_ref().map(|later| later.reason.as_str());
        let mut line = serde_json::json!({
            "delivered": delivered, "refused": refused, "cut": cut, "offset": offset,
            "lost_bytes": lost.iter().map(|lost| lost.bytes).sum::<u64>(), "waiting": waiting,
        });
        if let Some(tenant) = tenant {
            line["tenant"] = tenant.into();
        }
        writeln!(out, "{line}")?;
    } else if *delivered + *refused > 0 {
        let text = format!(
            "{of}{} delivered, {refused} refused",
            counted(*delivered, "record", "records")
        );
        writeln!(out, "{}", hanging(&timed(&text), columns()))?;
    }
    Ok(())
}

/// A delivery that left something undone is no success, though nothing is lost. One that `goes_on` tries
/// again by itself.
pub(super) fn check_complete(
    report: &FileReport,
    delivery: &mut FileDelivery,
    folder: &Path,
    goes_on: bool,
) -> Result<(), Failure> {
    let done = check_report(report, delivery, folder, goes_on);
    with_older(done, delivery)
}

/// What was rotated before the first delivery is named whatever else there is to say.
fn with_older(done: Result<(), Failure>, delivery: &mut FileDelivery) -> Result<(), Failure> {
    match (done, delivery.check_older()) {
        (done, Ok(())) => done,
        (Ok(()), Err(older)) => Err(Failure::ended(older)),
        (Err(failure), Err(older)) => Err(Failure::ended(format!("{failure}; and {older}"))),
    }
}

fn check_report(
    report: &FileReport,
    delivery: &mut FileDelivery,
    folder: &Path,
    goes_on: bool,
) -> Result<(), Failure> {
    if let Some(error) = &report.trouble {
        return Err(Failure::ended(error));
    }
    if let Some(later) = &report.later {
        let left = delivery.left().map_err(Failure::of)?;
        check_none_gone(&left)?;
        let left: Vec<String> = left.iter().map(describe_bytes).collect();
        let left = match left.as_slice() {
            [] => String::new(),
            left => format!("; still to be delivered: {}", left.join(", ")),
        };
        let lost = all_lost(delivery);
        let todo = match goes_on {
            true => "it is tried again",
            false => "run it again",
        };
        let of_lost = match &lost {
            None => format!("nothing is lost, {todo}"),
            Some(lost) => format!("{lost}; {todo} for the rest"),
        };
        return Err(Failure::ended(format!(
            "not everything was delivered; {of_lost}: {}{left}",
            later.reason,
        )));
    }
    if let Some(lost) = all_lost(delivery) {
        return Err(Failure::ended(lost));
    }
    let quarantined = report.refused + report.cut;
    if quarantined > 0 {
        return Err(Failure::ended(format!(
            "{} in quarantine/: see {}",
            counted(
                quarantined,
                "record was refused or cut and is",
                "records were refused or cut and are"
            ),
            DataLocation::folder(folder.to_owned()).command("replay list")
        )));
    }
    Ok(())
}

/// Says of a delivery that is made once that there was nothing to deliver: a command that is silent leaves one
/// to wonder.
pub(super) fn say_if_idle(is_idle: bool, args: &cli::Deliver) {
    if is_idle && args.once && !args.json {
        say_timed("there is nothing new to deliver");
    }
}

/// A delivery that is asked to stop looks once more: what was lost since it began is no success.
pub(super) async fn check_at_end(delivery: &mut FileDelivery) -> Result<(), Failure> {
    if let Err(error) = delivery.look().await
        && !matches!(error, FileError::Missing { .. })
    {
        return Err(Failure::ended(error));
    }
    check_none_gone(&delivery.left().map_err(Failure::of)?)?;
    let done = all_lost(delivery).map_or(Ok(()), |lost| Err(Failure::ended(lost)));
    with_older(done, delivery)
}

/// Looks whether the file was rotated.
pub(super) async fn look(delivery: &mut FileDelivery) -> Result<(), Failure> {
    match delivery.look().await {
        Err(error) if !error.is_absence() => Err(Failure::ended(error)),
        _ => Ok(()),
    }
}

/// What was lost since the delivery began.
fn all_lost(delivery: &FileDelivery) -> Option<String> {
    let lost: Vec<String> = delivery.lost().iter().map(describe_lost).collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

/// A file that was removed before it was delivered was held open until now.
fn check_none_gone(left: &[Undelivered]) -> Result<(), Failure> {
    match left.iter().find(|left| left.is_gone) {
        None => Ok(()),
        Some(gone) => Err(Failure::ended(format!(
            "{} were not delivered, and the file is not in the folder any more: put it back, \
             packed with gzip or not, before running this again",
            describe_bytes(gone)
        ))),
    }
}

fn describe_lost(lost: &Undelivered) -> String {
    format!(
        "{} written to it are gone: the file was truncated before they were copied or delivered; \
         see \"Rotation\" in docs/deliver.md",
        describe_bytes(lost)
    )
}

fn describe_bytes(left: &Undelivered) -> String {
    format!("{} of {}", counted(left.bytes, "byte", "bytes"), left.place)
}
