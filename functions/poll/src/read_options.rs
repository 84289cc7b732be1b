use std::time::Duration;

use drawbridge_cursor::{Backfill, Due};
use drawbridge_time::Deadline;
use jiff::SignedDuration;

/// How long background reading may delay the tenant's live polls.
const BACKGROUND_TIME: Duration = Duration::from_secs(30);

/// The last page size that a failing window is tried with before it is split.
pub(crate) const SMALL_PAGE: u32 = 10;

/// A list that was cut off has at least so many rows, as no smaller page is asked for in the first place.
pub(crate) const FEWEST_OF_A_CUT_LIST: usize = SMALL_PAGE as usize;

/// With so many alerts in a window, Graph is asked whether they are all, even if none of them was new.
pub(crate) const MANY_ALERTS: usize = 100;

/// What is older is read once a day at most. The hourly sweep reads a day, and a first poll as long a
/// time, a moment later.
pub(crate) const READ_HOURLY: SignedDuration = SignedDuration::from_hours(25);

/// What a window is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// What is new.
    Live,
    /// It was never read: there was no time for it, or it failed.
    Unread,
    /// It was read before, and is read again.
    Again,
    /// An operator wants it.
    Backfill,
}

/// How a window is read.
#[derive(Debug, Clone)]
pub(crate) struct ReadOptions {
    pub(crate) what: What,
    output: Option<String>,
    /// The backfill that writes again what the outputs have, if one does.
    pub(crate) again: Option<String>,
    /// Whether to count only.
    pub(crate) dry_run: bool,
    /// How often what is read has failed before.
    pub(crate) failures: u32,
    /// Whether it is read in whole pages although it has failed before.
    pub(crate) whole_pages: bool,
    /// Whether what Graph listed of it before may not have been all.
    pub(crate) was_incomplete: bool,
    /// Whether what is read again is read for the second time, and not by a sweep.
    is_second: bool,
    /// Of a backfill's first reading: how many milliseconds of it are left after this one.
    pub(crate) then_ms: Option<u64>,
    /// From how many alerts on a list that brings nothing new is compared with Graph's count.
    pub(crate) count_from: usize,
}

impl ReadOptions {
    pub(crate) fn new(what: What) -> Self {
        Self {
            what,
            output: None,
            again: None,
            dry_run: false,
            failures: 0,
            whole_pages: false,
            was_incomplete: false,
            is_second: false,
            then_ms: None,
            count_from: match what {
                What::Live => MANY_ALERTS,
                What::Unread => FEWEST_OF_A_CUT_LIST,
                What::Again | What::Backfill => 0,
            },
        }
    }

    /// The same, if a list of that many alerts that brings nothing new is to be counted.
    pub(crate) fn count_from(self, alerts: usize) -> Self {
        Self {
            count_from: alerts,
            ..self
        }
    }

    /// The same, for a range that has failed so often before.
    pub(crate) fn after(self, due: Due) -> Self {
        Self {
            failures: due.failures,
            whole_pages: due.whole_pages,
            was_incomplete: due.incomplete > 0,
            is_second: due.is_second,
            ..self
        }
    }

    pub(crate) fn of_backfill(id: &str, backfill: &Backfill) -> Self {
        Self {
            output: backfill.output.clone(),
            again: backfill.again.then(|| id.to_owned()),
            dry_run: backfill.dry_run,
            ..Self::new(What::Backfill)
        }
    }

    /// Whether the output of that name gets records.
    pub(crate) fn writes_to(&self, output: &str) -> bool {
        self.output.as_deref().is_none_or(|only| only == output)
    }

    /// Whether it was read before, by no sweep, and is read once more.
    pub(crate) fn is_second_reading(&self) -> bool {
        match self.what {
            What::Backfill => self.then_ms.is_none(),
            What::Again => self.is_second,
            What::Live | What::Unread => false,
        }
    }

    /// Whether live polls come first: it has little time, and only the requests that they leave.
    pub(crate) fn is_background(&self) -> bool {
        matches!(self.what, What::Again | What::Backfill)
    }
}

/// Until when the background readings of a poll may go on, if they begin now.
pub(crate) fn background(deadline: Deadline) -> Deadline {
    deadline.at_most(BACKGROUND_TIME)
}
