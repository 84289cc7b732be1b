use jiff::{SignedDuration, Timestamp};
use rangemap::RangeMap;
use serde::{Deserialize, Serialize};

use crate::due::MAX_INCOMPLETE;
use crate::{Due, Range, Window};

/// How long something may have been due until it takes its turn before what is next.
const LONG: SignedDuration = SignedDuration::from_hours(1);

/// Stretches of `lastUpdateDateTime` that are still to be read, none of which overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Range>", into = "Vec<Range>")]
pub struct Ranges(RangeMap<Timestamp, Due>);

impl Ranges {
    /// Adds what of `window` is not among them yet: a range that is added twice is there once.
    pub fn add(&mut self, window: Window, due: Due) {
        for gap in self.gaps(window) {
            self.0.insert(gap.bounds(), due);
        }
    }

    /// Adds `window` to be read for the second time, and changes what of it a sweep is to read already.
    pub(crate) fn add_second(&mut self, window: Window, due: Due) {
        let due = Due {
            is_second: true,
            ..due
        };
        let swept: Vec<Range> = self.within(window).collect();
        for range in swept.into_iter().filter(|range| !range.due.is_second) {
            self.0.insert(range.window.bounds(), due);
        }
        self.add(window, due);
    }

    /// Adds all of `window`, and changes what of it is among them already.
    pub(crate) fn renew(&mut self, window: Window, due: Due) {
        self.0.insert(window.bounds(), due);
    }

    /// What was added, or changed, since they were `before`.
    pub(crate) fn changed_since(&self, before: &Self) -> Self {
        let mut changed = self.without(before);
        for range in self.iter() {
            let known = before.within(range.window);
            for known in known.filter(|known| known.due != range.due) {
                changed.add(known.window, range.due);
            }
        }
        changed
    }

    /// Adds all of `others`.
    pub fn add_all(&mut self, others: &Self) {
        for range in others.iter() {
            self.add(range.window, range.due);
        }
    }

    /// What of `window` is not among them.
    #[must_use]
    pub fn gaps(&self, window: Window) -> Vec<Window> {
        let bounds = window.bounds();
        let gaps = self.0.gaps(&bounds);
        gaps.filter_map(|gap| Window::new(gap.start, gap.end))
            .collect()
    }

    /// Takes `window` out, but for what lies in `rest`: that is read in steps of its own length from
    /// now on, and after what has been due for longer, which may be easier to read. If that is all of
    /// it, it is as it was, but that what has failed is read in other pages.
    pub fn narrow(&mut self, window: Window, rest: &[Window], now: Timestamp) {
        if window.without(rest).is_empty() {
            self.change(window, |due| Due {
                whole_pages: due.failures > 0 && !due.whole_pages,
                ..due
            });
        }
        if rest == [window] {
            return;
        }
        let inside: Vec<Range> = self.within(window).collect();
        self.0.remove(window.bounds());
        for part in rest {
            for range in &inside {
                let Some(left) = range.window.intersection(*part) else {
                    continue;
                };
                let due = Due {
                    since: Some(now),
                    wait_secs: 0,
                    step_ms: Some(part.millis().max(1)),
                    ..range.due
                };
                self.0.insert(left.bounds(), due);
            }
        }
    }

    /// Notes that `window` could not be read: what lies in it comes again after a while.
    pub fn put_off(&mut self, window: Window, now: Timestamp) {
        self.change(window, |due| {
            let due = Due {
                failures: due.failures.saturating_add(1),
                whole_pages: false,
                ..due
            };
            due.put_off(now)
        });
    }

    /// Notes that `window` could not be read, without a wait: the next poll reads what is new without
    /// it, and it by itself.
    pub fn note_failure(&mut self, window: Window) {
        self.change(window, |due| Due {
            failures: due.failures.saturating_add(1),
            ..due
        });
    }

    /// Notes that Graph said of `window` that its answer was incomplete: what lies in it comes again
    /// after a while, but for what was so too often.
    pub fn put_off_incomplete(&mut self, window: Window, now: Timestamp) {
        for part in self.incomplete_for_good(window) {
            self.0.remove(part.bounds());
        }
        // It was read to its end, and so may be read with a neighbour of its length the next time:
        // else what was once cut would stay so.
        let step_ms = window.millis().max(1).saturating_mul(2);
        self.change(window, |due| Due {
            step_ms: due.step_ms.map(|_| step_ms),
            ..due.put_off_incomplete(now)
        });
    }

    /// What of `window` is not to be waited for if Graph's answer is incomplete once more.
    #[must_use]
    pub fn incomplete_for_good(&self, window: Window) -> Vec<Window> {
        let mut all = Self::default();
        for range in self.within(window) {
            if range.due.incomplete + 1 >= MAX_INCOMPLETE {
                all.add(range.window, Due::default());
            }
        }
        all.iter().map(|range| range.window).collect()
    }

    /// Lets `window` wait for a while, through no fault of its own.
    pub fn wait(&mut self, window: Window, now: Timestamp) {
        self.change(window, |due| due.put_off(now));
    }

    /// Begins the waits of second readings anew that began later than now: see [`Due::wait_anew`].
    pub(crate) fn wait_anew(&mut self, now: Timestamp) {
        let all: Vec<Range> = self.iter().collect();
        for range in all.into_iter().filter(|range| range.due.is_second) {
            self.0
                .insert(range.window.bounds(), range.due.wait_anew(now));
        }
    }

    /// Has what of `window` is read for the second time be read now, unless it has failed.
    pub(crate) fn end_waits(&mut self, window: Window, now: Timestamp) {
        self.change(window, |due| {
            match due.is_second && due.failures + due.incomplete == 0 {
                true => Due {
                    since: Some(now),
                    wait_secs: 0,
                    ..due
                },
                false => due,
            }
        });
    }

    /// What of `window` is read for the second time, if Graph's answer is incomplete for good.
    #[must_use]
    pub fn second_incomplete_for_good(&self, window: Window) -> Vec<Window> {
        let for_good = self.incomplete_for_good(window).into_iter();
        let parts = for_good.flat_map(|part| self.within(part).collect::<Vec<_>>());
        let second = parts.filter(|range| range.due.is_second);
        second.map(|range| range.window).collect()
    }

    fn change(&mut self, window: Window, change: impl Fn(Due) -> Due) {
        let inside: Vec<Range> = self.within(window).collect();
        for range in inside {
            self.0.insert(range.window.bounds(), change(range.due));
        }
    }

    /// The range that has been due for longest, the earliest of those, cut to its step; in one with
    /// its neighbours that are due as well, unless one of them has failed.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Range> {
        let due: Vec<Range> = self.iter().filter(|range| range.due.is_due(now)).collect();
        let by_due = |n: &usize| (due[*n].due.not_before_at(now), due[*n].window.from());
        let first = (0..due.len()).min_by_key(by_due)?;
        let mut all = due[first];
        for next in &due[first + 1..] {
            match all.join(*next) {
                Some(joined) => all = joined,
                None => break,
            }
        }
        for before in due[..first].iter().rev() {
            match before.join(all) {
                Some(joined) => all = joined,
                None => break,
            }
        }
        Some(all.step())
    }

    /// Whether anything was due so long ago that it is to have its turn.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let waited = |due: Due| {
            due.not_before_at(now)
                .map(|since| now.duration_since(since))
        };
        let mut all = self.iter();
        all.any(|range| waited(range.due) >= Some(LONG))
    }

    /// The parts of them that lie in `window`.
    pub fn within(&self, window: Window) -> impl Iterator<Item = Range> {
        let overlapping = self.0.overlapping(window.bounds());
        overlapping.filter_map(move |(bounds, due)| {
            let range = Range::of(bounds, *due)?;
            let window = range.window.intersection(window)?;
            Some(Range { window, ..range })
        })
    }

    /// The range in which `time` lies.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> Option<Range> {
        let (bounds, due) = self.0.get_key_value(&time)?;
        Range::of(bounds, *due)
    }

    /// All of them, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = Range> {
        let all = self.0.iter();
        all.filter_map(|(bounds, due)| Range::of(bounds, *due))
    }

    /// The first instant in them.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.0.first_range_value().map(|(bounds, _)| bounds.start)
    }

    /// How long they are together, in milliseconds.
    #[must_use]
    pub fn millis(&self) -> u64 {
        self.iter().map(|range| range.window.millis()).sum()
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What of them is not in `others`.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let mut left = self.0.clone();
        for (bounds, _) in others.0.iter() {
            left.remove(bounds.clone());
        }
        Self(left)
    }
}

impl From<Vec<Range>> for Ranges {
    fn from(ranges: Vec<Range>) -> Self {
        let mut all = Self::default();
        for range in ranges {
            all.add(range.window, range.due);
        }
        all
    }
}

impl From<Ranges> for Vec<Range> {
    fn from(ranges: Ranges) -> Self {
        ranges.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(n * 60).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(minute(from), minute(to)).unwrap()
    }

    fn shown(ranges: &Ranges) -> Vec<(i64, i64)> {
        let minutes = |time: Timestamp| time.as_second() / 60;
        let all = ranges.iter().map(|range| range.window);
        all.map(|w| (minutes(w.from()), minutes(w.to()))).collect()
    }

    #[test]
    fn a_range_that_is_added_twice_is_there_once() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::default());
        ranges.put_off(window(4, 6), minute(100));
        let before = ranges.clone();
        ranges.add(window(2, 8), Due::default());
        assert_eq!(ranges, before);
        ranges.add(window(8, 12), Due::default());
        assert_eq!(shown(&ranges), [(0, 4), (4, 6), (6, 12)]);
    }

    #[test]
    fn what_there_was_no_time_for_is_read_in_smaller_steps() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 20), Due::default());
        ranges.narrow(window(0, 20), &[window(8, 12), window(12, 16)], minute(90));
        assert_eq!(shown(&ranges), [(8, 16)]);
        let next = ranges.next(minute(100)).unwrap();
        assert_eq!(next.window, window(8, 12));
        ranges.narrow(next.window, &[], minute(90));
        assert_eq!(ranges.next(minute(100)).unwrap().window, window(12, 16));
    }

    #[test]
    fn what_fails_waits_longer_each_time_and_others_come_first() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::default());
        ranges.add(window(10, 20), Due::after(minute(50), 0));
        let now = minute(60);
        let waits: Vec<i64> = (0..12)
            .map(|_| {
                ranges.put_off(window(0, 10), now);
                let due = ranges.at(minute(0)).unwrap().due;
                due.not_before().unwrap().duration_since(now).as_secs()
            })
            .collect();
        assert_eq!(waits[..3], [30, 60, 90]);
        assert_eq!(waits[9..], [300, 300, 300]);
        assert_eq!(ranges.next(now).unwrap().window, window(10, 20));
        ranges.narrow(window(10, 20), &[], minute(90));
        assert_eq!(ranges.next(now), None);
        assert_eq!(ranges.next(minute(66)).unwrap().window, window(0, 10));
    }

    #[test]
    fn what_fails_and_takes_too_long_in_small_pages_is_read_in_whole_ones_in_turns() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 1), Due::default());
        let mut after = |change: fn(&mut Ranges)| {
            change(&mut ranges);
            ranges.at(minute(0)).unwrap().due.whole_pages
        };
        let no_time: fn(&mut Ranges) =
            |ranges| ranges.narrow(window(0, 1), &[window(0, 1)], minute(9));
        let in_parts: fn(&mut Ranges) = |ranges| {
            let halves = window(0, 1).halves(1).unwrap();
            ranges.narrow(window(0, 1), &halves, minute(9));
        };
        let fails: fn(&mut Ranges) = |ranges| ranges.put_off(window(0, 1), minute(9));
        let turns = [no_time, fails, no_time, no_time, in_parts, fails].map(&mut after);
        assert_eq!(turns, [false, false, true, false, true, false]);
    }

    #[test]
    fn a_time_that_a_wrong_clock_noted_is_not_believed() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::after(minute(100), 600));
        assert_eq!(ranges.next(minute(109)), None);
        assert!(ranges.next(minute(110)).is_some());
        assert!(ranges.next(minute(99)).is_some());
        // Nor does it wait for all that was noted since.
        ranges.add(window(20, 30), Due::after(minute(90), 0));
        assert_eq!(ranges.next(minute(99)).unwrap().window, window(0, 10));
    }

    #[test]
    fn what_lies_side_by_side_is_read_at_once_but_for_what_has_failed() {
        let mut ranges = Ranges::default();
        for n in 0..60 {
            ranges.add(window(n, n + 1), Due::after(minute(100 + n % 7), 0));
        }
        ranges.put_off(window(40, 41), minute(100));
        let now = minute(200);
        assert_eq!(ranges.next(now).unwrap().window, window(0, 40));
        ranges.narrow(window(0, 40), &[], now);
        assert_eq!(ranges.next(now).unwrap().window, window(41, 60));
        ranges.narrow(window(41, 60), &[], now);
        assert_eq!(ranges.next(now).unwrap().window, window(40, 41));
    }

    /// Graph's answers are incomplete for as long as they like.
    #[test]
    fn an_answer_that_stays_incomplete_is_waited_for_for_two_hours() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::default());
        let (mut now, mut tries) = (minute(100), 0);
        while let Some(range) = ranges.next(now) {
            assert_eq!(range.due.failures, 0);
            let is_last = !ranges.incomplete_for_good(range.window).is_empty();
            ranges.put_off_incomplete(range.window, now);
            tries += 1;
            assert_eq!(ranges.is_empty(), is_last);
            now += SignedDuration::from_secs(300);
        }
        assert_eq!(tries, MAX_INCOMPLETE);
    }

    /// Before, each part was asked for by itself for as long as the answers were incomplete.
    #[test]
    fn incomplete_parts_of_what_was_cut_are_joined_again() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 16), Due::default());
        let mut now = minute(100);
        let parts = [window(0, 2), window(2, 4), window(4, 8), window(8, 16)];
        ranges.narrow(window(0, 16), &parts, now);
        for part in parts {
            ranges.put_off_incomplete(part, now);
        }
        let mut reads = Vec::new();
        for _ in 0..5 {
            now += SignedDuration::from_secs(300);
            let mut count = 0;
            while let Some(range) = ranges.next(now) {
                ranges.put_off_incomplete(range.window, now);
                count += 1;
            }
            reads.push(count);
        }
        assert_eq!(reads[0], 3);
        assert_eq!(reads[3..], [1, 1]);
        assert_eq!(ranges.len(), 1);
    }

    #[test]
    fn what_was_due_for_an_hour_is_overdue() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::after(minute(100), 600));
        let overdue = |n: i64| ranges.is_overdue(minute(n));
        assert_eq!(
            [99, 109, 169, 170].map(overdue),
            [false, false, false, true]
        );
        assert!(!Ranges::default().is_overdue(minute(170)));
    }

    #[test]
    fn they_survive_the_wire() {
        let mut ranges = Ranges::default();
        ranges.add(window(0, 10), Due::default());
        ranges.add(window(20, 30), Due::after(minute(50), 0));
        ranges.put_off(window(4, 6), minute(10));
        ranges.narrow(window(22, 30), &[window(24, 26)], minute(90));
        let text = serde_json::to_string(&ranges).unwrap();
        assert!(
            text.starts_with(r#"[{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:04:00Z"},"#)
        );
        assert_eq!(serde_json::from_str::<Ranges>(&text).unwrap(), ranges);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Minute by minute, they are what a plain set of minutes would be.
        #[test]
        fn they_are_a_set(steps in prop::collection::vec((0i64..40, 1i64..20, 0u8..4), 1..40)) {
            let mut ranges = Ranges::default();
            let mut minutes = [false; 64];
            for (from, length, what) in steps {
                let whole = window(from, from + length);
                let range = usize::try_from(from).unwrap()..usize::try_from(from + length).unwrap();
                match what {
                    0 | 1 => {
                        ranges.add(whole, Due::default());
                        minutes[range].fill(true);
                    }
                    2 => {
                        ranges.narrow(whole, &[], minute(90));
                        minutes[range].fill(false);
                    }
                    _ => ranges.put_off(whole, minute(100)),
                }
                for (n, &is_in) in minutes.iter().enumerate() {
                    prop_assert_eq!(ranges.at(minute(i64::try_from(n).unwrap())).is_some(), is_in);
                }
            }
        }
    }
}
