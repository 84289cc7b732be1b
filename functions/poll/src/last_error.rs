//! What ended the last poll of a tenant that did not end well: `state/NAME.error.json`, for whoever
//! looks after many tenants and has no log at hand. No poll goes by it.

use bytes::Bytes;
use drawbridge_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What ends the name of such an object, behind the tenant's.
pub const LAST_ERROR_ENDING: &str = ".error.json";

/// The most bytes of one that are read.
const MAX_BYTES: usize = 16 * 1024;

/// The most characters of an error that are kept.
const MAX_CHARS: usize = 2000;

/// Not more than one is written in this time: a tenant that is refused is polled once a minute.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// Why a poll did not end well, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When it ended.
    pub at: Timestamp,
    /// What happened and what to do. Never a secret, a token or anything of an alert.
    pub error: String,
}

impl LastError {
    /// What is noted of a tenant; `None` where nothing is, or nothing of use.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of(store: &dyn Store, tenant: &str) -> Result<Option<Self>, StoreError> {
        match store.get_at_most(&key(tenant), MAX_BYTES).await {
            Err(StoreError::TooLarge { .. }) => Ok(None),
            object => Ok(object?.and_then(|object| serde_json::from_slice(&object.body).ok())),
        }
    }

    /// Notes that a poll of `tenant` did not end well, unless that was noted a short while ago.
    /// What cannot be noted is logged: it is no reason for anything to fail.
    pub async fn note(store: &dyn Store, tenant: &str, error: &str, now: Timestamp) {
        let error: String = error.chars().take(MAX_CHARS).collect();
        let noted = async {
            let before = Self::of(store, tenant).await?;
            let age = before.map(|before| now.duration_since(before.at));
            if age.is_some_and(|age| !age.is_negative() && age < AGAIN) {
                return Ok(());
            }
            let body = serde_json::json!(Self { at: now, error }).to_string();
            let key = key(tenant);
            let put = store.put(&key, Bytes::from(body), "application/json");
            put.await.map(drop)
        };
        let noted: Result<(), StoreError> = noted.await;
        if let Err(error) = noted {
            tracing::warn!(tenant, %error, "it could not be noted why a poll failed");
        }
    }
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

    #[tokio::test]
    async fn an_error_is_written_once_in_five_minutes() {
        let store = FaultyStore::default();
        assert_eq!(LastError::of(&store, "t").await.unwrap(), None);
        for (minute, error, noted) in [
            (1, "refused", (1, "refused")),
            (5, "no network", (1, "refused")),
            (6, "no network", (6, "no network")),
            // By a clock that is behind.
            (3, "refused", (3, "refused")),
        ] {
            LastError::note(&store, "t", error, at(minute)).await;
            let last = LastError::of(&store, "t").await.unwrap().unwrap();
            let (minute, error) = noted;
            assert_eq!((last.at, &*last.error), (at(minute), error));
        }
        assert_eq!(LastError::of(&store, "other").await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_such_note_is_none_and_is_written_over() {
        let store = FaultyStore::default();
        for body in ["MARKER".to_owned(), "x".repeat(MAX_BYTES + 1)] {
            store.put(&key("t"), body.into(), "").await.unwrap();
            assert_eq!(LastError::of(&store, "t").await.unwrap(), None);
        }
        LastError::note(&store, "t", &"é".repeat(5000), at(1)).await;
        let last = LastError::of(&store, "t").await.unwrap().unwrap();
        assert_eq!(last.error.chars().count(), MAX_CHARS);
    }
}
