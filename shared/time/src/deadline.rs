//! Until when an operation may run.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// The moment by which an operation has to be over, or none.
///
/// Waits that would not end before it are not begun, so the caller keeps the rest of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline {
    at: Option<Instant>,
    /// When waits that others ask for have to end, if that is earlier.
    waits_until: Option<Instant>,
    /// Whether one try may have all of the time.
    is_undivided: bool,
}

impl Deadline {
    /// No deadline.
    pub fn none() -> Self {
        Self::default()
    }

    /// Over at `instant`.
    pub fn at(instant: Instant) -> Self {
        Self {
            at: Some(instant),
            ..Self::default()
        }
    }

    /// Over in `time` from now; none if that lies beyond what a clock can hold.
    pub fn after(time: Duration) -> Self {
        Self {
            at: Instant::now().checked_add(time),
            ..Self::default()
        }
    }

    /// The same for all but the waits that a service asks for: these are not begun unless they end before
    /// the other deadline, too.
    #[must_use]
    pub fn with_waits_until(self, other: Self) -> Self {
        Self {
            waits_until: other.at,
            ..self
        }
    }

    /// The same for one try that may have all of the time: there was none for its answer before.
    #[must_use]
    pub fn undivided(self) -> Self {
        Self {
            is_undivided: true,
            ..self
        }
    }

    /// The moment itself.
    pub fn instant(self) -> Option<Instant> {
        self.at
    }

    /// Time left; zero once it is over, `None` without a deadline.
    pub fn remaining(self) -> Option<Duration> {
        self.at
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// This deadline, or `time` from now if that is earlier.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        if self.allows(time) {
            Self {
                at: Self::after(time).at,
                ..self
            }
        } else {
            self
        }
    }

    /// This deadline, so much earlier.
    #[must_use]
    pub fn earlier(self, time: Duration) -> Self {
        Self {
            at: self.at.map(|at| at.checked_sub(time).unwrap_or(at)),
            ..self
        }
    }

    /// This deadline, so much later.
    #[must_use]
    pub fn later(self, time: Duration) -> Self {
        Self {
            at: self.at.and_then(|at| at.checked_add(time)),
            ..self
        }
    }

    /// What `work` results in, if it ends before the deadline; else it is dropped.
    pub async fn bound<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.at {
            Some(at) => timeout_at(at, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Whether something that takes `time` would be over before the deadline.
    pub fn allows(self, time: Duration) -> bool {
        self.remaining().is_none_or(|left| time < left)
    }

    /// Whether a wait that a service asks for may be begun.
    pub fn allows_wait(self, time: Duration) -> bool {
        let until = self.waits_until.map_or_else(Self::none, Self::at);
        self.allows(time) && until.allows(time)
    }

    /// Whether no time is left.
    pub fn is_over(self) -> bool {
        !self.allows(Duration::ZERO)
    }

    /// The time for one try: `limit`, or half of what is left, so that one slow answer leaves time
    /// for another way; but a few seconds at least, as far as there are any. All of it, if it is
    /// [undivided](Self::undivided).
    pub fn share(self, limit: Duration) -> Duration {
        const LEAST: Duration = Duration::from_secs(5);
        if self.is_undivided {
            return self.cap(limit);
        }
        let half = self.remaining().map_or(limit, |left| (left / 2).max(LEAST));
        self.cap(half.min(limit))
    }

    /// `limit`, or what is left if that is less.
    pub fn cap(self, limit: Duration) -> Duration {
        self.remaining().map_or(limit, |left| left.min(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_allows_what_ends_before_it() {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert!(deadline.allows(Duration::from_secs(9)));
        assert!(!deadline.allows(Duration::from_secs(10)));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(deadline.remaining(), Some(Duration::from_secs(6)));
        assert_eq!(
            deadline.cap(Duration::from_secs(60)),
            Duration::from_secs(6)
        );
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
        assert!(deadline.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_asked_for_may_have_to_end_earlier() {
        let secs = Duration::from_secs;
        let deadline = Deadline::after(secs(50)).with_waits_until(Deadline::after(secs(10)));
        assert!(deadline.allows(secs(49)) && deadline.allows_wait(secs(9)));
        for of_it in [
            deadline,
            deadline.earlier(secs(5)),
            deadline.at_most(secs(20)),
        ] {
            assert!(!of_it.allows_wait(secs(10)), "{of_it:?}");
        }
        assert!(!Deadline::after(secs(5)).allows_wait(secs(5)));
        let alone = deadline.with_waits_until(Deadline::none());
        assert!(alone.allows_wait(secs(49)) && Deadline::none().allows_wait(secs(900)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_try_takes_half_of_the_time_at_most() {
        let share = |left, limit| {
            Deadline::after(Duration::from_secs(left))
                .share(Duration::from_secs(limit))
                .as_secs()
        };
        assert_eq!(share(100, 20), 20);
        assert_eq!(share(60, 100), 30);
        assert_eq!(share(8, 100), 5);
        assert_eq!(share(3, 100), 3);
        assert_eq!(Deadline::none().share(Duration::from_secs(9)).as_secs(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_does_not_end_in_time_is_dropped() {
        let deadline = Deadline::after(Duration::from_secs(1)).later(Duration::from_secs(2));
        let work = |secs| async move {
            tokio::time::sleep(Duration::from_secs(secs)).await;
            secs
        };
        assert_eq!(deadline.bound(work(2)).await, Some(2));
        assert_eq!(deadline.bound(work(2)).await, None);
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
        assert_eq!(Deadline::none().later(Duration::MAX), Deadline::none());
        assert_eq!(Deadline::none().bound(work(9)).await, Some(9));
    }

    #[tokio::test]
    async fn without_a_deadline_everything_fits() {
        assert!(Deadline::none().allows(Duration::MAX));
        assert_eq!(Deadline::after(Duration::MAX), Deadline::none());
        assert!(!Deadline::none().is_over());
    }
}
