//! Clients that ask from a time that is still to come: their clocks are wrong, or they send the time of
//! their zone and do not say so. They are given nothing, as they asked, and somebody has to know.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How far ahead the time may be: a clock that nobody keeps is some seconds off, and no zone is less than
/// a quarter of an hour.
const TOLERATED: SignedDuration = SignedDuration::from_secs(60);

/// How often it is told of the same client.
const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// When it was told of each client last, by tenant and application: as many as documents list.
#[derive(Default)]
pub(crate) struct FarAhead(Mutex<HashMap<(String, String), Timestamp>>);

impl FarAhead {
    /// How far ahead of `now` a client asks from, if that is to be told.
    pub(crate) fn news(
        &self,
        tenant: &str,
        client: &str,
        asked_from: Timestamp,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let ahead = asked_from.duration_since(now);
        if ahead <= TOLERATED {
            return None;
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.to_owned(), client.to_owned());
        let is_known = |at: &Timestamp| *at <= now && now.duration_since(*at) < TOLD_EVERY;
        if told.get(&key).is_some_and(is_known) {
            return None;
        }
        told.insert(key, now);
        Some(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_minute_ahead_is_told_once_an_hour_of_each_client() {
        let far_ahead = FarAhead::default();
        let at = |secs: i64| Timestamp::from_second(1_000_000 + secs).unwrap();
        let news = |tenant, client, ahead_secs: i64, secs: i64| {
            let news = far_ahead.news(tenant, client, at(secs + ahead_secs), at(secs));
            news.map(|ahead| ahead.as_secs())
        };
        for ahead_secs in [-7200, 0, 60] {
            assert_eq!(news("contoso", "a", ahead_secs, 0), None);
        }
        assert_eq!(news("contoso", "a", 7200, 0), Some(7200));
        assert_eq!(news("contoso", "a", 7200, 3599), None);
        assert_eq!(news("contoso", "b", 61, 3599), Some(61));
        assert_eq!(news("fabrikam", "a", 61, 3599), Some(61));
        assert_eq!(news("contoso", "a", 7200, 3600), Some(7200));
        // The server's own clock was set back.
        assert_eq!(news("contoso", "a", 7200, 10), Some(7200));
    }
}
