//! When a message is tried again.
//!
//! A queue counts every try, and the records of an outage are to come back together. So after the
//! first tries all that waits is hidden until the same slots of the clock, whatever its own
//! tries: what becomes visible at once is handed out roughly by age.

use std::time::Duration;

use jiff::Timestamp;

use crate::backoff::{LONGEST, TRIES_AS_ASKED, retry_delay};

/// After so many tries, a message waits for the next slot, as all others do.
const FIRST_TRIES: u32 = 4;

/// The distance between the slots of the first day, counted from 1970 on.
const SLOT_SECS: i64 = 5 * 60;

/// The distance on later days. Two weeks are then 288 and 624 tries, of the 1,000 that there may be.
const LATE_SLOT_SECS: i64 = 30 * 60;

const DAY_SECS: i64 = 24 * 60 * 60;

/// A slot that is nearer than this is not used: clocks differ, and a message that comes back
/// just before its slot must not be tried twice for it.
const MIN_WAIT: Duration = Duration::from_secs(5);

/// When a message is to be tried again that was `sent` then and has had `tries`.
///
/// At first as [`retry_delay`] has it, but no later than the next slot unless the target asks
/// for it. After four tries, or ten if the target asks for a time, at the first slot after the
/// time asked for: five minutes apart for a message of the last day, half an hour for older ones.
pub(super) fn retry_time(
    asked: Option<Duration>,
    tries: u32,
    sent: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let asked = asked.filter(|asked| !asked.is_zero());
    let age_secs = now.as_second().saturating_sub(sent.as_second());
    let slot_secs = if age_secs < DAY_SECS {
        SLOT_SECS
    } else {
        LATE_SLOT_SECS
    };
    let soonest = after(now, asked.map_or(MIN_WAIT, |asked| asked.max(MIN_WAIT)));
    let slot = next_slot(soonest, slot_secs);
    let time = match asked {
        Some(_) if tries > TRIES_AS_ASKED => slot,
        None if tries > FIRST_TRIES => slot,
        Some(_) => after(now, retry_delay(asked, tries)),
        None => slot.min(after(now, retry_delay(None, tries))),
    };
    time.min(after(now, LONGEST))
}

/// The first whole multiple of `slot_secs` since 1970 that is not before `time`.
fn next_slot(time: Timestamp, slot_secs: i64) -> Timestamp {
    let begun = i64::from(time.subsec_nanosecond() > 0);
    let secs = time.as_second().saturating_add(begun);
    let missing = (slot_secs - secs.rem_euclid(slot_secs)) % slot_secs;
    Timestamp::from_second(secs.saturating_add(missing)).unwrap_or(Timestamp::MAX)
}

fn after(time: Timestamp, wait: Duration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [Option<u64>; 5] = [None, Some(0), Some(1), Some(30), Some(60)];

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    #[test]
    fn after_the_first_tries_all_wait_for_the_same_slot() {
        let (now, young) = (at(1_000_000_030), at(1_000_000_000));
        let time = |asked: Option<u64>, tries, sent| {
            let asked = asked.map(Duration::from_secs);
            retry_time(asked, tries, sent, now).as_second() - now.as_second()
        };
        assert_eq!(time(None, 1, young), 10);
        assert_eq!(time(Some(1), 10, young), 1);
        // 1,000,000,200 is a multiple of 300, and 1,000,000,800 of 1,800.
        for asked in ASKED {
            assert_eq!(time(asked, 11, young), 170);
            assert_eq!(time(asked, 300, at(1)), 770);
        }
        assert_eq!(time(Some(171), 11, young), 470);
        assert_eq!(time(Some(100_000), 11, young), 42_480);
    }

    #[test]
    fn the_first_tries_do_not_reach_beyond_the_slot_that_all_wait_for() {
        let edge = at(1_000_000_200);
        let time = |before, asked| {
            let now = at(edge.as_second() - before);
            retry_time(asked, 4, at(1_000_000_000), now).as_second() - edge.as_second()
        };
        assert_eq!(time(79, None), 0);
        assert_eq!(time(5, None), 0);
        // Nearer than that, the one after it; 80 s are less.
        assert_eq!(time(4, None), 76);
        assert_eq!(time(4, Some(Duration::from_secs(20))), 16);
    }

    #[test]
    fn a_message_is_tried_for_all_of_the_14_days_and_less_than_a_thousand_times() {
        // What a cycle takes beyond the waiting: gathering a batch, and a request that fails.
        for overhead_secs in [0, 1, 3, 5, 30, 60, 119] {
            for asked in ASKED {
                let asked = asked.map(Duration::from_secs);
                let sent = at(1_767_323_045);
                let (mut now, mut tries) = (sent, 0);
                while now.as_second() < sent.as_second() + 14 * DAY_SECS {
                    tries += 1;
                    now = after(now, Duration::from_secs(overhead_secs));
                    now = retry_time(asked, tries, sent, now);
                }
                assert!(
                    (900..930).contains(&tries),
                    "{tries} {overhead_secs} {asked:?}"
                );
            }
        }
    }
}
