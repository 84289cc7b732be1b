//! When to try again, and after how long.

use std::time::Duration;

use drawbridge_time::{Backoff, Deadline, Jitter};

use crate::retry_after::LONGEST_RETRY_AFTER;

/// How persistent a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Times a request is sent at most, the first included.
    pub max_tries: u32,
    /// The waits between tries where the service asks for none.
    pub backoff: Backoff,
    /// A longer `Retry-After` than this is handed to the caller instead of being waited out.
    pub longest_wait: Duration,
    /// Seed of the jitter; a random one when `None`. Tests give one.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_tries: 5,
            backoff: Backoff {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(20),
            },
            longest_wait: LONGEST_RETRY_AFTER,
            jitter_seed: None,
        }
    }
}

/// A policy and its source of jitter.
#[derive(Debug)]
pub struct Retry {
    policy: RetryPolicy,
    jitter: Jitter,
}

impl Retry {
    /// As `policy` says.
    pub fn new(policy: RetryPolicy) -> Self {
        let jitter = Jitter::new(policy.jitter_seed);
        Self { policy, jitter }
    }

    /// How long to wait before the next try of what failed in passing, or `None` when there is to
    /// be none: the tries are used up, or the wait does not fit.
    ///
    /// What the service asks for, `asked`, is waited exactly, as Graph's throttling guidance
    /// demands. Without that, the wait is exponential and half of it random, so that pollers do not
    /// march in step.
    pub fn delay(
        &self,
        asked: Option<Duration>,
        tries: u32,
        deadline: Deadline,
    ) -> Option<Duration> {
        if tries >= self.policy.max_tries {
            return None;
        }
        let (delay, fits) = match asked {
            // "0" would be a hot loop.
            Some(asked) if !asked.is_zero() => (asked, deadline.allows_wait(asked)),
            _ => {
                let delay = self.backoff(tries);
                (delay, deadline.allows(delay))
            }
        };
        (fits && delay < self.policy.longest_wait).then_some(delay)
    }

    /// The exponential wait after `tries` failures.
    pub fn backoff(&self, tries: u32) -> Duration {
        self.jitter.half_of(self.policy.backoff.after(tries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(seed: u64) -> Retry {
        Retry::new(RetryPolicy {
            jitter_seed: Some(seed),
            ..RetryPolicy::default()
        })
    }

    #[test]
    fn half_of_the_backoff_is_random() {
        let retry = retry(7);
        for (tries, full_ms) in [(1, 500), (2, 1000), (3, 2000), (7, 20_000), (40, 20_000)] {
            for _ in 0..50 {
                let delay = retry.backoff(tries).as_millis();
                assert!((full_ms / 2..=full_ms).contains(&delay), "{tries}: {delay}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_for_is_waited_exactly_if_it_fits() {
        let retry = retry(1);
        let asked = Some(Duration::from_secs(30));
        assert_eq!(retry.delay(asked, 1, Deadline::none()), asked);
        assert_eq!(retry.delay(asked, 5, Deadline::none()), None);
        let short = Deadline::after(Duration::from_secs(30));
        assert_eq!(retry.delay(asked, 1, short), None);
        let impatient = Deadline::none().with_waits_until(short);
        assert_eq!(retry.delay(asked, 1, impatient), None);
        assert!(retry.delay(None, 4, impatient).is_some());
        for long in [Duration::from_secs(7200), Duration::MAX] {
            assert_eq!(retry.delay(Some(long), 1, Deadline::none()), None);
        }
    }

    #[tokio::test]
    async fn a_wait_of_zero_is_no_hot_loop() {
        let delay = retry(1).delay(Some(Duration::ZERO), 1, Deadline::none());
        assert!(delay.unwrap() >= Duration::from_millis(250));
    }
}
