//! How often a client may ask, and how many answers it may have on their way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When to come again where answers are on their way, in seconds: one may end at any time.
const ANSWERS_END_WITHIN_SECS: u32 = 5;

/// The bounds of one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Requests in a minute of the clock.
    pub(crate) per_minute: u32,
    /// Answers at once. Each holds some segments in memory, however slowly it is taken.
    pub(crate) at_once: usize,
}

/// The clients, by tenant and application: as many as documents list.
#[derive(Default)]
pub(crate) struct Rates {
    clients: Mutex<HashMap<(String, String), Client>>,
}

/// What a client has asked in a minute, and the answers that it may still have.
struct Client {
    minute: i64,
    requests: u32,
    answers: Arc<Semaphore>,
}

/// A client has asked too often, or for too much at once; it may come again in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) retry_after_secs: u32,
}

impl Rates {
    /// Counts a request at `now`, unless it is one too many. What it gives is kept until the answer has
    /// ended.
    pub(crate) fn count(
        &self,
        tenant: &str,
        client: &str,
        now: Timestamp,
        bounds: Bounds,
    ) -> Result<OwnedSemaphorePermit, TooMany> {
        let secs = now.as_second();
        let minute = secs.div_euclid(60);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.to_owned(), client.to_owned());
        let client = clients.entry(key).or_insert_with(|| Client {
            minute,
            requests: 0,
            answers: Arc::new(Semaphore::new(bounds.at_once)),
        });
        if client.minute != minute {
            (client.minute, client.requests) = (minute, 0);
        }
        if client.requests >= bounds.per_minute {
            let left = u32::try_from(60 - secs.rem_euclid(60)).unwrap_or(60);
            return Err(TooMany {
                retry_after_secs: left,
            });
        }
        client.requests += 1;
        let answer = Arc::clone(&client.answers).try_acquire_owned();
        answer.map_err(|_| TooMany {
            retry_after_secs: ANSWERS_END_WITHIN_SECS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_hundred_and_a_new_one_each_minute() {
        let rates = Rates::default();
        let at = |secs: i64| Timestamp::from_second(60 * 1_000_000 + secs).unwrap();
        let bounds = Bounds {
            per_minute: 100,
            at_once: 8,
        };
        let of = |tenant, client, secs| rates.count(tenant, client, at(secs), bounds).map(drop);
        let count = |client, secs| of("contoso", client, secs);
        for n in 0..100 {
            assert_eq!(count("a", n % 55), Ok(()));
        }
        for _ in 0..10_000 {
            let retry_after_secs = 5;
            assert_eq!(count("a", 55), Err(TooMany { retry_after_secs }));
        }
        assert_eq!(count("b", 55), Ok(()));
        assert_eq!(of("fabrikam", "a", 55), Ok(()));
        assert_eq!(count("a", 60), Ok(()));
    }
}
