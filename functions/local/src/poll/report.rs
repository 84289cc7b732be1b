use std::io::{self, Write as _};

use drawbridge_poll::{Ending, Report};
use serde_json::{Value, json};

use crate::bars::without_bars;
use crate::failure::Failure;
use crate::progress::{counted, timed};
use crate::screen::{columns, hanging};

/// Prints what a poll of a tenant did: a line for a person, or JSON for a script.
pub(super) fn print_report_of(tenant: &str, report: &Report, json: bool) -> io::Result<()> {
    let mut out = crate::screen::stdout();
    if json {
        let mut line = json!({"tenant": tenant});
        if let (Some(all), Value::Object(report)) = (line.as_object_mut(), as_json(report)) {
            all.extend(report);
        }
        writeln!(out, "{line}")?;
    } else {
        let line = timed(&format!("{tenant}: {}", in_words(report)));
        without_bars(|| writeln!(out, "{}", hanging(&line, columns())))?;
    }
    Ok(())
}

/// Prints for a script that a poll of a tenant failed without a report.
pub(super) fn print_failure(tenant: &str, error: &str, json: bool) {
    if json {
        Failure::print_json(error, ("tenant", Some(tenant)));
    }
}

fn as_json(report: &Report) -> Value {
    let ending = match report.ending {
        Ending::Complete => "complete",
        Ending::OutOfTime => "stopped",
        Ending::Postponed(_) => "postponed",
        Ending::Superseded => "superseded",
    };
    json!({
        "ending": ending,
        "alerts": report.alerts,
        "records": report.records,
        "suppressed": report.suppressed,
        "quarantined": report.quarantined,
        "gaps": report.gaps,
        "partial_answers": report.partial_answers,
        "count_mismatches": report.count_mismatches,
        "not_counted": report.not_counted,
        "has_uncounted": report.has_uncounted,
        "requests": report.requests,
        "throttled": report.throttled,
        "read_up_to": report.read_up_to,
    })
}

fn in_words(report: &Report) -> String {
    let up_to = report
        .read_up_to
        .map(|time| format!(", read up to {time}"))
        .unwrap_or_default();
    let missing = match report.count_mismatches {
        0 => String::new(),
        count => format!(
            ", {} with fewer alerts than Graph counts",
            counted(count, "window", "windows")
        ),
    };
    format!(
        "{}, {}, {} already written, {}{missing}{up_to}",
        counted(report.alerts, "alert", "alerts"),
        counted(report.records, "new record", "new records"),
        report.suppressed,
        counted(report.requests, "request", "requests"),
    )
}

/// A poll that left something undone is no success, though nothing is lost.
pub(super) fn check_complete(report: &Report, once: bool) -> Result<(), Failure> {
    let undone = [
        (
            report.quarantined,
            "alert or record could not be read or sent and is in quarantine/",
            "alerts or records could not be read or sent and are in quarantine/",
        ),
        (
            report.gaps,
            "window that Graph would not answer is in quarantine/",
            "windows that Graph would not answer are in quarantine/",
        ),
        (
            report.put_off,
            "older range could not be read; it is tried again later",
            "older ranges could not be read; they are tried again later",
        ),
        (
            report.partial_answers,
            "answer of Graph was incomplete; it is read again",
            "answers of Graph were incomplete; they are read again",
        ),
        (
            report.count_mismatches,
            "window has fewer alerts than Graph counts; the log names it",
            "windows have fewer alerts than Graph counts; the log names them",
        ),
        (
            report.not_counted,
            "window is read again, because Graph did not say how many alerts it has",
            "windows are read again, because Graph did not say how many alerts they have",
        ),
    ];
    for (count, one, many) in undone {
        if count > 0 {
            return Err(Failure::of(counted(count, one, many)));
        }
    }
    match report.ending {
        Ending::Superseded => Err(Failure::of(
            "another drawbridge polled this tenant into this folder meanwhile",
        )),
        Ending::Postponed(_) => Err(Failure::of(
            "Graph asks to wait; nothing is lost, poll again",
        )),
        Ending::OutOfTime if once => Err(Failure::of(
            "stopped before the end; nothing is lost, run it again for the rest",
        )),
        Ending::Complete | Ending::OutOfTime => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Before, the report said "complete", and the exit code was 0.
    #[test]
    fn what_graph_counts_and_does_not_list_is_said_and_is_no_success() {
        assert!(check_complete(&Report::default(), true).is_ok());
        let missing = Report {
            count_mismatches: 2,
            ..Report::default()
        };
        let not_counted = Report {
            not_counted: 1,
            ..Report::default()
        };
        for (report, words) in [
            (&missing, "2 windows have fewer alerts than Graph counts"),
            (&not_counted, "did not say how many alerts it has"),
        ] {
            let failure = check_complete(report, true).unwrap_err().to_string();
            assert!(failure.contains(words), "{failure}");
        }
        let json = as_json(&missing);
        assert_eq!(
            (&json["count_mismatches"], &json["not_counted"]),
            (&json!(2), &json!(0))
        );
        let said = in_words(&missing);
        assert!(
            said.contains("2 windows with fewer alerts than Graph counts"),
            "{said}"
        );
        assert!(!in_words(&Report::default()).contains("fewer"));
    }
}
