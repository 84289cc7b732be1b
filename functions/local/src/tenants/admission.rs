//! Which documents are polled, and why the others are not. Each is checked once, by the same rules as in a poll.

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::{AdministratorsList, Admitted, Services};

use super::absent::Absent;
use super::duplicate_tenants::DuplicateTenants;
pub(crate) use super::duplicate_tenants::PollsSoFar;
use super::first_tenant::{is_paused_by, of_parameters};
use super::tenant_document::TenantDocument;
use super::verdicts::Verdicts;
use crate::data_location::DataLocation;

/// Judges each of `found` by itself.
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
            Ok(tenant) => match check_read(found, tenant, &given, list, &place.options()).await {
                Ok(()) => admitted(tenant, place, services, list).await,
                Err(error) => Err(error),
            },
        };
        verdicts.insert(&found.document.name, verdict);
    }
    verdicts
}

/// The same, but of tenants that would poll the same alerts, all but one are refused.
pub(crate) async fn admit<'a>(
    found: &'a [TenantDocument],
    place: &DataLocation,
    services: &Services,
    so_far: &PollsSoFar,
) -> Verdicts<'a> {
    let list = AdministratorsList::of(services.store.as_ref());
    let mut verdicts = admit_each(found, place, services, &list).await;
    let duplicates = duplicates(found, &verdicts, place, &list, so_far).await;
    let refused = duplicates.refused(polled(found, &verdicts)).await;
    for (name, error) in refused {
        verdicts.insert(name, Err(error));
    }
    verdicts
}

/// Checks that polls go by a document, which is one of `found`, or would if it was not paused.
///
/// On a stack each poll looks at its own document only, so other tenants with the same alerts do not matter.
pub(super) async fn check_polled(
    of: &TenantDocument,
    found: &[TenantDocument],
    place: &DataLocation,
    services: &Services,
) -> Result<(), ConfigError> {
    if place.as_folder().is_none() {
        let list = AdministratorsList::of(services.store.as_ref());
        let verdicts = admit_each(std::slice::from_ref(of), place, services, &list).await;
        return verdict_of(of, verdicts);
    }
    let verdicts = admit(found, place, services, &PollsSoFar::default()).await;
    verdict_of(of, verdicts)?;
    let Some(tenant) = of.tenant.as_ref().ok().filter(|_| of.document.is_paused) else {
        return Ok(());
    };
    let beside = refusal_beside(tenant, found, place, services).await;
    beside.map_or(Ok(()), Err)
}

fn verdict_of(of: &TenantDocument, mut verdicts: Verdicts<'_>) -> Result<(), ConfigError> {
    let verdict = verdicts.remove(of.document.name.as_str());
    verdict.map_or(Ok(()), |verdict| verdict.map(drop))
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
    let so_far = PollsSoFar::default();
    let duplicates = DuplicateTenants {
        are_equals_refused: true,
        ..duplicates(found, &verdicts, place, &list, &so_far).await
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
    so_far: &'s PollsSoFar,
) -> DuplicateTenants<'s> {
    let store = place.store.as_ref();
    DuplicateTenants {
        given: given(found, place, list).await,
        absent: Absent::among(found, verdicts, list, store).await,
        is_stack: place.as_folder().is_none(),
        options: place.options(),
        ..DuplicateTenants::of(store, list, so_far)
    }
}

/// What is to be said of a tenant by itself, whether a document or the stack's parameters have it.
pub(super) async fn admitted<'a>(
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
    options: &str,
) -> Result<(), ConfigError> {
    if found.document.is_paused || !given.iter().any(|given| given.name == tenant.name) {
        return Ok(());
    }
    let list = list.bindings().await?;
    if list.replaces(&tenant.name) {
        return list.check_ids(tenant, options);
    }
    let problem = format!(
        "is that of the tenant in the stack's parameters, which is polled, and this document is not \
         read: let the administrator have it take that one's place by `drawbridge tenants allow {} \
         --replaces-first-tenant{options}`, give it another name, or remove it",
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
    let mut given = of_parameters(found, place, list).await;
    given.retain(|given| !is_paused_by(found, &given.name));
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
