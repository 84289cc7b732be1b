use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Window, Written};

/// What one tenant's polls remember between runs: one object in the store.
///
/// Everything before the watermark was read, but for what is [`Owed`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// `lastUpdateDateTime` up to which alerts were read; `None` before the first poll.
    pub watermark: Option<Timestamp>,
    /// When a poll last ended well.
    pub last_success: Option<Timestamp>,
    /// When the object was last saved.
    pub saved: Option<Timestamp>,
    /// Windows that were put back: before the watermark, but not read to their end.
    pub owed: Vec<Owed>,
    /// The records that each output has, by the output's name.
    pub outputs: BTreeMap<String, Written>,
}

/// A window that a poll had no time left for and put back as a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// What is still to be read.
    pub window: Window,
    /// When it was put back.
    pub since: Timestamp,
}

impl State {
    /// The records that `output` has.
    pub fn output(&mut self, output: &str) -> &mut Written {
        self.outputs.entry(output.to_owned()).or_default()
    }

    /// Notes that `window` was read to its end and that the queue has its records.
    ///
    /// The watermark moves only when nothing lies between it and the window, and never back.
    pub fn complete(&mut self, window: Window) {
        self.settle(window);
        if self
            .watermark
            .is_none_or(|watermark| window.from() <= watermark)
        {
            self.watermark = self.watermark.max(Some(window.to()));
        }
    }

    /// Notes that `window` was not read to its end and that `rest` was put back as jobs.
    pub fn put_back(&mut self, window: Window, rest: &[Window], now: Timestamp) {
        self.complete(window);
        self.owed
            .extend(rest.iter().map(|&window| Owed { window, since: now }));
    }

    /// The oldest instant that is not read yet, the lag of which is the tenant's lag.
    #[must_use]
    pub fn read_up_to(&self) -> Option<Timestamp> {
        let owed = self.owed.iter().map(|owed| owed.window.from()).min();
        match (self.watermark, owed) {
            (Some(watermark), Some(owed)) => Some(watermark.min(owed)),
            (watermark, owed) => watermark.or(owed),
        }
    }

    /// Forgets the alerts that Graph has not returned for `retention_secs`.
    pub fn prune(&mut self, now: Timestamp, retention_secs: u64) {
        let retention = i64::try_from(retention_secs).unwrap_or(i64::MAX);
        let oldest = epoch_secs_of(now.as_second().saturating_sub(retention));
        for written in self.outputs.values_mut() {
            written.forget_before(oldest);
        }
    }

    /// Takes `window` out of what is owed: whole windows that it covers, and its part of others.
    fn settle(&mut self, window: Window) {
        self.owed = std::mem::take(&mut self.owed)
            .into_iter()
            .flat_map(|owed| {
                let before = Window::new(owed.window.from(), owed.window.to().min(window.from()));
                let after = Window::new(owed.window.from().max(window.to()), owed.window.to());
                [before, after]
                    .into_iter()
                    .flatten()
                    .map(move |window| Owed {
                        window,
                        since: owed.since,
                    })
            })
            .collect();
    }
}

/// A time as the seconds since 1970 that the state keeps: 32 bits last until 2106.
pub(crate) fn epoch_secs_of(seconds: i64) -> u32 {
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
        });
        state.complete(window(4, 6));
        let left: Vec<_> = state.owed.iter().map(|owed| owed.window).collect();
        assert_eq!(left, [window(0, 4), window(6, 10)]);
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
