//! Who has polled the alerts of which directory since when: `state/NAME.ids.json`, which is written by
//! polls and by nobody who writes documents.

use bytes::Bytes;
use drawbridge_config::{PolledAlerts, Tenant};
use drawbridge_store::{Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What ends the name of such an object, behind the tenant's.
pub(crate) const ENDING: &str = ".ids.json";

/// The most bytes of one.
const MAX_BYTES: usize = 64 * 1024;

/// Whose alerts were polled under a name, and since when.
#[derive(Serialize, Deserialize)]
pub(super) struct FirstPoll {
    tenant_id: String,
    service_sources: Vec<String>,
    pub(super) since: Timestamp,
}

impl FirstPoll {
    pub(super) fn is_of(&self, alerts: &PolledAlerts) -> bool {
        PolledAlerts::of(&self.tenant_id, &self.service_sources) == *alerts
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

fn key(name: &str) -> String {
    format!("state/{name}{ENDING}")
}

/// What is noted of a name; `None` if it polled nothing.
pub(super) async fn noted(
    store: &dyn Store,
    name: &str,
) -> Result<Option<FirstPoll>, FirstPollError> {
    let key = key(name);
    let object = store.get_at_most(&key, MAX_BYTES).await?;
    let noted = object.map(|object| serde_json::from_slice(&object.body));
    noted
        .transpose()
        .map_err(|_| FirstPollError::Damaged { key })
}

/// Since when a document polls what it names; `None` if it polled something else or nothing.
pub(super) async fn of(
    store: &dyn Store,
    tenant: &Tenant,
) -> Result<Option<Timestamp>, FirstPollError> {
    let noted = noted(store, &tenant.name).await?;
    let noted = noted.filter(|noted| noted.is_of(&tenant.polled_alerts()));
    Ok(noted.map(|noted| noted.since))
}

/// Notes that a document polled what it names, unless that is known. A note that is damaged is written
/// anew: it was polled, and so nobody else claims these alerts.
pub(crate) async fn note(
    store: &dyn Store,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<(), StoreError> {
    match of(store, tenant).await {
        Ok(Some(_)) => return Ok(()),
        Ok(None) | Err(FirstPollError::Damaged { .. }) => {}
        Err(FirstPollError::Store(error)) => return Err(error),
    }
    let noted = FirstPoll {
        tenant_id: tenant.tenant_id.clone(),
        service_sources: tenant.service_sources.clone(),
        since: now,
    };
    let (key, body) = (key(&tenant.name), serde_json::json!(noted).to_string());
    let put = store.put(&key, Bytes::from(body), "application/json");
    put.await.map(drop)
}
