//! What a target will never take is put aside whole, with the reason, and never lost.
//!
//! In the store and not in the dead-letter queue: a message gets there only by being received again
//! and again, carries no reason, and is deleted after 14 days. The object's name comes from the
//! record's key and body, so that putting the same record aside again writes the same object.

use bytes::Bytes;
use drawbridge_store::{Store, StoreError};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::Record;

/// The folder of a target's refused records.
pub(crate) struct Quarantine<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) target: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    tenant: &'a str,
    target: &'a str,
    reason: &'a str,
    alert_id: &'a str,
    key: &'a str,
    format: &'a str,
    record: &'a str,
}

impl Quarantine<'_> {
    /// Writes `quarantine/<tenant>/undeliverable/<digest>.json`.
    pub(crate) async fn put(&self, record: &Record, reason: &str) -> Result<(), StoreError> {
        let Self { store, target } = *self;
        tracing::error!(
            tenant = record.tenant,
            key = record.key,
            target,
            %reason,
            "record put aside"
        );
        let digest = Sha256::new()
            .chain_update(&record.key)
            .chain_update([0])
            .chain_update(&record.body)
            .finalize();
        let place = format!(
            "quarantine/{}/undeliverable/{}.json",
            folder(&record.tenant),
            hex::encode(digest)
        );
        let item = Item {
            tenant: &record.tenant,
            target,
            reason,
            alert_id: &record.alert_id,
            key: &record.key,
            format: &record.format,
            record: &record.body,
        };
        // Strings alone: they always have a JSON form.
        let body = serde_json::to_vec(&item).unwrap_or_default();
        store
            .put(&place, Bytes::from(body), "application/json")
            .await
            .map(drop)
    }
}

/// The tenant's name as a part of a key; what cannot be one has no name.
fn folder(tenant: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let fits = (1..=200).contains(&tenant.len()) && tenant.chars().all(plain);
    if fits && !tenant.starts_with('.') {
        tenant
    } else {
        "unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tenant_names_its_way_out_of_the_folder() {
        assert_eq!(folder("contoso-1"), "contoso-1");
        for odd in ["", "..", "../state", "a/b", "a b", &"x".repeat(201)] {
            assert_eq!(folder(odd), "unknown");
        }
    }
}
