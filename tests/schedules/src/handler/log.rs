//! What is heard of a poll when it is over.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_cursor::Job;
use drawbridge_poll::messages::JobLog;
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

/// Keeps what was told last.
#[derive(Default)]
pub(super) struct Log(Mutex<Option<Told>>);

impl Log {
    /// What was told since this was last asked.
    pub(super) fn take(&self) -> Option<Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl JobLog for Log {
    async fn done(&self, _: &Job, done: &Result<Option<Report>, JobFailure>, _: bool, _: Duration) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Told::of(done));
    }
}

impl Told {
    fn of(done: &Result<Option<Report>, JobFailure>) -> Self {
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
