//! Who of those that would poll the same alerts does: each alert would come twice, and under another
//! name once more.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::AdministratorsList;
use drawbridge_poll::state_key;
use drawbridge_store::{Catalogue, StoreError};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::first_poll::{self, FirstPoll};

/// How often the polls of a tenant have failed in a row, by name.
pub(crate) type Failures = HashMap<String, u32>;

/// The folder of the states.
const STATES: &str = "state/";

/// What decides who of those that would poll the same alerts does. In this order, it is
/// 1. a tenant of the stack's parameters;
/// 2. who has polled these alerts for longest: whoever may write documents can write one with another's
///    ids, and under a name that comes first, but has not polled with them;
/// 3. where nobody has, whom the administrator's list names with these ids,
/// 4. whose polls failed least often, so that one that cannot sign in keeps nobody away,
/// 5. who has a state,
/// 6. and the first by name.
pub(super) struct DuplicateTenants<'s> {
    pub(super) store: &'s dyn Catalogue,
    pub(super) list: &'s AdministratorsList<'s>,
    pub(super) failures: &'s Failures,
    /// The tenants of the stack's parameters that are polled beside the documents.
    pub(super) given: Vec<Tenant>,
    /// Those that polled before, and whose documents cannot be read now.
    pub(super) absent: Vec<Absent>,
    /// On a stack each poll goes by its own document: what is refused here is polled nevertheless.
    pub(super) is_stack: bool,
    /// Whether of those that only their names would tell apart nobody is polled.
    pub(super) are_equals_refused: bool,
    pub(super) states: OnceCell<Result<HashSet<String>, StoreError>>,
}

/// One that polled, and whose document cannot be read now: it may be back a minute later, and nobody
/// takes its place meanwhile.
pub(super) struct Absent {
    pub(super) name: String,
    pub(super) first_poll: FirstPoll,
    pub(super) reason: ConfigError,
}

/// What comes before the name, where nobody polled these alerts before. The lower, the earlier.
type Rank = (Reverse<bool>, u32, Reverse<bool>);

/// Some are refused, each with the reason.
type Refused<'a> = Vec<(&'a str, ConfigError)>;

impl<'s> DuplicateTenants<'s> {
    /// Of a folder; nothing is read yet.
    pub(super) fn of(
        store: &'s dyn Catalogue,
        list: &'s AdministratorsList<'s>,
        failures: &'s Failures,
    ) -> Self {
        Self {
            store,
            list,
            failures,
            given: Vec::new(),
            absent: Vec::new(),
            is_stack: false,
            are_equals_refused: false,
            states: OnceCell::new(),
        }
    }

    /// All of `polled` but one of each that would poll the same alerts.
    pub(super) async fn refused<'a>(
        &self,
        polled: impl Iterator<Item = &'a Tenant>,
    ) -> Refused<'a> {
        let mut alike: HashMap<(String, &[String]), Vec<&Tenant>> = HashMap::new();
        for tenant in polled {
            let id = tenant.tenant_id.to_ascii_lowercase();
            let alike = alike.entry((id, &tenant.service_sources)).or_default();
            alike.push(tenant);
        }
        let mut refused = Vec::new();
        for alike in alike.into_values() {
            refused.extend(self.refused_of(&alike).await);
        }
        refused
    }

    /// The same of those that are alike.
    async fn refused_of<'a>(&self, alike: &[&'a Tenant]) -> Refused<'a> {
        let Some(first) = alike.first() else {
            return Vec::new();
        };
        if let Some(given) = self.given.iter().find(|given| is_alike(given, first)) {
            let why = "That one is of the stack's parameters. The poll function polls both";
            return beside(&given.name, alike, why);
        }
        let absent = self.absent.iter().filter(|one| one.first_poll.is_of(first));
        let absent = absent.min_by_key(|one| one.first_poll.since);
        if alike.len() == 1 && absent.is_none() {
            return Vec::new();
        }
        let (mut polled, mut unread) = (Vec::new(), None);
        for tenant in alike {
            match first_poll::of(self.store, tenant).await {
                Ok(since) => polled.extend(since.map(|since| (since, *tenant))),
                Err(error) => unread = Some(error),
            }
        }
        polled.sort_unstable_by_key(|(since, tenant)| (*since, &tenant.name));
        let owner = polled.first();
        if let Some(absent) = absent.filter(|absent| is_earlier(absent, owner)) {
            return absent.refused(alike);
        }
        if let Some((_, owner)) = owner {
            return beside(&owner.name, alike, self.why());
        }
        // The wrong one would write everything again under another name.
        if let Some(error) = unread {
            return self.none_of(
                alike,
                &format!("Who polled them first cannot be read: {error}"),
            );
        }
        match self.ranked(alike).await {
            Ok(ranked) => self.refused_by_rank(&ranked),
            Err(error) => self.none_of(alike, &error),
        }
    }

    /// Those that nobody polled before, the first one first; or what cannot be read.
    async fn ranked<'a>(&self, alike: &[&'a Tenant]) -> Result<Vec<(Rank, &'a Tenant)>, String> {
        let list =
            self.list.bindings().await.map_err(|error| {
                format!("The administrator's list may say who is polled: {error}")
            })?;
        let states = self.states().await;
        let states = states.map_err(|error| format!("Who has a state cannot be read: {error}"))?;
        let rank = |tenant: &Tenant| -> Rank {
            (
                Reverse(list.has_ids_of(tenant)),
                self.failures.get(&tenant.name).copied().unwrap_or_default(),
                Reverse(states.contains(&state_key(&tenant.name))),
            )
        };
        let mut ranked: Vec<_> = alike.iter().map(|tenant| (rank(tenant), *tenant)).collect();
        ranked.sort_unstable_by_key(|(rank, tenant)| (*rank, &tenant.name));
        Ok(ranked)
    }

    async fn states(&self) -> Result<&HashSet<String>, &StoreError> {
        let read = async {
            let listing = self.store.list_readable(STATES).await;
            listing.map(|listing| {
                let objects = listing.objects.into_iter();
                objects.map(|object| object.key).collect()
            })
        };
        self.states.get_or_init(|| read).await.as_ref()
    }

    /// All but the first, and that one as well where nothing but its name makes it the first and that
    /// is not enough.
    fn refused_by_rank<'a>(&self, ranked: &[(Rank, &'a Tenant)]) -> Refused<'a> {
        let [(best, first), (next, second), ..] = ranked else {
            return Vec::new();
        };
        let alike: Vec<_> = ranked.iter().map(|(_, tenant)| *tenant).collect();
        let mut refused = beside(&first.name, &alike, self.why());
        if (self.is_stack || self.are_equals_refused) && best == next {
            refused.extend(beside(&second.name, &[*first], self.why()));
        }
        refused
    }

    /// All of them, each with the name of another one.
    fn none_of<'a>(&self, alike: &[&'a Tenant], unread: &str) -> Refused<'a> {
        let then = if self.is_stack {
            self.why()
        } else {
            "Nobody of them is polled until that can be read"
        };
        let why = format!("{unread}. {then}");
        let others = alike.iter().cycle().skip(1);
        let pairs = alike.iter().zip(others);
        pairs
            .map(|(tenant, other)| {
                let refusal = is_that_of(tenant, &other.name, &why);
                (tenant.name.as_str(), refusal)
            })
            .collect()
    }

    fn why(&self) -> &'static str {
        if self.is_stack {
            "The poll function polls both"
        } else {
            "Who polled them first goes on; where nobody did, the administrator can say who by \
             `drawbridge tenants allow NAME`"
        }
    }
}

impl Absent {
    fn refused<'a>(&self, alike: &[&'a Tenant]) -> Refused<'a> {
        let why = format!(
            "That one polled them first, and cannot be polled now: {}. Mend its document, or pause \
             or remove it if another one is to take its place",
            self.reason
        );
        beside(&self.name, alike, &why)
    }
}

fn is_earlier(absent: &Absent, owner: Option<&(Timestamp, &Tenant)>) -> bool {
    owner.is_none_or(|(since, _)| absent.first_poll.since < *since)
}

/// Whether two tenants poll the same alerts.
pub(super) fn is_alike(one: &Tenant, other: &Tenant) -> bool {
    one.tenant_id.eq_ignore_ascii_case(&other.tenant_id)
        && one.service_sources == other.service_sources
}

/// All of them but the one of that name.
fn beside<'a>(name: &str, alike: &[&'a Tenant], why: &str) -> Refused<'a> {
    let others = alike.iter().filter(|tenant| tenant.name != name);
    others
        .map(|tenant| (tenant.name.as_str(), is_that_of(tenant, name, why)))
        .collect()
}

fn is_that_of(tenant: &Tenant, other: &str, why: &str) -> ConfigError {
    let problem = format!(
        "is that of {other:?} too, with the same service_sources: every alert would come twice; \
         remove one of the two, or give them different service_sources. {why}"
    );
    tenant.wrong("tenant_id", &problem)
}
