use std::time::Duration;

use drawbridge_cursor::{Job, Purpose};
use drawbridge_graph::Deadline;

/// How long background readings may keep the tenant's live polls waiting.
const BACKGROUND_TIME: Duration = Duration::from_secs(30);

/// How a window is read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    purpose: Purpose,
    is_backfill: bool,
    output: Option<String>,
    /// Whether records that the output has are written again.
    pub(crate) again: bool,
    /// Whether to count only.
    pub(crate) dry_run: bool,
}

impl Reading {
    pub(crate) fn new(job: &Job, purpose: Purpose) -> Self {
        let backfill = job.backfill.as_ref();
        Self {
            purpose,
            is_backfill: backfill.is_some(),
            output: backfill.and_then(|backfill| backfill.output.clone()),
            again: backfill.is_some_and(|backfill| backfill.again),
            dry_run: backfill.is_some_and(|backfill| backfill.dry_run),
        }
    }

    /// Whether the output of that name gets records.
    pub(crate) fn writes_to(&self, output: &str) -> bool {
        self.output.as_deref().is_none_or(|only| only == output)
    }

    /// Whether live polls come first: it has little time, and what they leave of the requests.
    pub(crate) fn is_background(&self) -> bool {
        let is_sweep = matches!(self.purpose, Purpose::Sweep(_) | Purpose::Again);
        self.is_backfill || is_sweep
    }

    /// Whether what was seen is compared with the number that Graph reports.
    pub(crate) fn counts(&self) -> bool {
        self.is_backfill || matches!(self.purpose, Purpose::Sweep(_))
    }
}

/// Until when the background readings of a poll may go on, if they begin now.
pub(crate) fn background(deadline: Deadline) -> Deadline {
    if deadline.allows(BACKGROUND_TIME) {
        Deadline::after(BACKGROUND_TIME)
    } else {
        deadline
    }
}
