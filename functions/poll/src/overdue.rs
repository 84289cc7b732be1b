use drawbridge_store::Store;
use jiff::{SignedDuration, Timestamp};

use crate::saved_state::head;
use crate::{Ending, PollError, Report};

/// How long a tenant may be without a poll that ended well until that is said.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// Since when no poll of a tenant has ended well, if that is more than half an hour; asked after one
/// that did not, whatever the cause.
///
/// Before the first one, it counts from about the first try: from then on the week is swept. A state
/// that cannot be read says nothing: that is an error by itself.
pub async fn overdue_since(store: &dyn Store, tenant: &str, now: Timestamp) -> Option<Timestamp> {
    let state = head(store, tenant).await.ok()??;
    let first_try = state.swept.week.into_iter().chain(state.saved).min();
    let since = state.last_success.or(first_try)?;
    (now.duration_since(since) > LONGEST).then_some(since)
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
    use drawbridge_store::LocalStore;

    use super::*;

    #[tokio::test]
    async fn it_is_said_after_half_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let overdue = async |now| overdue_since(&store, "t", at(now)).await;
        assert_eq!(overdue(1000).await, None, "nothing is known of it");
        for (last_success, saved, since) in [(None, 100, 100), (Some(90), 120, 90)] {
            crate::change_state(&store, "t", |state| {
                state.last_success = last_success.map(at);
                state.saved = Some(at(saved));
            })
            .await
            .unwrap();
            assert_eq!(overdue(since + 30).await, None);
            assert_eq!(overdue(since + 31).await, Some(at(since)));
            // By a clock that is behind.
            assert_eq!(overdue(since - 60).await, None);
        }
    }
}
