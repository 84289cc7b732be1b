//! Who has polled the alerts of which directory since when: `state/NAME.ids.json`, which is written by
//! polls and by nobody who writes documents.

use bytes::Bytes;
use drawbridge_config::Tenant;
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
    pub(super) fn is_of(&self, tenant: &Tenant) -> bool {
        self.tenant_id.eq_ignore_ascii_case(&tenant.tenant_id)
            && self.service_sources == tenant.service_sources
    }
}

fn key(name: &str) -> String {
    format!("state/{name}{ENDING}")
}

/// What is noted of a name; `None` if it polled nothing.
pub(super) async fn noted(store: &dyn Store, name: &str) -> Result<Option<FirstPoll>, StoreError> {
    let object = store.get_at_most(&key(name), MAX_BYTES).await?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.body).ok()))
}

/// Since when a document polls what it names; `None` if it polled something else or nothing.
pub(super) async fn of(
    store: &dyn Store,
    tenant: &Tenant,
) -> Result<Option<Timestamp>, StoreError> {
    let noted = noted(store, &tenant.name).await?;
    let noted = noted.filter(|noted| noted.is_of(tenant));
    Ok(noted.map(|noted| noted.since))
}

/// Notes that a document polled what it names, unless that is known.
pub(crate) async fn note(
    store: &dyn Store,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<(), StoreError> {
    if of(store, tenant).await?.is_some() {
        return Ok(());
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
