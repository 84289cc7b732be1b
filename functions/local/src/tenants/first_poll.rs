//! Who has polled the alerts of which directory since when: `state/NAME.ids.json`, which is written by
//! polls and by nobody who writes documents.

use bytes::Bytes;
use drawbridge_config::{PolledAlerts, Tenant};
use drawbridge_store::{Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What ends the name of such an object, behind the tenant's.
pub(crate) const ENDING: &str = ".ids.json";

/// How many alerts of different directories or products are noted of a name.
const MAX_NOTED: usize = 16;

/// The most bytes of one: each of these comes from a document of 64 KiB at most.
const MAX_BYTES: usize = MAX_NOTED * 128 * 1024;

/// Whose alerts were polled under a name, and since when.
#[derive(Serialize, Deserialize)]
struct FirstPoll {
    tenant_id: String,
    service_sources: Vec<String>,
    since: Timestamp,
}

impl FirstPoll {
    fn is_of(&self, alerts: &PolledAlerts) -> bool {
        PolledAlerts::of(&self.tenant_id, &self.service_sources) == *alerts
    }
}

/// All that was polled under a name, the oldest first: a document that is changed for a while and back
/// has its place again.
#[derive(Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(super) struct FirstPolls(Vec<FirstPoll>);

/// How it is stored, and how it was before it was a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    List(Vec<FirstPoll>),
    One(FirstPoll),
}

impl From<Stored> for FirstPolls {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::List(polls) => Self(polls),
            Stored::One(poll) => Self(vec![poll]),
        }
    }
}

impl FirstPolls {
    /// Since when these alerts are polled; `None` if they never were.
    pub(super) fn since(&self, alerts: &PolledAlerts) -> Option<Timestamp> {
        let of = self.0.iter().filter(|poll| poll.is_of(alerts));
        of.map(|poll| poll.since).min()
    }

    /// One more. Where there is no room, the last one before it is forgotten: who has polled for
    /// longest keeps the place.
    fn add(&mut self, poll: FirstPoll) {
        self.0.truncate(MAX_NOTED - 1);
        self.0.push(poll);
    }
}

/// Why it cannot be told what was polled under a name. It may have been anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FirstPollError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was read, and says nothing.
    #[error(
        "{key} is damaged: remove it, and where several documents name the same tenant id and \
         products, let the administrator say by `drawbridge tenants allow NAME` which of them is polled"
    )]
    Damaged {
        /// Its key.
        key: String,
    },
}

/// The key of what is noted of a name.
pub(super) fn key(name: &str) -> String {
    format!("state/{name}{ENDING}")
}

/// What is noted of a name; `None` if it polled nothing.
pub(super) async fn noted(
    store: &dyn Store,
    name: &str,
) -> Result<Option<FirstPolls>, FirstPollError> {
    let key = key(name);
    let Some(object) = store.get_at_most(&key, MAX_BYTES).await? else {
        return Ok(None);
    };
    match serde_json::from_slice::<FirstPolls>(&object.body) {
        Ok(noted) if !noted.0.is_empty() => Ok(Some(noted)),
        _ => Err(FirstPollError::Damaged { key }),
    }
}

/// Since when a document polls what it names; `None` if it polled something else or nothing.
pub(super) async fn of(
    store: &dyn Store,
    tenant: &Tenant,
) -> Result<Option<Timestamp>, FirstPollError> {
    let noted = noted(store, &tenant.name).await?;
    Ok(noted.and_then(|noted| noted.since(&tenant.polled_alerts())))
}

/// Notes that a document polled what it names, unless that is known. A note that is damaged is written
/// anew: it was polled, and so nobody else claims these alerts.
pub(crate) async fn note(
    store: &dyn Store,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut noted = match noted(store, &tenant.name).await {
        Ok(noted) => noted.unwrap_or_default(),
        Err(FirstPollError::Damaged { .. }) => FirstPolls::default(),
        Err(FirstPollError::Store(error)) => return Err(error),
    };
    if noted.since(&tenant.polled_alerts()).is_some() {
        return Ok(());
    }
    noted.add(FirstPoll {
        tenant_id: tenant.tenant_id.clone(),
        service_sources: tenant.service_sources.clone(),
        since: now,
    });
    let (key, body) = (key(&tenant.name), serde_json::json!(noted).to_string());
    let put = store.put(&key, Bytes::from(body), "application/json");
    put.await.map(drop)
}

#[cfg(test)]
mod tests {
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    fn tenant(id: usize) -> Tenant {
        let text = format!(
            "tenant_id = \"00000000-0000-0000-0000-0000000000{id:02}\"\n\
             client_id = \"00000000-0000-0000-0000-0000000000ab\"\nsecret = \"A_SECRET\"\n\
             service_sources = []\n"
        );
        drawbridge_config::parse("a", "tenants/a.toml", text.as_bytes()).unwrap()
    }

    fn time(secs: usize) -> Timestamp {
        Timestamp::from_second(i64::try_from(secs).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn it_was_one_object_and_is_a_list_with_an_end() {
        let store = FaultyStore::default();
        let one = r#"{"tenant_id":"00000000-0000-0000-0000-000000000000","service_sources":[],
            "since":"1970-01-01T00:00:00Z"}"#;
        store.insert("state/a.ids.json", one);
        for id in 1..40 {
            note(&store, &tenant(id), time(id)).await.unwrap();
        }
        let mut kept = Vec::new();
        for id in 0..40 {
            let since = of(&store, &tenant(id)).await.unwrap();
            assert!(since.is_none_or(|since| since == time(id)));
            kept.extend(since.map(|_| id));
        }
        let oldest = (0..MAX_NOTED - 1).chain([39]);
        assert_eq!(kept, oldest.collect::<Vec<_>>());
    }
}
