//! When to try again, and after how long.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::error::GraphError;

/// How persistent a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Times a request is sent at most, the first included.
    pub max_tries: u32,
    /// Wait before the second try; it doubles with each further one.
    pub first_delay: Duration,
    /// The doubling stops here.
    pub longest_delay: Duration,
    /// A longer `Retry-After` than this is handed to the caller instead of being waited out.
    pub longest_wait: Duration,
    /// Seed of the jitter; a random one when `None`. Tests give one.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_tries: 5,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(20),
            longest_wait: Duration::from_secs(300),
            jitter_seed: None,
        }
    }
}

/// A policy and its source of jitter.
#[derive(Debug)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    jitter: Jitter,
}

impl Retry {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        let jitter = Jitter::new(policy.jitter_seed);
        Self { policy, jitter }
    }

    /// How long to wait before the next try, or `None` when there is to be none: the error is
    /// lasting, the tries are used up, or the wait does not fit.
    ///
    /// What the service asks for is waited exactly, as Graph's throttling guidance demands. Without
    /// that, the wait is exponential and half of it random, so that pollers do not march in step.
    pub(crate) fn delay(
        &self,
        error: &GraphError,
        tries: u32,
        deadline: Deadline,
    ) -> Option<Duration> {
        if !error.is_retryable() || tries >= self.policy.max_tries {
            return None;
        }
        let delay = match error.retry_after() {
            // "0" would be a hot loop.
            Some(asked) if !asked.is_zero() => asked,
            _ => self.backoff(tries),
        };
        (delay <= self.policy.longest_wait && deadline.allows(delay)).then_some(delay)
    }

    /// The exponential wait after `tries` failures.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        let factor = 1u32
            .checked_shl(tries.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let full = self.policy.first_delay.saturating_mul(factor);
        let full = full.min(self.policy.longest_delay);
        full / 2 + self.jitter.up_to(full / 2)
    }
}

/// A small generator (SplitMix64): spread is all that is asked of it, not secrecy.
#[derive(Debug)]
struct Jitter(AtomicU64);

impl Jitter {
    fn new(seed: Option<u64>) -> Self {
        // The standard library seeds its hash maps from the operating system.
        let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn up_to(&self, longest: Duration) -> Duration {
        // 32 bits of randomness are plenty, and exact in a floating point number.
        let share = (self.next() >> 32) as f64 / f64::from(u32::MAX);
        longest.mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Attempts;
    use url::Url;

    fn throttled(retry_after: Option<Duration>) -> GraphError {
        let url = Url::parse("https://graph.example/v1.0/x").unwrap();
        let exchange = Attempts::begin("GET", &url).exchange(None);
        GraphError::Throttled {
            exchange,
            retry_after,
        }
    }

    fn retry(seed: u64) -> Retry {
        Retry::new(RetryPolicy {
            jitter_seed: Some(seed),
            ..RetryPolicy::default()
        })
    }

    #[tokio::test]
    async fn backoff_doubles_up_to_its_limit_and_half_of_it_is_random() {
        let retry = retry(7);
        for (tries, full_ms) in [(1, 500), (2, 1000), (3, 2000), (7, 20_000), (40, 20_000)] {
            for _ in 0..50 {
                let delay = retry.backoff(tries).as_millis();
                assert!((full_ms / 2..=full_ms).contains(&delay), "{tries}: {delay}");
            }
        }
    }

    #[tokio::test]
    async fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            (1..6)
                .map(|tries| retry(seed).backoff(tries))
                .collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_waited_exactly_if_it_fits() {
        let retry = retry(1);
        let asked = Duration::from_secs(30);
        let error = throttled(Some(asked));
        assert_eq!(retry.delay(&error, 1, Deadline::none()), Some(asked));
        assert_eq!(retry.delay(&error, 5, Deadline::none()), None);
        let short = Deadline::after(Duration::from_secs(30));
        assert_eq!(retry.delay(&error, 1, short), None);
        let hours = throttled(Some(Duration::from_secs(7200)));
        assert_eq!(retry.delay(&hours, 1, Deadline::none()), None);
        assert_eq!(
            retry.delay(&throttled(Some(Duration::MAX)), 1, Deadline::none()),
            None
        );
    }

    #[tokio::test]
    async fn a_retry_after_of_zero_is_no_hot_loop() {
        let delay = retry(1).delay(&throttled(Some(Duration::ZERO)), 1, Deadline::none());
        assert!(delay.unwrap() >= Duration::from_millis(250));
    }
}
