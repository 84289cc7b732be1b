//! What is heard of a poll when it is over.

use drawbridge_poll::{Ending, JobFailure, Report};

use crate::Ended;

/// How a job went.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// How its poll ended; none if an earlier one had done it.
    pub(super) ended: Option<Ended>,
    pub(super) requests_again: u64,
    pub(super) sweeps: u64,
    /// In words.
    pub(super) text: String,
}

impl Told {
    pub(super) fn of(done: &Result<Option<Report>, JobFailure>) -> Self {
        let told = |ended, text| Self {
            ended,
            requests_again: 0,
            sweeps: 0,
            text,
        };
        match done {
            Ok(None) => told(None, "an earlier poll has done it".to_owned()),
            Err(error) => told(Some(Ended::Failed), format!("failed: {error}")),
            Ok(Some(report)) => Self {
                requests_again: report.requests.saturating_sub(report.pages),
                sweeps: report.sweeps,
                ..told(Some(ended(report.ending)), in_words(report))
            },
        }
    }
}

fn ended(ending: Ending) -> Ended {
    match ending {
        Ending::Complete => Ended::Well,
        Ending::OutOfTime => Ended::OutOfTime,
        Ending::Postponed(_) => Ended::Postponed,
        Ending::Superseded => Ended::Overtaken,
    }
}

fn in_words(report: &Report) -> String {
    format!(
        "{:?}, {} alerts, {} records, {} known, {} put aside, {} gaps",
        report.ending,
        report.alerts,
        report.records,
        report.suppressed,
        report.quarantined,
        report.gaps
    )
}
