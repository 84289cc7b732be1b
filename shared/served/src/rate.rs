//! How often a client may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Counts the requests of each client in each minute of the clock.
#[derive(Default)]
pub(crate) struct Rates {
    /// By tenant and client: the minute, and its requests. As many as documents list.
    counts: Mutex<HashMap<(String, String), (i64, u32)>>,
}

/// A client has asked too often; the next minute begins in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) retry_after_secs: u32,
}

impl Rates {
    /// Counts a request at `now`, unless it is above `most` in the minute.
    pub(crate) fn count(
        &self,
        tenant: &str,
        client: &str,
        now: Timestamp,
        most: u32,
    ) -> Result<(), TooMany> {
        let secs = now.as_second();
        let minute = secs.div_euclid(60);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.to_owned(), client.to_owned());
        let (counted, count) = counts.entry(key).or_insert((minute, 0));
        if *counted != minute {
            (*counted, *count) = (minute, 0);
        }
        if *count >= most {
            let left = u32::try_from(60 - secs.rem_euclid(60)).unwrap_or(60);
            return Err(TooMany {
                retry_after_secs: left,
            });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_hundred_and_a_new_one_each_minute() {
        let rates = Rates::default();
        let at = |secs: i64| Timestamp::from_second(60 * 1_000_000 + secs).unwrap();
        let count = |client, secs| rates.count("contoso", client, at(secs), 100);
        for n in 0..100 {
            assert_eq!(count("a", n % 55), Ok(()));
        }
        for _ in 0..10_000 {
            let retry_after_secs = 5;
            assert_eq!(count("a", 55), Err(TooMany { retry_after_secs }));
        }
        assert_eq!(count("b", 55), Ok(()));
        assert_eq!(rates.count("fabrikam", "a", at(55), 100), Ok(()));
        assert_eq!(count("a", 60), Ok(()));
    }
}
