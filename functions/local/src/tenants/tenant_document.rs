use std::collections::{HashMap, HashSet};

use drawbridge_config::{ConfigError, Document, Tenant, documents, read_document};
use drawbridge_poll::assembly::Services;
use drawbridge_poll::state_key;
use drawbridge_store::{Catalogue, ETag};
use futures::{StreamExt as _, stream};

use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Documents that are read at once.
const AT_ONCE: usize = 16;

/// The folder of the states.
const STATES: &str = "state/";

/// A tenant's document, and the tenant that it describes.
pub(crate) struct TenantDocument {
    pub(crate) document: Document,
    pub(crate) tenant: Result<Tenant, ConfigError>,
    /// The version that was read; none where it could not be.
    pub(crate) etag: Option<ETag>,
}

/// Reads all documents of a store, in the order of their names. One that is removed meanwhile is
/// left out, and one that cannot be read is among them with its trouble: it is no reason to leave the
/// others alone.
pub(crate) async fn tenant_documents(
    store: &dyn Catalogue,
) -> Result<Vec<TenantDocument>, Failure> {
    let documents = documents(store).await.map_err(Failure::of)?;
    let found: Vec<Option<TenantDocument>> = stream::iter(documents)
        .map(|document| read(store, document))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(found.into_iter().flatten().collect())
}

async fn read(store: &dyn Catalogue, document: Document) -> Option<TenantDocument> {
    let (tenant, etag) = match read_document(store, &document.name, &document.key).await {
        Ok(None) => return None,
        Ok(Some((tenant, etag))) => (tenant, Some(etag)),
        Err(error) => (Err(error), None),
    };
    Some(TenantDocument {
        document,
        tenant,
        etag,
    })
}

/// Which of `found` are not polled although they are not paused, or would not be, and why: by name.
pub(crate) async fn refused(
    found: &[TenantDocument],
    place: &DataLocation,
    services: &Services,
) -> HashMap<String, ConfigError> {
    let mut refused = HashMap::new();
    let mut polled = Vec::new();
    for found in found {
        let admitted = match &found.tenant {
            Ok(tenant) => check_name(tenant, place)
                .and(services.admit(tenant).await)
                .map(|_| tenant),
            Err(error) => Err(error.clone()),
        };
        match admitted {
            Ok(tenant) if !found.document.is_paused => polled.push(tenant),
            Ok(_) => {}
            Err(error) => {
                refused.insert(found.document.name.clone(), error);
            }
        }
    }
    refused.extend(duplicates(polled, place.store.as_ref()).await);
    refused
}

/// Checks that it is called as nothing else is in this place.
pub(super) fn check_name(tenant: &Tenant, place: &DataLocation) -> Result<(), ConfigError> {
    match place.as_folder() {
        Some(_) => crate::outputs::check_name(tenant),
        None => Ok(()),
    }
}

/// Those that poll the same alerts as another one. The other is one that was polled before, if there
/// is one, so that no new document takes its place; else it is the first by name.
async fn duplicates(polled: Vec<&Tenant>, store: &dyn Catalogue) -> HashMap<String, ConfigError> {
    let mut alike: HashMap<(String, &[String]), Vec<&Tenant>> = HashMap::new();
    for tenant in polled {
        let id = tenant.tenant_id.to_ascii_lowercase();
        let alike = alike.entry((id, &tenant.service_sources)).or_default();
        alike.push(tenant);
    }
    alike.retain(|_, alike| alike.len() > 1);
    let mut duplicates = HashMap::new();
    if alike.is_empty() {
        return duplicates;
    }
    // Where they cannot be listed, each poll says so by itself.
    let states = store.list(STATES).await.unwrap_or_default();
    let states: HashSet<&str> = states.iter().map(String::as_str).collect();
    for mut alike in alike.into_values() {
        alike.sort_by_key(|tenant| !states.contains(state_key(&tenant.name).as_str()));
        let (first, others) = alike.split_at(1);
        for tenant in others {
            let both = [first[0].clone(), (*tenant).clone()];
            if let Err(error) = Tenant::check_together(&both) {
                duplicates.insert(tenant.name.clone(), error);
            }
        }
    }
    duplicates
}

/// The failure that there is no such tenant, with the names that there are.
pub(crate) fn unknown(name: &str, found: &[TenantDocument], place: &str) -> Failure {
    let names: Vec<&str> = found.iter().map(|f| f.document.name.as_str()).collect();
    let there = match names.as_slice() {
        [] => "there is none at all: add one with `drawbridge tenants add`".to_owned(),
        names if names.len() > 20 => {
            format!("there are {}; see `drawbridge tenants list`", names.len())
        }
        names => format!("there is {}", names.join(", ")),
    };
    Failure::of(format!("no tenant is called {name:?} in {place}; {there}"))
}
