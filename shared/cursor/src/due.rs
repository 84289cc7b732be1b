//! When something is to be read, and how long it waits after it has failed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sweep::DAY_SECS;

/// How much longer a failed range waits each time.
const RETRY_DELAY_SECS: u32 = 30;

/// After this many failures the wait grows no longer.
const MAX_DELAYS: u32 = 10;

/// How often an answer may be incomplete. With the waits in between, that takes two hours; what a service behind
/// Graph does not return for so long, it will not return soon either.
pub const MAX_INCOMPLETE: u32 = 30;

/// How many seconds a range or a job waits after so many failures before Graph is asked again: 30 more each time,
/// and five minutes at most.
#[must_use]
pub fn graph_retry_delay_secs(failures: u32) -> u32 {
    RETRY_DELAY_SECS * failures.clamp(1, MAX_DELAYS)
}

/// When a range is to be read, and in what steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    /// When the wait began; a range without it is read at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How long it waits from then on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_secs: u32,
    /// How often it could not be read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// How often Graph said that its answer was incomplete.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub incomplete: u32,
    /// The longest part of it that is read at once, in milliseconds: there was no time for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_ms: Option<u64>,
    /// Whether it failed before, and the smaller pages that it was last read in took too long: what
    /// made it fail may be over, so that whole pages are tried again, in turns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_pages: bool,
    /// Whether it is the second reading of what was read once, and no sweep: unless a sweep comes for it all the same,
    /// it is the last one, and is not given up without a word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_second: bool,
}

impl Due {
    /// Not before `wait_secs` after `now`.
    #[must_use]
    pub fn after(now: Timestamp, wait_secs: u32) -> Self {
        Self {
            since: Some(now),
            wait_secs,
            ..Self::default()
        }
    }

    /// The same, if its wait began later than now, by a clock that was wrong then or is wrong now: it ends when it
    /// would have, but within a day of what it takes.
    pub(crate) fn wait_anew(self, now: Timestamp) -> Self {
        let ahead = self
            .since
            .map_or(0, |since| since.duration_since(now).as_secs());
        if ahead <= 0 {
            return self;
        }
        let ahead_secs = u32::try_from(ahead).unwrap_or(u32::MAX).min(DAY_SECS);
        Self {
            since: Some(now),
            wait_secs: self.wait_secs.saturating_add(ahead_secs),
            ..self
        }
    }

    /// When its wait is over; `None` for at once.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        let wait = SignedDuration::from_secs(self.wait_secs.into());
        self.since.and_then(|since| since.checked_add(wait).ok())
    }

    /// The same as of `now`. A time after `now` was noted by a wrong clock, and is ignored.
    pub(crate) fn not_before_at(&self, now: Timestamp) -> Option<Timestamp> {
        let is_believed = self.since.is_some_and(|since| since <= now);
        self.not_before().filter(|_| is_believed)
    }

    /// Whether it is to be read now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.not_before_at(now) <= Some(now)
    }

    /// The same, to be read later. The wait gets longer with each failure.
    pub(crate) fn put_off(self, now: Timestamp) -> Self {
        Self {
            since: Some(now),
            wait_secs: graph_retry_delay_secs(self.failures),
            ..self
        }
    }

    /// The same, after an answer that was incomplete. After some tries it waits for the next five
    /// minutes of the hour, as its neighbours do, so that all are read at once.
    pub(crate) fn put_off_incomplete(self, now: Timestamp) -> Self {
        let incomplete = self.incomplete.saturating_add(1);
        let longest = RETRY_DELAY_SECS * MAX_DELAYS;
        let to_the_mark = now.as_second().rem_euclid(longest.into());
        let wait_secs = match incomplete {
            0..=3 => graph_retry_delay_secs(incomplete),
            _ => longest.saturating_sub(u32::try_from(to_the_mark).unwrap_or_default()),
        };
        Self {
            incomplete,
            since: Some(now),
            wait_secs,
            ..self
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
