//! Why the last failed poll of a tenant failed: `state/NAME.error.json`, for operators of many tenants who have no
//! log at hand. Polls themselves do not use it.

use bytes::Bytes;
use drawbridge_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lasting::is_same_kind;
use crate::memory::SMALL;
use crate::state_object::head;

/// How the name of such an object ends, after the tenant's name.
pub const LAST_ERROR_ENDING: &str = ".error.json";

/// The most bytes of one that are read.
const MAX_BYTES: usize = 16 * 1024;

/// The most characters of an error that are kept.
const MAX_CHARS: usize = 2000;

/// The same error is not written again within this time, since a refused tenant is polled once a minute.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// An error that was noted longer ago than this is not what polls fail for now: while they fail, it is noted anew
/// every five minutes.
const NEWS: SignedDuration = SignedDuration::from_mins(10);

/// Why a poll did not end well, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When it ended.
    pub at: Timestamp,
    /// When the first of the polls ended that have failed since then, if that was not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What happened and what to do. Never a secret, a token or anything of an alert.
    pub error: String,
    /// Whether a later poll may succeed without anyone intervening, as after a throttling.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retryable: bool,
    /// When a poll ended well after it, if that was noted: the state of an idle tenant is saved too rarely to
    /// say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Timestamp>,
}

impl LastError {
    /// The note of a tenant; `None` if there is none, or none of use.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of(store: &dyn Store, tenant: &str) -> Result<Option<Self>, StoreError> {
        match store.get_at_most(&key(tenant), MAX_BYTES).await {
            Err(StoreError::TooLarge { .. }) => Ok(None),
            object => Ok(object?.and_then(|object| serde_json::from_slice(&object.body).ok())),
        }
    }

    /// Notes that a poll of `tenant` did not end well, unless the same was noted a short while ago and no
    /// poll is known to have ended well since. What cannot be noted is logged: it is no reason for anything
    /// to fail. `is_retryable` says whether a later poll may succeed by itself.
    pub async fn note(
        store: &dyn Store,
        tenant: &str,
        error: &str,
        is_retryable: bool,
        now: Timestamp,
    ) {
        let error: String = error.chars().take(MAX_CHARS).collect();
        let noted = async {
            let mut since = None;
            if let Some(before) = Self::of(store, tenant).await?
                && before.is_news(now)
                && !read_whether_succeeded(store, tenant, before.at, now).await?
            {
                if before.is_same(&error, now) {
                    return Ok(());
                }
                since = before.failing_since(None, now);
            }
            let body = serde_json::json!(Self {
                at: now,
                since,
                error,
                is_retryable,
                over: None
            })
            .to_string();
            let key = key(tenant);
            let put = store.put(&key, Bytes::from(body), "application/json");
            put.await.map(drop)
        };
        let noted: Result<(), StoreError> = noted.await;
        if let Err(error) = noted {
            tracing::warn!(tenant, %error, "it could not be noted why a poll failed");
        }
    }

    /// Notes that a poll of `tenant` ended well, if an error is noted that is not over; whether none is left.
    /// It costs a request to the store, so it is for whoever has noted an error or does not know of any.
    pub async fn note_over(store: &dyn Store, tenant: &str, now: Timestamp) -> bool {
        let noted = async {
            let key = key(tenant);
            let Some(object) = store.get_at_most(&key, MAX_BYTES).await? else {
                return Ok(());
            };
            let last = serde_json::from_slice::<Self>(&object.body).ok();
            let Some(last) = last.filter(|last| last.over.is_none() && last.at <= now) else {
                return Ok(());
            };
            let body = serde_json::json!(Self {
                over: Some(now),
                ..last
            })
            .to_string();
            let etag = Some(&object.etag);
            let put = store.put_if(&key, Bytes::from(body), "application/json", etag);
            put.await.map(drop)
        };
        match noted.await {
            Ok(()) => true,
            Err(StoreError::Conflict { .. }) => false,
            Err(error) => {
                tracing::debug!(tenant, %error, "that polls end well again could not be noted");
                false
            }
        }
    }

    /// Since when polls have failed, where one last ended well at `success`; `None` if it is not known that they
    /// still do.
    #[must_use]
    pub fn failing_since(&self, success: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let success = success.filter(|success| *success <= now);
        let is_after = |time: &Timestamp| success.is_none_or(|success| success < *time);
        if !self.is_news(now) || !is_after(&self.at) {
            return None;
        }
        let since = self.since.filter(|since| *since <= self.at);
        Some(since.filter(is_after).unwrap_or(self.at))
    }

    /// Whether it is recent, and not over.
    fn is_news(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.at);
        self.over.is_none() && !age.is_negative() && age <= NEWS
    }

    /// Whether it is a note of the same error, and recent enough to stand for it.
    fn is_same(&self, error: &str, now: Timestamp) -> bool {
        now.duration_since(self.at) < AGAIN && is_same_kind(&self.error, error)
    }
}

/// Reads from the state whether a poll has ended well since then, so that the earlier note is over.
async fn read_whether_succeeded(
    store: &dyn Store,
    tenant: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = head(store, tenant, SMALL.state_bytes).await?;
    let success = state.and_then(|state| state.last_success);
    Ok(success.is_some_and(|success| (since..=now).contains(&success)))
}

fn key(tenant: &str) -> String {
    format!("state/{tenant}{LAST_ERROR_ENDING}")
}

#[cfg(test)]
mod tests {
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn writes(store: &FaultyStore) -> usize {
        let calls = store.calls();
        calls.iter().filter(|call| call.starts_with("put")).count()
    }

    #[tokio::test]
    async fn an_error_that_lasts_is_written_once_in_five_minutes() {
        let store = FaultyStore::default();
        assert_eq!(LastError::of(&store, "t").await.unwrap(), None);
        for (minute, error, noted) in [
            (1, "HTTP 503, wait for 9 s", (1, "HTTP 503, wait for 9 s")),
            (5, "HTTP 503, wait for 8 s", (1, "HTTP 503, wait for 9 s")),
            (6, "HTTP 503, wait for 7 s", (6, "HTTP 503, wait for 7 s")),
            // Another one is news at once.
            (7, "the secret is wrong", (7, "the secret is wrong")),
            (8, "the secret is wrong", (7, "the secret is wrong")),
            // By a clock that is behind.
            (3, "the secret is wrong", (3, "the secret is wrong")),
        ] {
            LastError::note(&store, "t", error, false, at(minute)).await;
            let last = LastError::of(&store, "t").await.unwrap().unwrap();
            let (minute, error) = noted;
            assert_eq!((last.at, &*last.error), (at(minute), error));
        }
        assert_eq!(writes(&store), 4);
        assert_eq!(LastError::of(&store, "other").await.unwrap(), None);
    }

    #[tokio::test]
    async fn after_a_poll_that_ended_well_the_same_error_is_written_again() {
        let store = FaultyStore::default();
        let success = async |minute| {
            let change = |state: &mut drawbridge_cursor::State| {
                state.last_success = Some(at(minute));
            };
            crate::change_state(&store, "t", change).await.unwrap();
            store.calls();
        };
        let note = async |minute| LastError::note(&store, "t", "refused", false, at(minute)).await;
        success(1).await;
        note(2).await;
        assert_eq!(writes(&store), 1);
        note(3).await;
        assert_eq!(writes(&store), 0, "the success was before");
        success(4).await;
        note(5).await;
        assert_eq!(writes(&store), 1);
        let last = LastError::of(&store, "t").await.unwrap().unwrap();
        assert_eq!(last.at, at(5));
        // By a clock that was ahead: it is unknown when that was.
        success(100).await;
        note(6).await;
        assert_eq!(writes(&store), 0);
    }

    /// However often it is noted anew, and whatever the cause is by then.
    #[tokio::test]
    async fn it_is_kept_since_when_polls_fail() {
        let store = FaultyStore::default();
        let since = async |minute| {
            let last = LastError::of(&store, "t").await.unwrap().unwrap();
            let since = last.failing_since(None, at(minute));
            since.map(|since| since.as_second() / 60)
        };
        for (minute, error) in [
            (1, "refused"),
            (6, "refused"),
            (7, "throttled"),
            (17, "refused"),
        ] {
            LastError::note(&store, "t", error, false, at(minute)).await;
            assert_eq!(since(minute).await, Some(1), "{minute}");
        }
        assert_eq!(writes(&store), 4);
        // It may have been over since then, and nobody may have noted that.
        assert_eq!(since(28).await, None);
        LastError::note(&store, "t", "refused", false, at(28)).await;
        assert_eq!(since(28).await, Some(28));
        // By a clock that is behind.
        assert_eq!(since(27).await, None);
        assert!(LastError::note_over(&store, "t", at(30)).await);
        assert_eq!(since(30).await, None);
        LastError::note(&store, "t", "refused", false, at(31)).await;
        assert_eq!(since(31).await, Some(31));
    }

    #[test]
    fn polls_fail_from_after_the_last_one_that_ended_well() {
        let last = LastError {
            at: at(10),
            since: Some(at(5)),
            error: String::new(),
            is_retryable: true,
            over: None,
        };
        for (success, since) in [
            (None, Some(5)),
            (Some(4), Some(5)),
            (Some(7), Some(10)),
            (Some(11), None),
            // By a clock that was ahead.
            (Some(100), Some(5)),
        ] {
            let failing = last.failing_since(success.map(at), at(12));
            assert_eq!(failing, since.map(at), "{success:?}");
        }
    }

    #[tokio::test]
    async fn an_error_is_over_once_a_poll_has_ended_well() {
        let store = FaultyStore::default();
        assert!(LastError::note_over(&store, "t", at(1)).await);
        LastError::note(&store, "t", "refused", false, at(2)).await;
        assert_eq!(writes(&store), 1);
        for minute in [3, 4] {
            assert!(LastError::note_over(&store, "t", at(minute)).await);
            let last = LastError::of(&store, "t").await.unwrap().unwrap();
            assert_eq!((last.at, last.over), (at(2), Some(at(3))));
        }
        assert_eq!(writes(&store), 1);
        // The same once more is news.
        LastError::note(&store, "t", "refused", false, at(4)).await;
        let last = LastError::of(&store, "t").await.unwrap().unwrap();
        assert_eq!((last.at, last.over), (at(4), None));
    }

    #[tokio::test]
    async fn what_is_no_such_note_is_none_and_is_written_over() {
        let store = FaultyStore::default();
        for body in ["MARKER".to_owned(), "x".repeat(MAX_BYTES + 1)] {
            store.put(&key("t"), body.into(), "").await.unwrap();
            assert_eq!(LastError::of(&store, "t").await.unwrap(), None);
        }
        LastError::note(&store, "t", &"é".repeat(5000), false, at(1)).await;
        let last = LastError::of(&store, "t").await.unwrap().unwrap();
        assert_eq!(last.error.chars().count(), MAX_CHARS);
    }
}
