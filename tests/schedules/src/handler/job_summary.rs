//! How a poll ended, for the log of a schedule.

use drawbridge_poll::{Ending, JobFailure, Report};

use crate::Ended;

/// How a job went.
#[derive(Debug, Clone)]
pub(super) struct JobSummary {
    /// How its poll ended; none if an earlier one had done it.
    pub(super) ended: Option<Ended>,
    pub(super) requests_again: u64,
    pub(super) sweeps: u64,
    /// In words.
    pub(super) text: String,
}

impl JobSummary {
    pub(super) fn of(done: &Result<Option<Report>, JobFailure>) -> Self {
        let summary = |ended, text| Self {
            ended,
            requests_again: 0,
            sweeps: 0,
            text,
        };
        match done {
            Ok(None) => summary(None, "an earlier poll has done it".to_owned()),
            Err(error) => summary(Some(Ended::Failed), format!("failed: {error}")),
            Ok(Some(report)) => Self {
                requests_again: report.requests.saturating_sub(report.pages),
                sweeps: report.sweeps,
                ..summary(Some(ended(report.ending)), in_words(report))
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
        "{:?}, {} alerts, {} records, {} known, {} quarantined, {} gaps",
        report.ending,
        report.alerts,
        report.records,
        report.suppressed,
        report.quarantined,
        report.gaps
    )
}
