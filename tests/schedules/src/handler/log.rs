//! What is heard of a poll when it is over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_cursor::Job;
use drawbridge_poll::messages::JobLog;
use drawbridge_poll::{Ending, JobFailure, Report};

use super::Held;
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
pub(super) struct Log {
    last: Mutex<Option<Told>>,
    held: Arc<Mutex<Held>>,
}

impl Log {
    /// One that also keeps how far the tenant was read.
    pub(super) fn of(held: &Arc<Mutex<Held>>) -> Self {
        Self {
            last: Mutex::default(),
            held: Arc::clone(held),
        }
    }

    /// What was told since this was last asked.
    pub(super) fn take(&self) -> Option<Told> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.take()
    }
}

#[async_trait]
impl JobLog for Log {
    async fn done(&self, _: &Job, done: &Result<Option<Report>, JobFailure>, _: bool, _: Duration) {
        if let Ok(Some(report)) = done {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.read_up_to = report.read_up_to;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
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
