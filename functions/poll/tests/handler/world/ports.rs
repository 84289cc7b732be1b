use std::sync::Mutex;

use drawbridge_time::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock that a test sets.
pub(crate) struct SetClock(Mutex<Timestamp>, Mutex<Option<Instant>>);

impl SetClock {
    pub(crate) fn at(time: &str) -> Self {
        Self(Mutex::new(time.parse().unwrap()), Mutex::new(None))
    }

    /// From now on it goes with the runtime's clock.
    pub(crate) fn run(&self) {
        *self.1.lock().unwrap() = Some(Instant::now());
    }

    pub(crate) fn advance_secs(&self, secs: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(secs);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let ran = self.1.lock().unwrap().map(|since| since.elapsed());
        *self.0.lock().unwrap() + ran.unwrap_or_default()
    }
}
