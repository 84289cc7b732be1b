use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use drawbridge_cursor::Window;
use jiff::{SignedDuration, Timestamp};

/// For how long it is known: live polls read the same minutes again and again, and need not look for it
/// each time.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// So many are known at most. What is forgotten is looked for again.
const MAX_KNOWN: usize = 64;

/// What Graph counts and does not list, as far as it was found a short while ago.
///
/// Without it, a poll that reads a window again would halve it again and again until it has the instant of
/// what is missing. It lives as long as the process: another one looks for itself.
#[derive(Debug, Default)]
pub struct Unlisted(Mutex<VecDeque<Found>>);

/// So many alerts of a window that is as small as one can be.
#[derive(Debug, Clone, Copy)]
struct Found {
    window: Window,
    alerts: u64,
    at: Timestamp,
}

impl Found {
    /// Whether that is known at `now`. What was found later than that was found by a clock that was wrong.
    fn is_known(&self, now: Timestamp) -> bool {
        self.at <= now && now.duration_since(self.at) <= KNOWN_FOR
    }
}

impl Unlisted {
    /// Notes that Graph counts so many more alerts of `window` than it lists.
    pub(crate) fn note(&self, window: Window, alerts: u64, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|found| found.is_known(now) && found.window != window);
        while all.len() >= MAX_KNOWN {
            all.pop_front();
        }
        all.push_back(Found {
            window,
            alerts,
            at: now,
        });
    }

    /// How many alerts of `window` Graph is known to count and not to list.
    pub(crate) fn within(&self, window: Window, now: Timestamp) -> u64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = |found: &&Found| {
            window.from() <= found.window.from() && found.window.to() <= window.to()
        };
        let known = all.iter().filter(|found| found.is_known(now));
        known.filter(inside).map(|found| found.alerts).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn what_was_found_is_known_for_ten_minutes_wherever_it_lies_whole() {
        let unlisted = Unlisted::default();
        unlisted.note(window(10, 11), 2, at(100));
        unlisted.note(window(20, 21), 1, at(100));
        unlisted.note(window(20, 21), 3, at(101));
        let within = |from, to, now| unlisted.within(window(from, to), at(now));
        assert_eq!(within(0, 30, 101), 5);
        assert_eq!(within(11, 30, 101), 3);
        assert_eq!(within(0, 20, 101), 2);
        assert_eq!(within(0, 30, 700), 5);
        assert_eq!(within(0, 30, 701), 3);
        assert_eq!(within(0, 30, 702), 0);
        assert_eq!(within(0, 30, 99), 0, "by a clock that was wrong");
    }

    #[test]
    fn no_more_than_a_few_are_known() {
        let unlisted = Unlisted::default();
        for second in 0..200 {
            unlisted.note(window(second, second + 1), 1, at(1000));
        }
        assert_eq!(unlisted.within(window(0, 1000), at(1000)), MAX_KNOWN as u64);
        assert_eq!(unlisted.within(window(0, 100), at(1000)), 0);
    }
}
