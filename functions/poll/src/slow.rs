//! Tenants whose polls take long although they end well: while others wait for the process, they are polled
//! behind those.

use std::time::Duration;

use drawbridge_cursor::{Slow, State};
use jiff::{SignedDuration, Timestamp};

/// A poll that takes so long keeps others waiting. With 3,000 tenants in 20 processes each of these has 15
/// batches per minute: with so much time for each, it has done all of them before the next tick.
pub(crate) const LONG: Duration = Duration::from_secs(4);

/// For how long after such a poll the tenant's next ones are taken to be long, too. One that is fast in
/// between changes nothing: who is fast now and then would keep the others waiting as often.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);

/// How often that is noted of a tenant whose polls go on being long: each time is a write.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(30);

/// One try of a first page has 24 seconds as a rule: half of what there is, so that one that hangs leaves
/// time for smaller windows. A poll that takes less than this needs no more for it.
const WITHIN_A_TRY: Duration = Duration::from_secs(20);

/// How a poll went, as far as its time is concerned.
pub(crate) struct Went {
    pub(crate) took: Duration,
    /// Whether that is long.
    pub(crate) is_long: bool,
    /// Whether Graph gave any page.
    pub(crate) has_page: bool,
}

/// Whether a tenant's next poll will take long, by its state.
pub(crate) fn is_slow(state: &State, now: Timestamp) -> bool {
    believed(state, BELIEVED, now).is_some()
}

/// Whether the first page of a tenant's next poll is to have nearly all of its time: in the one before,
/// there was not enough for one try.
pub(crate) fn needs_whole_time(state: &State, now: Timestamp) -> bool {
    believed(state, BELIEVED, now).is_some_and(|slow| slow.whole_time)
}

/// Notes that a poll took long, if it did; whether that is worth saving the state.
pub(crate) fn note(state: &mut State, went: &Went, now: Timestamp) -> bool {
    if !went.is_long {
        return false;
    }
    let had = needs_whole_time(state, now);
    let whole_time = match went.has_page {
        true => had && went.took >= WITHIN_A_TRY,
        // Not twice in a row: where a page never comes, smaller windows have to be tried.
        false => !had,
    };
    let is_news = had != whole_time || believed(state, NOTED_EVERY, now).is_none();
    if is_news {
        state.slow = Some(Slow {
            noted: now,
            whole_time,
        });
    }
    is_news
}

/// What was noted no longer ago than that. What lies ahead was noted by a clock that was wrong.
fn believed(state: &State, longest: SignedDuration, now: Timestamp) -> Option<Slow> {
    let is_since = |noted: Timestamp| noted <= now && now.duration_since(noted) < longest;
    state.slow.filter(|slow| is_since(slow.noted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn took(secs: u64, has_page: bool) -> Went {
        let took = Duration::from_secs(secs);
        Went {
            took,
            is_long: took >= LONG,
            has_page,
        }
    }

    #[test]
    fn a_long_poll_is_noted_twice_an_hour_and_believed_for_one() {
        let mut state = State::default();
        let mut noted = |minute, secs| note(&mut state, &took(secs, true), at(minute));
        assert!(!noted(0, 3));
        let minutes = [0, 1, 29, 30, 31].map(|minute| noted(minute, 4));
        assert_eq!(minutes, [true, false, false, true, false]);
        assert!(!noted(61, 3));
        assert_eq!(
            [29, 30, 89, 90].map(|minute| is_slow(&state, at(minute))),
            [false, true, true, false]
        );
        // By a clock that was ahead: it is noted anew.
        assert!(note(&mut state, &took(4, true), at(2)) && is_slow(&state, at(3)));
        assert!(!is_slow(&State::default(), at(3)));
    }

    #[test]
    fn who_had_no_page_has_more_time_for_it_each_other_time_until_it_comes_soon() {
        let mut state = State::default();
        let mut after = |secs, has_page| {
            let is_news = note(&mut state, &took(secs, has_page), at(1));
            (is_news, needs_whole_time(&state, at(1)))
        };
        assert_eq!(after(53, false), (true, true));
        assert_eq!(after(30, true), (false, true));
        assert_eq!(after(53, false), (true, false));
        assert_eq!(after(53, false), (true, true));
        assert_eq!(after(19, true), (true, false));
        assert_eq!(after(30, true), (false, false));
        assert!(!needs_whole_time(&state, at(61)));
    }
}
