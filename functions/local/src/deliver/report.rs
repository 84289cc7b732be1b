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
    let trouble = report.trouble.as_ref();
    if let Some(error) = trouble.filter(|_| report.later.is_none()) {
        return Err(Failure::ended(error));
    }
    if let Some(later) = &report.later {
        let left = delivery.left().map_err(Failure::of)?;
        check_none_gone(&left)?;
        let left = match left.as_slice() {
            [] => String::new(),
            left => format!("; still to be delivered: {}", of_files(left)),
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
        let trouble = trouble.map_or_else(String::new, |error| format!("; and {error}"));
        return Err(Failure::ended(format!(
            "not everything was delivered; {of_lost}: {}{left}{trouble}",
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

/// A delivery that is asked to stop looks once more: what was lost since it began is no success, nor is a backlog.
/// Of a tenant among several, what is left of the live file is said with its name.
pub(super) async fn check_at_end(
    tenant: Option<&str>,
    delivery: &mut FileDelivery,
) -> Result<(), Failure> {
    let done = check_left(tenant, delivery, false).await;
    with_older(done, delivery)
}

/// The same after a run that was asked to stop, with what came of that. One that is made once was to deliver all.
pub(super) async fn check_stopped(
    report: &FileReport,
    delivery: &mut FileDelivery,
    folder: &Path,
    is_once: bool,
) -> Result<(), Failure> {
    // The file may have been truncated while the last records were under way.
    let left = check_left(None, delivery, is_once).await;
    let done = check_report(report, delivery, folder, false);
    let all = match (done, left) {
        (Ok(()), left) => left,
        (done, Ok(())) => done,
        // That names what is left by itself.
        (done, Err(_)) if report.later.is_some() => done,
        (Err(failure), Err(left)) => {
            let (failure, left) = (failure.to_string(), left.to_string());
            Err(Failure::ended(match left.contains(&failure) {
                true => left,
                false => format!("{failure}; and {left}"),
            }))
        }
    };
    with_older(all, delivery)
}

async fn check_left(
    tenant: Option<&str>,
    delivery: &mut FileDelivery,
    is_once: bool,
) -> Result<(), Failure> {
    if let Err(error) = delivery.look().await
        && !matches!(error, FileError::Missing { .. })
    {
        return Err(Failure::ended(error));
    }
    let mut left = delivery.left_at_end(is_once).map_err(Failure::of)?;
    let with_live = delivery.left_at_end(true).map_err(Failure::of)?;
    if !left.is_empty() {
        left = with_live;
    } else if !with_live.is_empty() {
        // More may come to it at any time: that is no failure.
        let of = tenant.map_or_else(String::new, |tenant| format!("{tenant}: "));
        say_timed(&format!(
            "drawbridge: {of}stopped; the next run goes on with {}",
            of_files(&with_live)
        ));
    }
    check_none_gone(&delivery.left().map_err(Failure::of)?)?;
    let lost = all_lost(delivery);
    let done = match (left.as_slice(), lost) {
        ([], None) => Ok(()),
        ([], Some(lost)) => Err(lost),
        (left, None) => Err(format!(
            "stopped before everything was delivered; nothing is lost, run it again: {}",
            of_files(left)
        )),
        (left, Some(lost)) => Err(format!(
            "stopped before everything was delivered; {lost}; run it again for the rest: {}",
            of_files(left)
        )),
    };
    done.map_err(Failure::ended)
}

/// Looks whether the file was rotated.
pub(super) async fn look(delivery: &mut FileDelivery) -> Result<(), Failure> {
    match delivery.look().await {
        Err(error) if !error.is_absence() => return Err(Failure::ended(error)),
        _ => {}
    }
    say_gone(None, delivery).map_err(Failure::ended)
}

/// Says of files that were not delivered that they are deleted, at the moment when they can still be put back.
pub(super) fn say_gone(tenant: Option<&str>, delivery: &mut FileDelivery) -> Result<(), FileError> {
    let gone = delivery.newly_gone()?;
    if !gone.is_empty() {
        let of = tenant.map_or_else(String::new, |tenant| format!("{tenant}: "));
        say_timed(&format!(
            "drawbridge: {of}{} are not delivered and are not in the folder any more: this process holds them open \
             and delivers them, unless it ends before",
            of_files(&gone)
        ));
    }
    Ok(())
}

/// What was lost since the delivery began.
fn all_lost(delivery: &FileDelivery) -> Option<String> {
    let lost: Vec<String> = delivery.lost().iter().map(describe_lost).collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

/// Files that were removed before they were delivered were held open until now.
fn check_none_gone(left: &[Undelivered]) -> Result<(), Failure> {
    let gone = left.iter().filter(|left| left.is_gone).cloned();
    let gone: Vec<Undelivered> = gone.collect();
    let (them, back) = match gone.as_slice() {
        [] => return Ok(()),
        [_] => ("the file is", "put it back"),
        _ => ("the files are", "put them back"),
    };
    let others = left.iter().filter(|left| !left.is_gone).cloned();
    let others: Vec<Undelivered> = others.collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!("; still there, and to be delivered: {}", of_files(others)),
    };
    Err(Failure::ended(format!(
        "{} were not delivered, and {them} not in the folder any more: {back}, packed with gzip or not, before \
         running this again{others}",
        of_files(&gone)
    )))
}

/// So many bytes of each file.
fn of_files(files: &[Undelivered]) -> String {
    let files: Vec<String> = files.iter().map(describe_bytes).collect();
    files.join(", ")
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
