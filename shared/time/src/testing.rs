//! A clock for tests.
#![allow(
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::Clock;

/// A clock that stands still until a test sets it on. For one that never moves, a closure does.
pub struct ManualClock {
    time: Mutex<Timestamp>,
    runs_since: Mutex<Option<Instant>>,
}

impl ManualClock {
    /// One that tells this time, as RFC 3339 writes it.
    ///
    /// # Panics
    /// When it is not a time.
    pub fn at(time: &str) -> Self {
        Self::of(time.parse().unwrap())
    }

    /// One that tells this second since 1970.
    ///
    /// # Panics
    /// When no calendar has it.
    pub fn at_secs(secs: i64) -> Self {
        Self::of(Timestamp::from_second(secs).unwrap())
    }

    fn of(time: Timestamp) -> Self {
        Self {
            time: Mutex::new(time),
            runs_since: Mutex::new(None),
        }
    }

    /// From now on it goes with the runtime's clock.
    pub fn run(&self) {
        *self.runs_since.lock().unwrap() = Some(Instant::now());
    }

    /// Sets it on, or back.
    pub fn advance_secs(&self, secs: i64) {
        *self.time.lock().unwrap() += SignedDuration::from_secs(secs);
    }

    /// Sets it to these milliseconds since 1970.
    ///
    /// # Panics
    /// When no calendar has them.
    pub fn set_millis(&self, millis: i64) {
        *self.time.lock().unwrap() = Timestamp::from_millisecond(millis).unwrap();
    }

    /// What it tells, in milliseconds since 1970.
    pub fn millis(&self) -> i64 {
        self.now().as_millisecond()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let ran = self.runs_since.lock().unwrap().map(|since| since.elapsed());
        *self.time.lock().unwrap() + ran.unwrap_or_default()
    }
}
