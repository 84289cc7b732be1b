//! Which documents are polled, and why the others are not: each looked at once, by what the function or
//! a poll would go by.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use drawbridge_config::{Bindings, ConfigError, Tenant};
use drawbridge_poll::assembly::{AdministratorsList, Admitted, Services};
use drawbridge_poll::state_key;
use drawbridge_store::{Store, StoreError};
use jiff::Timestamp;

use super::first_poll;
use super::tenant_document::TenantDocument;
use crate::data_location::DataLocation;

/// Documents by name, each as it may be polled, or why it may not.
pub(crate) type Verdicts<'a> = HashMap<&'a str, Result<Admitted<'a>, ConfigError>>;

/// How often the polls of a tenant have failed in a row, by name.
pub(crate) type Failures = HashMap<String, u32>;

/// The folder of the states.
const STATES: &str = "state/";

/// What is to be said of each of `found` by itself.
pub(crate) async fn admit_each<'a>(
    found: &'a [TenantDocument],
    place: &DataLocation,
    services: &Services,
    list: &AdministratorsList<'_>,
) -> Verdicts<'a> {
    let mut verdicts = Verdicts::new();
    for found in found {
        let verdict = match &found.tenant {
            Ok(tenant) => admitted(tenant, place, services, list).await,
            Err(error) => Err(error.clone()),
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
    let is_polled = |found: &&TenantDocument| {
        let verdict = verdicts.get(found.document.name.as_str());
        !found.document.is_paused && matches!(verdict, Some(Ok(_)))
    };
    let polled = found.iter().filter(is_polled);
    let alike = alike(polled.filter_map(|found| found.tenant.as_ref().ok()));
    if alike.is_empty() {
        return verdicts;
    }
    let ranking = Ranking::read(place, &list, failures).await;
    for alike in alike {
        for (name, error) in ranking.refused(alike).await {
            verdicts.insert(name, Err(error));
        }
    }
    verdicts
}

async fn admitted<'a>(
    tenant: &'a Tenant,
    place: &DataLocation,
    services: &Services,
    list: &AdministratorsList<'_>,
) -> Result<Admitted<'a>, ConfigError> {
    check_name(tenant, place)?;
    let admitted = services.admit_by(list, tenant).await?;
    crate::outputs::check(tenant)?;
    // Nothing is asked; an identity or hosts that cannot be used are told.
    services.client(admitted)?;
    Ok(admitted)
}

/// Checks that it is called as nothing else is in this place.
pub(super) fn check_name(tenant: &Tenant, place: &DataLocation) -> Result<(), ConfigError> {
    match place.as_folder() {
        Some(_) => crate::outputs::check_name(tenant),
        None => Ok(()),
    }
}

/// Those that would poll the same alerts, where there is more than one.
fn alike<'a>(polled: impl Iterator<Item = &'a Tenant>) -> Vec<Vec<&'a Tenant>> {
    let mut alike: HashMap<(String, &[String]), Vec<&Tenant>> = HashMap::new();
    for tenant in polled {
        let id = tenant.tenant_id.to_ascii_lowercase();
        let alike = alike.entry((id, &tenant.service_sources)).or_default();
        alike.push(tenant);
    }
    alike
        .into_values()
        .filter(|alike| alike.len() > 1)
        .collect()
}

/// What decides who of those that would poll the same alerts does.
struct Ranking<'s> {
    store: &'s dyn Store,
    /// On a stack each poll goes by its own document: this is for people.
    is_stack: bool,
    bindings: Option<&'s Bindings>,
    states: Result<HashSet<String>, StoreError>,
    failures: &'s Failures,
}

/// The lower, the earlier.
/// 1. Who has polled these alerts for longest: whoever may write documents can write one with another's
///    ids, and under a name that comes first, but has not polled with them.
/// 2. Where nobody has: whom the administrator's list names with these ids,
/// 3. whose polls failed least often, so that one that cannot sign in keeps nobody away,
/// 4. and who has a state.
type Rank = (Timestamp, Reverse<bool>, u32, Reverse<bool>);

impl<'s> Ranking<'s> {
    async fn read(
        place: &'s DataLocation,
        list: &'s AdministratorsList<'_>,
        failures: &'s Failures,
    ) -> Self {
        let states = place.store.list_readable(STATES).await;
        Self {
            store: place.store.as_ref(),
            is_stack: place.as_folder().is_none(),
            bindings: list.bindings().await.ok(),
            states: states.map(|states| {
                let objects = states.objects.into_iter();
                objects.map(|object| object.key).collect()
            }),
            failures,
        }
    }

    async fn rank(&self, tenant: &Tenant) -> Result<Rank, StoreError> {
        let since = first_poll::of(self.store, tenant).await?;
        let is_bound = self.bindings.is_some_and(|list| list.has_ids_of(tenant));
        let states = self.states.as_ref().map_err(Clone::clone)?;
        let has_state = states.contains(&state_key(&tenant.name));
        let failures = self.failures.get(&tenant.name).copied();
        Ok((
            since.unwrap_or(Timestamp::MAX),
            Reverse(is_bound),
            failures.unwrap_or_default(),
            Reverse(has_state),
        ))
    }

    /// All of them but the first; of equals, the first by name. On a stack equals are polled side by
    /// side, which is told of each of them. Where it cannot be read who polled them, it is nobody's
    /// turn: the wrong one would write everything again under another name.
    async fn refused<'a>(&self, alike: Vec<&'a Tenant>) -> Vec<(&'a str, ConfigError)> {
        let names: Vec<_> = alike.iter().map(|tenant| tenant.name.as_str()).collect();
        let (mut ranked, mut unread) = (Vec::new(), None);
        for tenant in alike {
            match self.rank(tenant).await {
                Ok(rank) => ranked.push((rank, tenant)),
                Err(error) => unread = Some(ConfigError::from(error)),
            }
        }
        if let Some(error) = unread {
            let names = names.into_iter();
            return names.map(|name| (name, error.clone())).collect();
        }
        ranked.sort_unstable_by_key(|(rank, tenant)| (*rank, &tenant.name));
        let [(best, first), (next, second), ..] = ranked.as_slice() else {
            return Vec::new();
        };
        let both = self.is_stack && best == next;
        let of_first = both.then_some((*first, *second));
        let of_others = ranked[1..].iter().map(|(_, tenant)| (*tenant, *first));
        let pairs = of_first.into_iter().chain(of_others);
        pairs
            .map(|(tenant, other)| (tenant.name.as_str(), self.is_alike(tenant, other)))
            .collect()
    }

    fn is_alike(&self, tenant: &Tenant, other: &Tenant) -> ConfigError {
        let polled = if self.is_stack {
            "The poll function polls both".to_owned()
        } else {
            format!(
                "Who polled them first goes on; where nobody did, the administrator can say who by \
                 `drawbridge tenants allow {}`",
                tenant.name
            )
        };
        let problem = format!(
            "is that of {:?} too, with the same service_sources: every alert would come twice; \
             remove one of the two, or give them different service_sources. {polled}",
            other.name
        );
        tenant.wrong("tenant_id", &problem)
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
