use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Due, Range, Ranges, Window, WindowSettings};

/// An older range that an operator wants. Live polls read it step by step, after all else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// What was not read yet.
    pub ranges: Ranges,
    /// What is to be read once more, after a while: it was read in pieces, so that it could not be compared with
    /// Graph's count, or its list was so long that rows may have shifted, or been cut off, while it was read.
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub second: Ranges,
    /// The only output to write to; `None` for all outputs of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Whether records that the output has are written again, with the same keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Whether to count only: nothing is written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Whether a part of it was quarantined because it failed again and again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Since when it is suspended: an operator cancelled it, or has to resume it. It is kept as long as alerts are
    /// remembered, so that what it sent again is known until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Timestamp>,
}

/// What reading a window brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListSummary {
    /// Whether it lists no alerts at all.
    pub is_empty: bool,
    /// Whether any of it had not been delivered before.
    pub is_news: bool,
}

impl Backfill {
    /// Whether there is nothing left to read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ranges.is_empty() && self.second.is_empty()
    }

    /// Whether the state has no more use for it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_done() && self.suspended.is_none()
    }

    /// Suspends a backfill that writes again and is done except for its quarantined parts: when it is resumed, what
    /// it has sent already must not be sent once more.
    pub fn end(&mut self, now: Timestamp) {
        if self.is_done() && self.failed && self.again && !self.dry_run {
            self.suspended = Some(now);
        }
    }

    /// What is to be read next; `None` if it is suspended.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Range> {
        if self.suspended.is_some() {
            return None;
        }
        self.ranges.next(now).or_else(|| self.second.next(now))
    }

    /// All that is still to be read, for the first time or once more.
    #[must_use]
    pub fn left(&self) -> Ranges {
        let mut left = self.ranges.clone();
        left.add_all(&self.second);
        left
    }

    /// From when on anything is to be read once more.
    #[must_use]
    pub fn second_from(&self) -> Option<Timestamp> {
        let due = |range: Range| range.due.not_before().unwrap_or(Timestamp::UNIX_EPOCH);
        self.second.iter().map(due).min()
    }

    /// Notes that of `window` only `rest` is still to be read.
    ///
    /// What was read of it comes once more, until that brings nothing new: see
    /// [`State::read_again`](crate::State::read_again). By then the alerts that changed meanwhile have settled, and
    /// Graph's replicas agree: a list and a count of different moments prove nothing, nor does an empty list.
    /// Neighbours that listed nothing are read at once.
    pub fn read(
        &mut self,
        window: Window,
        rest: &[Window],
        listed: ListSummary,
        now: Timestamp,
        settings: &WindowSettings,
    ) {
        let was_new = self.ranges.within(window).next().is_some();
        self.ranges.narrow(window, rest, now);
        self.second.narrow(window, rest, now);
        if self.dry_run || !was_new && !listed.is_news {
            return;
        }
        for part in window.without(rest) {
            let due = Due {
                step_ms: (!listed.is_empty).then(|| part.millis().max(1)),
                ..Due::after(now, settings.overlap_secs)
            };
            self.second.add_second(part, due);
        }
    }

    /// Changes all that is to be read.
    pub fn each(&mut self, mut change: impl FnMut(&mut Ranges)) {
        change(&mut self.ranges);
        change(&mut self.second);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn window(from: i64, to: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window::new(at(from), at(to)).unwrap()
    }

    fn later() -> Timestamp {
        NOW + SignedDuration::from_secs(WindowSettings::default().overlap_secs.into())
    }

    fn next(backfill: &Backfill, now: Timestamp) -> Option<Window> {
        backfill.next(now).map(|range| range.window)
    }

    fn read(
        backfill: &mut Backfill,
        window: Window,
        rest: &[Window],
        (is_empty, is_news): (bool, bool),
        now: Timestamp,
    ) {
        let listed = ListSummary { is_empty, is_news };
        backfill.read(window, rest, listed, now, &WindowSettings::default());
    }

    const EMPTY: (bool, bool) = (true, false);
    const KNOWN: (bool, bool) = (false, false);
    const NEWS: (bool, bool) = (false, true);

    #[test]
    fn what_was_read_in_pieces_is_read_once_more() {
        let mut backfill = Backfill::default();
        backfill.ranges.add(window(0, 100), Due::default());
        read(&mut backfill, window(0, 100), &[window(40, 60)], KNOWN, NOW);
        assert_eq!(next(&backfill, NOW), Some(window(40, 60)));
        read(&mut backfill, window(40, 60), &[], KNOWN, NOW);
        // And no third time.
        for (part, rest) in [
            (window(0, 40), window(30, 40)),
            (window(40, 60), window(50, 60)),
            (window(60, 100), window(90, 100)),
        ] {
            assert_eq!(next(&backfill, later()), Some(part));
            read(&mut backfill, part, &[rest], KNOWN, later());
            read(&mut backfill, rest, &[], KNOWN, later());
        }
        assert!(backfill.is_done());
        let mut counts = Backfill {
            dry_run: true,
            ..Backfill::default()
        };
        counts.ranges.add(window(0, 100), Due::default());
        read(&mut counts, window(0, 100), &[window(40, 60)], EMPTY, NOW);
        assert!(counts.second.is_empty());
    }

    /// Replicas that disagree may show the same page twice within minutes.
    #[test]
    fn what_is_read_once_more_waits() {
        let mut backfill = Backfill::default();
        backfill.ranges.add(window(0, 200), Due::default());
        read(&mut backfill, window(0, 100), &[], NEWS, NOW);
        assert_eq!(backfill.second_from(), Some(later()));
        assert_eq!(next(&backfill, NOW), Some(window(100, 200)));
        read(&mut backfill, window(100, 200), &[], EMPTY, NOW);
        let just_before = later() - SignedDuration::from_secs(1);
        assert_eq!(next(&backfill, just_before), None);
        assert!(!backfill.is_done());
        assert_eq!(next(&backfill, later()), Some(window(0, 100)));
    }

    #[test]
    fn a_list_is_read_again_until_it_brings_nothing_new() {
        let all = window(0, 100);
        let mut backfill = Backfill::default();
        backfill.ranges.add(all, Due::default());
        let mut now = NOW;
        // Even if all of it was known: a row that shifted was not.
        for listed in [KNOWN, NEWS, NEWS] {
            read(&mut backfill, all, &[], listed, now);
            assert_eq!(next(&backfill, now), None);
            now = backfill.second_from().unwrap();
            assert_eq!(next(&backfill, now), Some(all));
        }
        read(&mut backfill, all, &[], KNOWN, now);
        assert!(backfill.is_done());
    }

    /// A replica may lack the only alert of a part. Empty neighbours take one request.
    #[test]
    fn what_listed_nothing_is_read_once_more_in_one() {
        let mut backfill = Backfill::default();
        backfill.ranges.add(window(0, 300), Due::default());
        for (from, listed) in [(0, EMPTY), (100, EMPTY), (200, KNOWN)] {
            read(&mut backfill, window(from, from + 100), &[], listed, NOW);
        }
        let empty = window(0, 200);
        assert_eq!(next(&backfill, later()), Some(empty));
        read(&mut backfill, empty, &[], EMPTY, later());
        assert_eq!(next(&backfill, later()), Some(window(200, 300)));
        read(&mut backfill, window(200, 300), &[], KNOWN, later());
        assert!(backfill.is_done());
    }
}
