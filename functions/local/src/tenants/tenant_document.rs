use std::collections::HashMap;

use drawbridge_config::{ConfigError, Document, Tenant, documents, parse};
use drawbridge_store::{Catalogue, ETag};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::failure::Failure;

/// Documents that are read at once.
const AT_ONCE: usize = 16;

/// A tenant's document, and the tenant that it describes.
pub(crate) struct TenantDocument {
    pub(crate) document: Document,
    pub(crate) tenant: Result<Tenant, ConfigError>,
    /// The version that was read.
    pub(crate) etag: ETag,
}

/// Reads all documents of a store, in the order of their names. One that is removed meanwhile is
/// left out.
pub(crate) async fn tenant_documents(
    store: &dyn Catalogue,
) -> Result<Vec<TenantDocument>, Failure> {
    let documents = documents(store).await.map_err(Failure::of)?;
    let found: Vec<Option<TenantDocument>> = stream::iter(documents)
        .map(|document| read(store, document))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

async fn read(
    store: &dyn Catalogue,
    document: Document,
) -> Result<Option<TenantDocument>, Failure> {
    let object = store.get(&document.key).await.map_err(Failure::of)?;
    Ok(object.map(|object| TenantDocument {
        tenant: parse(&document.name, &document.key, &object.body),
        etag: object.etag,
        document,
    }))
}

/// The tenants that poll the same alerts as one before them, by name, with what is wrong. Paused ones
/// do not poll.
pub(crate) fn duplicate_tenants(found: &[TenantDocument]) -> HashMap<String, ConfigError> {
    let mut first: HashMap<(String, &[String]), &Tenant> = HashMap::new();
    let mut duplicates = HashMap::new();
    let polled = found.iter().filter(|found| !found.document.is_paused);
    for tenant in polled.filter_map(|found| found.tenant.as_ref().ok()) {
        let id = tenant.tenant_id.to_ascii_lowercase();
        let other = *first.entry((id, &tenant.service_sources)).or_insert(tenant);
        let both = [other.clone(), tenant.clone()];
        if other.name != tenant.name
            && let Err(error) = Tenant::check_together(&both)
        {
            duplicates.insert(tenant.name.clone(), error);
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
