use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plan::{before, first_from};
use crate::{Window, WindowSettings, Written};

/// What one tenant's polls remember between runs: one object in the store.
///
/// Everything before the watermark was read, but for what is [`Owed`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// `lastUpdateDateTime` up to which alerts were read; `None` before the first poll.
    pub watermark: Option<Timestamp>,
    /// Where the very first poll starts: set by the first try, so that it does not move with time
    /// while first polls fail.
    pub first_from: Option<Timestamp>,
    /// When a poll last ended well.
    pub last_success: Option<Timestamp>,
    /// When the object was last saved.
    pub saved: Option<Timestamp>,
    /// Windows that were put back: before the watermark, but not read to their end.
    pub owed: Vec<Owed>,
    /// When what lies further back was last read again.
    pub swept: Swept,
    /// The requests of this minute, for all jobs of the tenant to share a budget.
    pub spent: Option<Spent>,
    /// The records that each output has, by the output's name.
    pub outputs: BTreeMap<String, Written>,
}

/// When the [sweeps](crate::Sweep) were last begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swept {
    /// The one over a day.
    pub day: Option<Timestamp>,
    /// The one over a week.
    pub week: Option<Timestamp>,
}

/// Requests to Graph in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Minutes since 1970.
    pub minute: i64,
    /// How many.
    pub requests: u32,
}

/// A window that a poll had no time left for and put back as a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// What is still to be read.
    pub window: Window,
    /// When it was put back.
    pub since: Timestamp,
    /// Whether it was read to its end before; see [`State::read_again`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl State {
    /// The records that `output` has.
    pub fn output(&mut self, output: &str) -> &mut Written {
        self.outputs.entry(output.to_owned()).or_default()
    }

    /// Notes where the very first poll starts; whether that was news.
    pub fn begin(&mut self, now: Timestamp, settings: &WindowSettings) -> bool {
        if self.watermark.is_some() || self.first_from.is_some() {
            return false;
        }
        self.first_from = Some(first_from(self, now, settings));
        self.swept = Swept {
            day: Some(now),
            week: Some(now),
        };
        true
    }

    /// Notes that `window` was read to its end and that the queue has its records.
    ///
    /// The watermark moves only when nothing lies between it and the window, and never back.
    pub fn complete(&mut self, window: Window) {
        self.settle(window, |_| true);
        if self
            .watermark
            .is_none_or(|watermark| window.from() <= watermark)
        {
            self.watermark = self.watermark.max(Some(window.to()));
        }
    }

    /// Notes that of `window` only `rest` is still to be read.
    pub fn put_back(&mut self, window: Window, rest: &[Window], now: Timestamp) {
        self.complete(window);
        self.owe(rest, false, now);
    }

    /// Notes that of `window`, which was read before, only `rest` is still to be read again, as
    /// soon as there is time for it. What in `rest` was never read at all is owed as before.
    pub fn put_back_again(
        &mut self,
        window: Window,
        rest: &[Window],
        settings: &WindowSettings,
        now: Timestamp,
    ) {
        let read = rest.iter().fold(vec![window], |parts, rest| {
            let parts = parts.into_iter();
            parts.flat_map(|part| outside(part, *rest)).collect()
        });
        for part in read {
            self.complete(part);
        }
        self.settle(window, |owed| owed.again);
        self.owe(rest, true, before(now, settings.adopt_after_secs));
    }

    fn owe(&mut self, rest: &[Window], again: bool, since: Timestamp) {
        self.owed.extend(rest.iter().map(|&window| Owed {
            window,
            since,
            again,
        }));
    }

    /// Notes that what was read of `window` for the first time is to be read once more, as far as
    /// no live poll will do so within its overlap.
    ///
    /// Graph's pages count rows: an alert that changes while a window is paged leaves the window,
    /// and the row behind it slips into a page that was read already. The overlap of live polls
    /// makes up for that; a long window has to be read until nothing new turns up.
    ///
    /// `known_to` is up to when all was read before this window was: what lies well before it was
    /// read several times. Not what lies just before it: that may have turned up late.
    pub fn read_again(
        &mut self,
        window: Window,
        known_to: Option<Timestamp>,
        now: Timestamp,
        settings: &WindowSettings,
    ) {
        let Some(watermark) = self.watermark else {
            return;
        };
        let late_secs = settings.overlap_secs / 3 * 2;
        let from = known_to.map_or(window.from(), |known_to| {
            window.from().max(before(known_to, late_secs))
        });
        let to = window.to().min(before(watermark, settings.overlap_secs));
        // By then the alerts that changed meanwhile have settled.
        let since = now + SignedDuration::from_secs(settings.overlap_secs.into());
        self.owed.extend(Window::new(from, to).map(|window| Owed {
            window,
            since,
            again: true,
        }));
    }

    /// The oldest instant that is not read yet, the lag of which is the tenant's lag.
    #[must_use]
    pub fn read_up_to(&self) -> Option<Timestamp> {
        let unread = self.owed.iter().filter(|owed| !owed.again);
        let owed = unread.map(|owed| owed.window.from()).min();
        match (self.watermark, owed) {
            (Some(watermark), Some(owed)) => Some(watermark.min(owed)),
            (watermark, owed) => watermark.or(owed),
        }
    }

    /// Forgets the alerts that Graph has not returned for `retention_secs`.
    pub fn prune(&mut self, now: Timestamp, retention_secs: u64) {
        let oldest = Self::oldest_secs(now, retention_secs);
        for written in self.outputs.values_mut() {
            written.forget_before(oldest);
        }
    }

    /// Since when an alert must have been returned to be remembered, in seconds since 1970.
    #[must_use]
    pub fn oldest_secs(now: Timestamp, retention_secs: u64) -> u32 {
        let retention = i64::try_from(retention_secs).unwrap_or(i64::MAX);
        epoch_secs_of(now.as_second().saturating_sub(retention))
    }

    /// Takes `window` out of what is owed and `meant`: whole windows that it covers, and its part
    /// of others.
    fn settle(&mut self, window: Window, meant: impl Fn(&Owed) -> bool) {
        self.owed = std::mem::take(&mut self.owed)
            .into_iter()
            .flat_map(|owed| {
                let left = if meant(&owed) {
                    outside(owed.window, window)
                } else {
                    vec![owed.window]
                };
                left.into_iter().map(move |window| Owed { window, ..owed })
            })
            .collect();
    }
}

/// The parts of `whole` that lie outside of `window`.
fn outside(whole: Window, window: Window) -> Vec<Window> {
    let before = Window::new(whole.from(), whole.to().min(window.from()));
    let after = Window::new(whole.from().max(window.to()), whole.to());
    [before, after].into_iter().flatten().collect()
}

/// A time as the seconds since 1970 that the state keeps: 32 bits last until 2106.
#[must_use]
pub fn epoch_secs_of(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
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

    #[test]
    fn the_watermark_moves_to_the_end_of_a_window_that_meets_it() {
        let mut state = State::default();
        state.complete(window(0, 10));
        assert_eq!(state.watermark, Some(minute(10)));
        state.complete(window(5, 20));
        assert_eq!(state.watermark, Some(minute(20)));
    }

    #[test]
    fn a_window_beyond_the_watermark_or_an_old_one_moves_nothing() {
        let mut state = State {
            watermark: Some(minute(10)),
            ..State::default()
        };
        state.complete(window(11, 20));
        state.complete(window(0, 5));
        assert_eq!(state.watermark, Some(minute(10)));
    }

    #[test]
    fn what_was_put_back_is_owed_until_it_is_read() {
        let mut state = State {
            watermark: Some(minute(0)),
            ..State::default()
        };
        state.put_back(window(0, 10), &[window(0, 5), window(5, 10)], minute(11));
        assert_eq!(state.watermark, Some(minute(10)));
        assert_eq!(state.read_up_to(), Some(minute(0)));
        state.complete(window(0, 5));
        assert_eq!(state.read_up_to(), Some(minute(5)));
        state.complete(window(5, 10));
        assert_eq!(state.read_up_to(), Some(minute(10)));
        assert!(state.owed.is_empty());
    }

    #[test]
    fn a_part_of_what_is_owed_leaves_the_rest() {
        let mut state = State {
            watermark: Some(minute(20)),
            ..State::default()
        };
        state.owed.push(Owed {
            window: window(0, 10),
            since: minute(11),
            again: false,
        });
        state.complete(window(4, 6));
        let left: Vec<_> = state.owed.iter().map(|owed| owed.window).collect();
        assert_eq!(left, [window(0, 4), window(6, 10)]);
    }

    #[test]
    fn a_long_window_is_read_again_as_far_as_no_overlap_reaches() {
        let settings = WindowSettings::default();
        let mut state = State::default();
        state.complete(window(0, 60));
        state.read_again(window(0, 60), None, minute(60), &settings);
        let again = Owed {
            window: window(0, 45),
            since: minute(75),
            again: true,
        };
        assert_eq!(state.owed, [again]);
        assert_eq!(
            state.read_up_to(),
            Some(minute(60)),
            "it was read, so it is no lag"
        );
        state.complete(window(0, 45));
        assert!(state.owed.is_empty());
        // A live poll in good time: its news lies within the next one's overlap.
        state.complete(window(45, 61));
        state.read_again(window(45, 61), Some(minute(60)), minute(61), &settings);
        assert!(state.owed.is_empty());
    }

    #[test]
    fn what_a_sweep_had_no_time_for_is_still_owed_if_it_was_never_read() {
        let settings = WindowSettings::default();
        let owed = |from, to, again, since| Owed {
            window: window(from, to),
            since: minute(since),
            again,
        };
        let mut state = State {
            watermark: Some(minute(100)),
            owed: vec![owed(10, 30, false, 90), owed(40, 60, true, 80)],
            ..State::default()
        };
        // All but this was read.
        state.put_back_again(window(0, 80), &[window(20, 50)], &settings, minute(101));
        assert_eq!(
            state.owed,
            [owed(20, 30, false, 90), owed(20, 50, true, 86)]
        );
        assert_eq!(state.read_up_to(), Some(minute(20)));
        state.put_back_again(window(20, 50), &[window(20, 50)], &settings, minute(102));
        assert_eq!(
            state.owed,
            [owed(20, 30, false, 90), owed(20, 50, true, 87)]
        );
    }

    #[test]
    fn the_first_try_says_where_the_first_poll_starts() {
        let settings = WindowSettings::default();
        let mut state = State::default();
        let day = 24 * 60;
        assert!(state.begin(minute(2 * day), &settings));
        assert!(!state.begin(minute(3 * day), &settings));
        assert_eq!(state.first_from, Some(minute(day)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Whatever windows end in whatever order: the watermark never goes back, and every minute
        /// before `read_up_to` was really read.
        #[test]
        fn nothing_before_the_read_mark_is_unread(steps in prop::collection::vec((0i64..40, 1i64..20, any::<bool>()), 1..40)) {
            let mut state = State { watermark: Some(minute(0)), ..State::default() };
            let mut read = [false; 80];
            for (from, length, put_back) in steps {
                let whole = window(from, from + length);
                let before = state.watermark;
                if put_back {
                    let halves = whole.halves(1).unwrap();
                    state.put_back(whole, &halves, minute(100));
                } else {
                    state.complete(whole);
                    for n in from..from + length {
                        read[usize::try_from(n).unwrap()] = true;
                    }
                }
                prop_assert!(state.watermark >= before);
                let mark = state.read_up_to().unwrap();
                for (n, &read) in read.iter().enumerate() {
                    prop_assert!(read || minute(i64::try_from(n).unwrap() + 1) > mark, "minute {} unread before {}", n, mark);
                }
            }
        }
    }
}
