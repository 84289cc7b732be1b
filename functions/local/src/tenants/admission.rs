//! Which documents are polled, and why the others are not: each looked at once, by what the function or
//! a poll would go by.

use std::collections::HashMap;

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::{AdministratorsList, Admitted, Services};
use drawbridge_store::Catalogue;

pub(crate) use super::duplicate_tenants::Failures;
use super::duplicate_tenants::{Absent, DuplicateTenants};
use super::first_poll;
use super::tenant_document::TenantDocument;
use crate::data_location::DataLocation;

/// Documents by name, each as it may be polled, or why it may not.
pub(crate) type Verdicts<'a> = HashMap<&'a str, Result<Admitted<'a>, ConfigError>>;

/// What is to be said of each of `found` by itself.
pub(crate) async fn admit_each<'a>(
    found: &'a [TenantDocument],
    place: &DataLocation,
    services: &Services,
    list: &AdministratorsList<'_>,
) -> Verdicts<'a> {
    let given = place.given_tenants();
    let mut verdicts = Verdicts::new();
    for found in found {
        let verdict = match &found.tenant {
            Err(error) => Err(error.clone()),
            Ok(tenant) => match check_read(found, tenant, &given, list).await {
                Ok(()) => admitted(tenant, place, services, list).await,
                Err(error) => Err(error),
            },
        };
        verdicts.insert(&found.document.name, verdict);
    }
    verdicts
}

/// The same, where all but one of those are refused that would poll the same alerts.
pub(crate) async fn admit<'a>(
    found: &'a [TenantDocument],
    place: &DataLocation,
    services: &Services,
    failures: &Failures,
) -> Verdicts<'a> {
    let list = AdministratorsList::of(services.store.as_ref());
    let mut verdicts = admit_each(found, place, services, &list).await;
    let duplicates = duplicates(found, &verdicts, place, &list, failures).await;
    let refused = duplicates.refused(polled(found, &verdicts)).await;
    for (name, error) in refused {
        verdicts.insert(name, Err(error));
    }
    verdicts
}

/// Why a tenant must not be polled beside the documents `found`, of which it may be one in another
/// version; `None` if it may. Where its name alone would decide that, it must not.
pub(super) async fn refusal_beside(
    tenant: &Tenant,
    found: &[TenantDocument],
    place: &DataLocation,
    services: &Services,
) -> Option<ConfigError> {
    let list = AdministratorsList::of(services.store.as_ref());
    let verdicts = admit_each(found, place, services, &list).await;
    let failures = Failures::new();
    let duplicates = DuplicateTenants {
        are_equals_refused: true,
        ..duplicates(found, &verdicts, place, &list, &failures).await
    };
    let others = polled(found, &verdicts).filter(|other| other.name != tenant.name);
    let refused = duplicates.refused(others.chain([tenant])).await;
    let refused = refused.into_iter().find(|(name, _)| *name == tenant.name);
    refused.map(|(_, error)| error)
}

/// Those that are polled, as far as each by itself is concerned.
fn polled<'a>(
    found: &'a [TenantDocument],
    verdicts: &Verdicts<'a>,
) -> impl Iterator<Item = &'a Tenant> {
    let polled = found.iter().filter(|found| {
        let verdict = verdicts.get(found.document.name.as_str());
        !found.document.is_paused && matches!(verdict, Some(Ok(_)))
    });
    polled.filter_map(|found| found.tenant.as_ref().ok())
}

async fn duplicates<'s>(
    found: &[TenantDocument],
    verdicts: &Verdicts<'_>,
    place: &'s DataLocation,
    list: &'s AdministratorsList<'s>,
    failures: &'s Failures,
) -> DuplicateTenants<'s> {
    let store = place.store.as_ref();
    DuplicateTenants {
        given: given(found, place, list).await,
        absent: absent(found, verdicts, store).await,
        is_stack: place.as_folder().is_none(),
        ..DuplicateTenants::of(store, list, failures)
    }
}

/// Those whose documents cannot be read now, or cannot be judged without the administrator's list, and
/// that polled before.
async fn absent(
    found: &[TenantDocument],
    verdicts: &Verdicts<'_>,
    store: &dyn Catalogue,
) -> Vec<Absent> {
    let mut absent = Vec::new();
    for found in found.iter().filter(|found| !found.document.is_paused) {
        let name = &found.document.name;
        let Some(Err(reason)) = verdicts.get(name.as_str()) else {
            continue;
        };
        let is_unread = matches!(
            reason,
            ConfigError::Store(_) | ConfigError::Unreadable { .. }
        );
        if !is_unread && found.tenant.is_ok() {
            continue;
        }
        // Whose alerts one polled whose note cannot be read, too, nobody knows.
        if let Ok(Some(first_poll)) = first_poll::noted(store, name).await {
            absent.push(Absent {
                name: name.clone(),
                first_poll,
                reason: reason.clone(),
            });
        }
    }
    absent
}

async fn admitted<'a>(
    tenant: &'a Tenant,
    place: &DataLocation,
    services: &Services,
    list: &AdministratorsList<'_>,
) -> Result<Admitted<'a>, ConfigError> {
    check_name(tenant, place)?;
    let admitted = services.admit_by(list, tenant).await?;
    crate::outputs::check(tenant, place)?;
    // Nothing is asked; an identity or hosts that cannot be used are told.
    services.client(admitted)?;
    Ok(admitted)
}

/// Checks that the poll function reads the document, which it does not where it is called as a tenant
/// of the stack's parameters, unless the administrator's list says so. Paused, it pauses that one.
async fn check_read(
    found: &TenantDocument,
    tenant: &Tenant,
    given: &[Tenant],
    list: &AdministratorsList<'_>,
) -> Result<(), ConfigError> {
    if found.document.is_paused || !given.iter().any(|given| given.name == tenant.name) {
        return Ok(());
    }
    let list = list.bindings().await?;
    if list.replaces(&tenant.name) {
        return list.check_ids(tenant);
    }
    let problem = format!(
        "is that of the tenant in the stack's parameters, which is polled, and this document is not \
         read: let the administrator have it take that one's place by `drawbridge tenants allow {} \
         --replaces-first-tenant`, give it another name, or remove it",
        tenant.name
    );
    Err(tenant.wrong("name", &problem))
}

/// The tenants of the stack's parameters that are polled: neither paused by a document nor replaced by
/// one.
async fn given(
    found: &[TenantDocument],
    place: &DataLocation,
    list: &AdministratorsList<'_>,
) -> Vec<Tenant> {
    let mut given = place.given_tenants();
    if given.is_empty() {
        return given;
    }
    let list = list.bindings().await.ok();
    given.retain(|given| {
        let found = found.iter().find(|found| found.document.name == given.name);
        let is_replaced = || list.is_some_and(|list| list.replaces(&given.name));
        found.is_none_or(|found| !found.document.is_paused && !is_replaced())
    });
    given
}

/// Checks that it is called as nothing else is in this place.
pub(super) fn check_name(tenant: &Tenant, place: &DataLocation) -> Result<(), ConfigError> {
    match place.as_folder() {
        Some(_) => crate::outputs::check_name(tenant),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
