//! How long to wait before what failed is tried again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Waits that double with each failure, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The doubling stops here.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures; that after none is that after one.
    #[must_use]
    pub fn after(self, failures: u32) -> Duration {
        let factor = 1u32
            .checked_shl(failures.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// Chance in a wait, so that many who failed together do not come back together.
///
/// A small generator (SplitMix64): spread is all that is asked of it, not secrecy.
#[derive(Debug)]
pub struct Jitter(AtomicU64);

impl Jitter {
    /// From `seed`, which tests give; from a random one when `None`.
    #[must_use]
    pub fn new(seed: Option<u64>) -> Self {
        // The standard library seeds its hash maps from the operating system.
        let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self(AtomicU64::new(seed))
    }

    /// Anything up to `longest`.
    pub fn up_to(&self, longest: Duration) -> Duration {
        // 32 bits of randomness are plenty, and exact in a floating point number.
        let share = (self.next() >> 32) as f64 / f64::from(u32::MAX);
        longest.mul_f64(share)
    }

    /// Half of `full`, and anything up to the other half.
    pub fn half_of(&self, full: Duration) -> Duration {
        full / 2 + self.up_to(full / 2)
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(20),
    };

    #[test]
    fn it_doubles_up_to_its_limit() {
        for (failures, wait_ms) in [
            (0, 500),
            (1, 500),
            (2, 1000),
            (3, 2000),
            (7, 20_000),
            (40, 20_000),
            (u32::MAX, 20_000),
        ] {
            assert_eq!(BACKOFF.after(failures).as_millis(), wait_ms, "{failures}");
        }
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        let jitter = Jitter::new(Some(7));
        let full = Duration::from_secs(20);
        for _ in 0..100 {
            assert!(jitter.up_to(full) <= full);
            assert!((full / 2..=full).contains(&jitter.half_of(full)));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let jitter = Jitter::new(Some(seed));
            let waits = (1..6).map(|failures| jitter.half_of(BACKOFF.after(failures)));
            waits.collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
