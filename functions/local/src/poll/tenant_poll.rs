use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use drawbridge_poll::{
    Ending, JobFailure, LastError, Poller, Progress, Report, Silent, Stop, job_numbers,
    overdue_since, why_not_well,
};
use drawbridge_telemetry::Panicked;
use futures::FutureExt as _;
use jiff::Timestamp;
use tokio::time::Instant;

use super::first_poll_note::FirstPollNote;
use super::polled::{Polled, failure_text};
use crate::progress::Shown;

/// A poll of one tenant, and what it notes about the tenant when it ends.
pub(super) struct TenantPoll {
    pub(super) name: String,
    pub(super) poller: Arc<Poller>,
    pub(super) stop: Stop,
    /// Shows the progress, if the poll is the only one.
    pub(super) shown: Option<Shown>,
    pub(super) first_poll: Option<FirstPollNote>,
    /// Whether the tenant had no open error note before.
    pub(super) was_settled: bool,
}

impl TenantPoll {
    /// Polls the tenant, and notes in the store how that went.
    pub(super) async fn run(self) -> Polled {
        let Self {
            name,
            poller,
            stop,
            shown,
            first_poll,
            was_settled,
        } = self;
        let begun = Instant::now();
        let result = poll(&poller, &stop, shown.as_ref()).await;
        if let Some(shown) = shown {
            shown.end();
        }
        let why = match &result {
            Ok(report) => why_not_well(Ok(report)),
            Err(failure) => Some(failure_text(failure)),
        };
        let (store, now) = (poller.store.as_ref(), poller.clock.now());
        let is_settled = match &result {
            Ok(report) if report.ending == Ending::Complete => {
                was_settled || LastError::note_over(store, &name, now).await
            }
            _ => why.is_none() && was_settled,
        };
        let overdue = match why {
            None => None,
            Some(why) => {
                let is_retryable = result.as_ref().err().is_none_or(JobFailure::is_retryable);
                note_error(&poller, &name, &why, is_retryable, now).await
            }
        };
        if let (Ok(report), Some(note)) = (&result, first_poll)
            && matches!(report.ending, Ending::Complete | Ending::OutOfTime)
        {
            note.write().await;
        }
        let numbers = job_numbers(
            result.as_ref(),
            overdue,
            poller.clock.now(),
            begun.elapsed(),
        );
        Polled {
            name,
            is_settled,
            result,
            overdue,
            numbers,
        }
    }
}

/// Polls to the end. A panic ends this poll alone, and what it says may quote an alert and is dropped.
async fn poll(poller: &Poller, stop: &Stop, shown: Option<&Shown>) -> Result<Report, JobFailure> {
    let progress: &dyn Progress = match shown {
        Some(shown) => shown,
        None => &Silent,
    };
    let poll = AssertUnwindSafe(poller.run(stop, progress)).catch_unwind();
    poll.await.map_err(|_| Panicked)?.map_err(JobFailure::from)
}

/// Notes why a poll did not end well. Returns since when none has, if that is too long ago.
async fn note_error(
    poller: &Poller,
    name: &str,
    why: &str,
    is_retryable: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let store = poller.store.as_ref();
    LastError::note(store, name, why, is_retryable, now).await;
    overdue_since(store, name, now).await
}
