//! Which tenant has polled the alerts of which directory, and since when: `state/NAME.ids.json`. Polls write it;
//! whoever may only write documents cannot.

use bytes::Bytes;
use drawbridge_config::{PolledAlerts, Tenant};
use drawbridge_store::{ETag, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::state_says::state_says;

/// What ends the name of such an object, behind the tenant's.
pub(crate) const ENDING: &str = ".ids.json";

/// How many alerts of different directories or products are noted of a name.
const MAX_NOTED: usize = 16;

/// The most bytes of one: each of these comes from a document of 64 KiB at most.
const MAX_BYTES: usize = MAX_NOTED * 128 * 1024;

/// Whose alerts were polled under a name, and since when.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// Everything that was polled under a name, the oldest first. A document that is changed and later changed back
/// has its old claim again.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstPolls {
    polls: Vec<FirstPoll>,
    /// When a tenant of this name was last removed. What was polled before does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removed: Option<Timestamp>,
}

impl FirstPolls {
    /// Since when these alerts are polled; `None` if they never were.
    pub(super) fn since(&self, alerts: &PolledAlerts) -> Option<Timestamp> {
        let of = self.polls.iter().filter(|poll| poll.is_of(alerts));
        of.map(|poll| poll.since).min()
    }

    /// Whether a tenant of this name was ever removed.
    pub(super) fn is_of_a_removed_one(&self) -> bool {
        self.removed.is_some()
    }

    /// Whether a tenant of this name was removed, and none of it was polled since.
    pub(super) fn is_empty(&self) -> bool {
        self.polls.is_empty()
    }

    /// Adds a poll. If there is no room, the latest one before it is forgotten, so that the oldest claims stay.
    fn add(&mut self, poll: FirstPoll) {
        self.polls.truncate(MAX_NOTED - 1);
        self.polls.push(poll);
    }
}

/// Why it is unknown what was polled under a name. It may have been any alerts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FirstPollError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The note is damaged.
    #[error(
        "{key} is damaged: where several documents name the same tenant id and products, pause or \
         remove all but one, or let the administrator decide which of them is polled (see `drawbridge \
         tenants allow --help`); the next poll that ends well writes it anew"
    )]
    Damaged {
        /// Its key.
        key: String,
    },
    /// Others kept writing it at the same time.
    #[error("{key} was written by others meanwhile: run this again")]
    Conflict {
        /// Its key.
        key: String,
    },
}

/// The key of what is noted of a name.
pub(super) fn key(name: &str) -> String {
    format!("state/{name}{ENDING}")
}

/// What is noted of a name; `None` if nothing is.
pub(super) async fn noted(
    store: &dyn Store,
    name: &str,
) -> Result<Option<FirstPolls>, FirstPollError> {
    let (noted, _) = version(store, name).await?;
    noted.transpose()
}

/// What is noted, or that it is damaged, and the version that was read.
type Version = (Option<Result<FirstPolls, FirstPollError>>, Option<ETag>);

async fn version(store: &dyn Store, name: &str) -> Result<Version, FirstPollError> {
    let key = key(name);
    let Some(object) = store.get_at_most(&key, MAX_BYTES).await? else {
        return Ok((None, None));
    };
    let noted = match serde_json::from_slice::<FirstPolls>(&object.body) {
        Ok(noted) if noted.removed.is_some() || !noted.polls.is_empty() => Ok(noted),
        _ => Err(FirstPollError::Damaged { key }),
    };
    Ok((Some(noted), Some(object.etag)))
}

/// No poll takes longer. A removal that lies further ahead was noted by a wrong clock.
const LONGEST_POLL: SignedDuration = SignedDuration::from_hours(24);

/// Notes that the alerts of a document, as it was read at `begun`, were polled, unless that is known. A damaged
/// note is replaced: the tenant was polled, so no other tenant has a claim to these alerts.
pub(crate) async fn note(
    store: &dyn Store,
    tenant: &Tenant,
    begun: Timestamp,
) -> Result<(), FirstPollError> {
    let alerts = tenant.polled_alerts();
    let (noted, etag) = version(store, &tenant.name).await?;
    let mut noted = noted.and_then(Result::ok).unwrap_or_default();
    // The polled tenant was removed meanwhile.
    let is_late = noted
        .removed
        .is_some_and(|removed| begun <= removed && removed.duration_since(begun) < LONGEST_POLL);
    if is_late || noted.since(&alerts).is_some() {
        return Ok(());
    }
    // Where the note was lost, it is not the first poll.
    let since = match noted.is_of_a_removed_one() {
        true => None,
        false => state_says(store, &tenant.name).await.ok(),
    };
    let since = since.and_then(|state| state.since(&alerts));
    noted.add(FirstPoll {
        tenant_id: tenant.tenant_id.clone(),
        service_sources: tenant.service_sources.clone(),
        since: since.map_or(begun, |since| since.min(begun)),
    });
    match put(store, &tenant.name, &noted, etag.as_ref()).await {
        // Another process wrote the note first, and the next poll reads that.
        Err(FirstPollError::Conflict { .. }) => Ok(()),
        put => put,
    }
}

/// How often writing is tried again if others write the note at the same time.
const TRIES: usize = 20;

/// Notes that the tenant was removed at `now`: nothing that was polled under its name counts any more, nor does a
/// poll that was under way then.
pub(super) async fn note_removed(
    store: &dyn Store,
    name: &str,
    now: Timestamp,
) -> Result<(), FirstPollError> {
    let noted = FirstPolls {
        polls: Vec::new(),
        removed: Some(now),
    };
    for _ in 0..TRIES {
        let (_, etag) = version(store, name).await?;
        match put(store, name, &noted, etag.as_ref()).await {
            Err(FirstPollError::Conflict { .. }) => {}
            put => return put,
        }
    }
    Err(FirstPollError::Conflict { key: key(name) })
}

async fn put(
    store: &dyn Store,
    name: &str,
    noted: &FirstPolls,
    expected: Option<&ETag>,
) -> Result<(), FirstPollError> {
    let (key, body) = (key(name), serde_json::json!(noted).to_string());
    let put = store.put_if(&key, Bytes::from(body), "application/json", expected);
    match put.await {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict { .. }) => Err(FirstPollError::Conflict { key }),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[path = "first_poll_tests.rs"]
mod tests;
