//! The requests of a tenant, which live polls, sweeps and backfills share.
//!
//! Graph takes 150 requests per minute from an app in a tenant for security alerts (Microsoft Graph
//! throttling limits). A tenant's jobs are done one after the other, so what each spent is in the
//! state that the next one reads. Live polls take what they need; the others leave a third of it,
//! and are spaced out from the tenth request of a minute on. An hourly sweep of a tenant without news
//! needs two: a pause would only be time that Lambda bills.

use std::time::Duration;

use drawbridge_cursor::Spent;
use jiff::Timestamp;

/// What Graph takes a minute.
const REQUESTS_PER_MINUTE: u32 = 150;

/// What background readings leave to live ones.
const LIVE_REQUESTS_PER_MINUTE: u32 = 50;

/// A poll with fewer requests, and nothing else to tell, leaves the state as it is.
pub(crate) const WORTH_SAVING: u64 = 10;

/// Before so many requests in a minute, background readings do not wait.
const UNSPACED: u32 = 10;

/// The time between two requests of a background reading.
const SPACING: Duration =
    Duration::from_millis(60_000 / (REQUESTS_PER_MINUTE - LIVE_REQUESTS_PER_MINUTE) as u64);

/// What was spent in the minute of `now` with `new` requests more.
pub(crate) fn spend(spent: Option<Spent>, now: Timestamp, new: u64) -> Spent {
    let minute = now.as_second().div_euclid(60);
    let before = spent.filter(|spent| spent.minute == minute);
    let before = before.map_or(0, |spent| spent.requests);
    Spent {
        minute,
        requests: before.saturating_add(u32::try_from(new).unwrap_or(u32::MAX)),
    }
}

/// Whether Graph takes no more in the minute of `now`.
pub(crate) fn is_used_up(spent: Option<Spent>, now: Timestamp) -> bool {
    spend(spent, now, 0).requests >= REQUESTS_PER_MINUTE
}

/// What was spent in all, where others went from `before` to `theirs` beside `ours`.
pub(crate) fn merge(
    ours: Option<Spent>,
    before: Option<Spent>,
    theirs: Option<Spent>,
) -> Option<Spent> {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return ours.or(theirs);
    };
    if theirs.minute != ours.minute {
        return Some(ours);
    }
    let before = before.filter(|before| before.minute == theirs.minute);
    let before = before.map_or(0, |before| before.requests);
    Some(Spent {
        requests: ours
            .requests
            .saturating_add(theirs.requests.saturating_sub(before)),
        ..ours
    })
}

/// How long a background reading waits before its next request.
pub(crate) fn pause(spent: Option<Spent>, now: Timestamp) -> Duration {
    const SHARE: u32 = REQUESTS_PER_MINUTE - LIVE_REQUESTS_PER_MINUTE;
    match spend(spent, now, 0).requests {
        ..UNSPACED => Duration::ZERO,
        UNSPACED..SHARE => SPACING,
        SHARE.. => {
            let left = 60 - now.as_second().rem_euclid(60);
            Duration::from_secs(left.unsigned_abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_minute_adds_up_and_the_next_one_starts_anew() {
        let spent = spend(None, at(600), 7);
        assert_eq!(spent.requests, 7);
        let spent = spend(Some(spent), at(659), 3);
        assert_eq!((spent.minute, spent.requests), (10, 10));
        assert_eq!(spend(Some(spent), at(660), 1).requests, 1);
    }

    #[test]
    fn what_others_spent_meanwhile_is_added() {
        let spent = |second, requests| Some(spend(None, at(second), requests));
        assert_eq!(
            merge(spent(600, 30), spent(600, 20), spent(610, 25)),
            spent(600, 35)
        );
        assert_eq!(
            merge(spent(660, 30), spent(600, 20), spent(660, 25)),
            spent(660, 55)
        );
        assert_eq!(
            merge(spent(660, 30), spent(600, 20), spent(600, 25)),
            spent(660, 30)
        );
        assert_eq!(merge(None, None, spent(600, 25)), spent(600, 25));
    }

    #[test]
    fn background_readings_are_spaced_and_leave_the_rest_to_live_ones() {
        let after = |requests| pause(Some(spend(None, at(600), requests)), at(615));
        assert_eq!(after(10), Duration::from_millis(600));
        assert_eq!(after(99), Duration::from_millis(600));
        assert_eq!(after(100), Duration::from_secs(45));
        let is_used_up = |requests| is_used_up(Some(spend(None, at(600), requests)), at(615));
        assert!(is_used_up(150) && !is_used_up(149));
    }

    #[test]
    fn a_minute_that_is_hardly_used_needs_no_spacing() {
        assert_eq!(pause(None, at(600)), Duration::ZERO);
        let spent = |requests| Some(spend(None, at(600), requests));
        assert_eq!(pause(spent(9), at(615)), Duration::ZERO);
        assert_eq!(pause(spent(100), at(660)), Duration::ZERO);
    }
}
