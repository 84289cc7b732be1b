use std::time::Duration;

use drawbridge_cursor::State;
use drawbridge_store::Store;
use drawbridge_time::Deadline;
use jiff::{SignedDuration, Timestamp};

use crate::memory::SMALL;
use crate::settings::HEARTBEAT_SECS;
use crate::state_object::{change_state_within, head};
use crate::{Ending, LastError, PollError, Report};

/// How long a tenant may go without a poll that ended well before it is reported as overdue.
pub const OVERDUE_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// How long the state of an idle tenant may stay unsaved, so that a successful poll is not recorded.
const UNSAVED: SignedDuration = SignedDuration::from_secs(HEARTBEAT_SECS as i64);

/// So soon after a successful poll, a failure is not noted, since it makes no difference to count from the
/// success.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// How long the last error may be looked for. What it is for is noted in any case.
const LOOKING: Duration = Duration::from_millis(500);

/// Since when no poll of a tenant has ended well, if that is more than half an hour; asked after one
/// that did not, whatever the cause.
///
/// The state says when one last ended well, but an idle tenant's may be an hour old by now. So the
/// first one that does not is noted in it, once, and it counts from there until one ends well. Shortly
/// after a success that is not worth a write: the [`LastError`] says it until then. Where
/// that cannot be noted, it is said an hour later.
///
/// Before the first one, it counts from about the first try: from then on the week is swept. The first
/// failure is noted all the same, so that the state tells a first poll that is under way from one that
/// failed. A state that cannot be read says nothing: that is an error by itself. Nor does one of more than a poll has
/// beside others, an older release's: this is asked of several tenants at once.
pub async fn overdue_since(store: &dyn Store, tenant: &str, now: Timestamp) -> Option<Timestamp> {
    let state = head(store, tenant, SMALL.state_bytes).await.ok()??;
    let first_try = || state.swept.week.into_iter().chain(state.saved).min();
    let (since, longest) = match (state.last_success, failing_since(&state, now)) {
        (None, failure) => {
            // Until then, it may be one long first poll that is under way.
            if failure.is_none() {
                note(store, tenant, now).await;
            }
            (first_try()?, OVERDUE_AFTER)
        }
        (Some(_), Some(failure)) => (failure, OVERDUE_AFTER),
        (Some(success), None) => {
            // A success in the future was noted by a wrong clock, so its time is unknown.
            if success > now || now.duration_since(success) > RECENT {
                note(store, tenant, now).await;
            }
            (success, OVERDUE_AFTER + UNSAVED)
        }
    };
    (now.duration_since(since) > longest).then_some(since)
}

/// Since when polls fail, as the state has it. If that is later than now, or earlier than the last one
/// that ended well, a clock that was wrong noted it, and it is unknown.
fn failing_since(state: &State, now: Timestamp) -> Option<Timestamp> {
    let success = state.last_success.filter(|success| *success <= now);
    state
        .failing_since
        .filter(|failure| *failure <= now && success.is_none_or(|success| success <= *failure))
}

/// Notes in the state since when polls do not end well: since the first of these failures, or since now.
async fn note(store: &dyn Store, tenant: &str, now: Timestamp) {
    let last = Deadline::after(LOOKING).bound(LastError::of(store, tenant));
    let last = last.await.and_then(Result::ok).flatten();
    let noted = change_state_within(store, tenant, SMALL.state_bytes, |state| {
        let first = || last.as_ref()?.failing_since(state.last_success, now);
        let since = failing_since(state, now).or_else(first);
        state.failing_since = since.or(Some(now));
    });
    if let Err(error) = noted.await {
        tracing::warn!(tenant, %error, "it could not be noted since when polls fail");
    }
}

/// Why a poll did not end well; `None` if it did, or if another one did its work.
#[must_use]
pub fn why_not_well(done: Result<&Report, &PollError>) -> Option<String> {
    match done {
        Ok(report) => match report.ending {
            Ending::Postponed(delay) => {
                Some(format!("Graph asks to wait for {} s", delay.as_secs()))
            }
            Ending::Complete | Ending::OutOfTime | Ending::Superseded => None,
        },
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_store::testing::{FaultyStore, Put};

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    /// A tenant's state of which a poll last ended well, and was last saved, at these minutes.
    async fn state(last_success: Option<i64>, saved: i64) -> FaultyStore {
        let store = FaultyStore::default();
        crate::change_state(&store, "t", |state| {
            state.last_success = last_success.map(at);
            state.saved = Some(at(saved));
        })
        .await
        .unwrap();
        store.calls();
        store
    }

    /// Since which minute it is overdue, asked after a poll of that minute that did not end well.
    async fn overdue(store: &FaultyStore, minute: i64) -> Option<i64> {
        let since = overdue_since(store, "t", at(minute)).await;
        since.map(|since| since.as_second() / 60)
    }

    fn writes(store: &FaultyStore) -> usize {
        let calls = store.calls();
        calls.iter().filter(|call| call.starts_with("put")).count()
    }

    #[tokio::test]
    async fn it_is_said_half_an_hour_after_the_first_try_where_none_ended_well() {
        assert_eq!(overdue(&FaultyStore::default(), 1000).await, None);
        let store = state(None, 100).await;
        assert_eq!(overdue(&store, 130).await, None);
        assert_eq!(overdue(&store, 131).await, Some(100));
        assert_eq!(writes(&store), 1, "the first failure");
        // By a clock that is behind.
        assert_eq!(overdue(&store, 40).await, None);
    }

    /// An idle tenant: that it was polled well at minute 160 is not in its state.
    #[tokio::test]
    async fn it_is_said_half_an_hour_after_the_first_failure_however_old_the_state_is() {
        let store = state(Some(100), 100).await;
        for minute in [161, 165, 191] {
            assert_eq!(overdue(&store, minute).await, None, "{minute}");
        }
        assert_eq!(overdue(&store, 192).await, Some(161));
        assert_eq!(writes(&store), 1);
    }

    #[tokio::test]
    async fn a_failure_soon_after_a_poll_that_ended_well_is_not_written() {
        let store = state(Some(100), 100).await;
        assert_eq!(overdue(&store, 105).await, None);
        assert_eq!(writes(&store), 0);
        assert_eq!(overdue(&store, 106).await, None);
        assert_eq!(writes(&store), 1);
        assert_eq!(overdue(&store, 137).await, Some(106));
    }

    /// It said so five minutes too late: the first failures are not noted in the state.
    #[tokio::test]
    async fn polls_fail_since_the_first_failure_and_not_since_it_was_noted() {
        // What notes the error does so before or after.
        for is_before in [true, false] {
            let store = state(Some(100), 100).await;
            let mut writes_of_state = 0;
            for minute in 101..132 {
                let note = LastError::note(&store, "t", "refused", true, at(minute));
                if is_before {
                    note.await;
                    store.calls();
                    assert_eq!(overdue(&store, minute).await, None, "{minute}");
                    writes_of_state += writes(&store);
                } else {
                    assert_eq!(overdue(&store, minute).await, None, "{minute}");
                    writes_of_state += writes(&store);
                    note.await;
                    store.calls();
                }
            }
            assert_eq!(overdue(&store, 132).await, Some(101), "{is_before}");
            assert_eq!(writes_of_state, 1);
        }
    }

    #[tokio::test]
    async fn where_nothing_can_be_noted_it_is_said_an_hour_later() {
        let store = state(Some(100), 100).await;
        store.then_put_if(vec![Put::Fails; 200]);
        let mut said = None;
        for minute in 106..200 {
            said = said.or(overdue(&store, minute).await.map(|since| (since, minute)));
        }
        assert_eq!(said, Some((100, 196)));
    }

    #[tokio::test]
    async fn a_success_that_is_yet_to_come_is_unknown_and_the_first_failure_counts() {
        let store = state(Some(100 + 24 * 60), 100).await;
        for minute in [101, 105, 131] {
            assert_eq!(overdue(&store, minute).await, None, "{minute}");
        }
        assert_eq!(overdue(&store, 132).await, Some(101));
        assert_eq!(writes(&store), 1);
    }

    #[tokio::test]
    async fn a_failure_noted_by_a_clock_that_was_wrong_is_replaced() {
        // By one that was ahead, and by one that was behind.
        for wrong in [100 + 24 * 60, 40] {
            let store = state(Some(100), 100).await;
            crate::change_state(&store, "t", |state| state.failing_since = Some(at(wrong)))
                .await
                .unwrap();
            store.calls();
            for minute in [161, 191] {
                assert_eq!(overdue(&store, minute).await, None, "{wrong} {minute}");
            }
            assert_eq!(overdue(&store, 192).await, Some(161), "{wrong}");
            assert_eq!(writes(&store), 1, "{wrong}");
        }
    }

    #[tokio::test]
    async fn of_a_state_larger_than_a_poll_has_beside_others_it_is_unknown() {
        // As an older release left it.
        let state = r#"{"version":3,"watermark":null,"first_from":null,"saved":null,"outputs":{},
            "last_success":"1970-01-01T01:40:00Z","swept":{"day":null,"week":null},"owed":[]}"#;
        let (store, mut body) = (FaultyStore::default(), state.as_bytes().to_vec());
        for (bytes, said) in [
            (SMALL.state_bytes, Some(100)),
            (SMALL.state_bytes + 1, None),
        ] {
            body.resize(bytes, b' ');
            store.insert(&crate::state_key("t"), body.clone());
            assert_eq!(overdue(&store, 196).await, said, "{bytes}");
        }
        assert_eq!(writes(&store), 0, "nor is there memory to note it");
    }
}
