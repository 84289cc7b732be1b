//! Which one of several tenants that would poll the same alerts is polled. If all of them were, each alert would
//! arrive once per tenant.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use drawbridge_config::{ConfigError, PolledAlerts, Tenant};
use drawbridge_poll::assembly::AdministratorsList;
use drawbridge_store::Catalogue;
use jiff::Timestamp;

use super::absent::{Absent, Claim};
use super::evidence::{Evidence, Past};

/// How the polls of this process went, as far as their outcomes are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct PollsSoFar {
    /// How often the polls of a tenant have failed in a row, by name.
    pub(crate) failures: HashMap<String, u32>,
    /// The names of the tenants whose polls are under way.
    pub(crate) under_way: HashSet<String>,
}

/// What happens on a stack to two documents that poll the same alerts.
const BOTH: &str = "The poll function polls both";

/// What decides who of those that would poll the same alerts does. The first line that holds does.
///
/// | evidence | who is polled |
/// |---|---|
/// | a tenant of the stack's parameters polls them | that one |
/// | of some it is [unknown](Past::Unknown) whether they polled them, and the list names one of these, or of them and who polled them first | whom the list names |
/// | some [have polled](Past::Polled) them, by their notes or states | who has for longest: whoever may write documents can write one with another's ids, and under a name that comes first, but has not polled with them |
/// | of some it is unknown | nobody, until the list names one |
/// | nobody has polled them: the list names some | the first of these by the lines below |
/// | the polls of some have failed less often than others' | these, so that one that cannot sign in keeps nobody away |
/// | one is being polled | that one, so that its first poll is not overtaken by a shorter one |
/// | one has [tried](Past::Tried) | that one |
/// | none of this | the first by name |
///
/// One whose document cannot be read comes first with the same evidence ([`Absent`]): then nobody is
/// polled. And `tenants remove` takes back what a tenant has polled.
pub(super) struct DuplicateTenants<'s> {
    pub(super) store: &'s dyn Catalogue,
    pub(super) list: &'s AdministratorsList<'s>,
    pub(super) so_far: &'s PollsSoFar,
    /// The tenants of the stack's parameters that are polled beside the documents.
    pub(super) given: Vec<Tenant>,
    /// Those whose documents cannot be read or judged now.
    pub(super) absent: Vec<Absent>,
    /// On a stack each poll looks at its own document only, so what is refused here is polled nevertheless.
    pub(super) is_stack: bool,
    /// The options that lead a command here.
    pub(super) options: String,
    /// Whether to refuse all candidates if only their names differ.
    pub(super) are_equals_refused: bool,
}

/// What decides before the name if nobody has polled these alerts yet. The lowest rank comes first.
type Rank = (Reverse<bool>, u32, Reverse<bool>, Reverse<bool>);

/// Some are refused, each with the reason.
type Refused<'a> = Vec<(&'a str, ConfigError)>;

impl<'s> DuplicateTenants<'s> {
    /// Of a folder; nothing is read yet.
    pub(super) fn of(
        store: &'s dyn Catalogue,
        list: &'s AdministratorsList<'s>,
        so_far: &'s PollsSoFar,
    ) -> Self {
        Self {
            store,
            list,
            so_far,
            given: Vec::new(),
            absent: Vec::new(),
            is_stack: false,
            options: String::new(),
            are_equals_refused: false,
        }
    }

    /// All of `polled` but one of each that would poll the same alerts.
    pub(super) async fn refused<'a>(
        &self,
        polled: impl Iterator<Item = &'a Tenant>,
    ) -> Refused<'a> {
        let mut alike: HashMap<PolledAlerts, Vec<&Tenant>> = HashMap::new();
        for tenant in polled {
            alike
                .entry(tenant.polled_alerts())
                .or_default()
                .push(tenant);
        }
        let mut refused = Vec::new();
        for (alerts, alike) in alike {
            refused.extend(self.refused_of(&alerts, &alike).await);
        }
        refused
    }

    /// The same of those that poll these alerts.
    async fn refused_of<'a>(&self, alerts: &PolledAlerts, alike: &[&'a Tenant]) -> Refused<'a> {
        let mut given = self.given.iter();
        if let Some(given) = given.find(|given| given.polled_alerts() == *alerts) {
            let why = "That one is of the stack's parameters. The poll function polls both";
            return beside(&given.name, alike, why);
        }
        let claims = self.claims(alerts, alike);
        if alike.len() == 1 && claims.is_empty() {
            return Vec::new();
        }
        let (mut polled, mut unknown, mut tried) = (Vec::new(), Vec::new(), HashSet::new());
        for tenant in alike {
            match Evidence::of(self.store, &tenant.name).await.past(alerts) {
                Past::Polled(since) => polled.push((since, *tenant)),
                Past::Tried => {
                    tried.insert(tenant.name.as_str());
                }
                Past::Nothing => {}
                Past::Unknown(why) => unknown.push((why, *tenant)),
            }
        }
        polled.sort_unstable_by_key(|(since, tenant)| (*since, &tenant.name));
        let owner = polled.first();
        if let Some((absent, claim)) = self.in_the_way(&claims, owner, alike).await {
            let refused = alike.iter();
            return refused
                .map(|tenant| (tenant.name.as_str(), absent.refusal(claim, tenant)))
                .collect();
        }
        if alike.len() == 1 {
            return Vec::new();
        }
        let unread = unknown.first().map(|(why, _)| why);
        if unread.is_some()
            && let Some(listed) = self.listed_of(owner, &unknown, alike).await
        {
            return beside(&listed.name, alike, self.why_listed());
        }
        if let Some((_, owner)) = owner {
            let mut why = self.why_first(&owner.name);
            if let Some(unread) = unread {
                why = format!("{why}. It is unknown what another one polled: {unread}");
            }
            return beside(&owner.name, alike, &why);
        }
        // The wrong one would write everything again under another name.
        if let Some(unread) = unread {
            return self.none_of(
                alike,
                &format!("It is unknown who polled them first: {unread}"),
            );
        }
        match self.ranked(alike, &tried).await {
            Ok(ranked) => self.refused_by_rank(&ranked),
            Err(error) => self.none_of(alike, &error),
        }
    }

    /// Whom the administrator's list names, where it is unknown whether the `unknown` ones polled
    /// these alerts before their owner: one of all of these, or, without an owner, of all there are. The
    /// list says nothing if it names several.
    async fn listed_of<'a>(
        &self,
        owner: Option<&(Timestamp, &'a Tenant)>,
        unknown: &[(String, &'a Tenant)],
        alike: &[&'a Tenant],
    ) -> Option<&'a Tenant> {
        let list = self.list.bindings().await.ok()?;
        let asked: Vec<&Tenant> = match owner {
            Some((_, owner)) => unknown
                .iter()
                .map(|(_, tenant)| *tenant)
                .chain([*owner])
                .collect(),
            None => alike.to_vec(),
        };
        let mut listed = asked.into_iter().filter(|tenant| list.has_ids_of(tenant));
        listed.next().filter(|_| listed.next().is_none())
    }

    /// The claims of unreadable tenants to these alerts.
    fn claims(&self, alerts: &PolledAlerts, alike: &[&Tenant]) -> Vec<(&Absent, Claim)> {
        let is_here = |absent: &Absent| alike.iter().any(|tenant| tenant.name == absent.name);
        let absent = self.absent.iter().filter(|absent| !is_here(absent));
        absent
            .filter_map(|absent| Some((absent, absent.claim(alerts)?)))
            .collect()
    }

    /// The claim of an unreadable tenant that keeps all candidates from being polled: an earlier poll than the
    /// owner's, or, if no candidate has polled, a claim that may be better than theirs.
    async fn in_the_way<'c>(
        &self,
        claims: &'c [(&'c Absent, Claim)],
        owner: Option<&(Timestamp, &Tenant)>,
        alike: &[&Tenant],
    ) -> Option<&'c (&'c Absent, Claim)> {
        let polled = claims.iter().filter_map(|claim| match claim.1 {
            Claim::Polled(since) => Some((since, claim)),
            _ => None,
        });
        let polled = polled.min_by_key(|(since, _)| *since);
        match (polled, owner) {
            (Some((absent, claim)), Some((owner, _))) => return (absent < *owner).then_some(claim),
            (Some((_, claim)), None) => return Some(claim),
            (None, Some(_)) => return None,
            (None, None) => {}
        }
        let find = |is: fn(&Claim) -> bool| claims.iter().find(|(_, claim)| is(claim));
        let unknown = find(|claim| matches!(claim, Claim::Unknown(_)));
        if unknown.is_some() {
            return unknown;
        }
        let list = self.list.bindings().await;
        let is_listed = |tenant: &&Tenant| list.as_ref().is_ok_and(|list| list.has_ids_of(tenant));
        find(|claim| *claim == Claim::Listed).filter(|_| !alike.iter().any(is_listed))
    }

    /// The candidates if nobody has polled these alerts yet, in order of precedence; or what cannot be read.
    async fn ranked<'a>(
        &self,
        alike: &[&'a Tenant],
        tried: &HashSet<&str>,
    ) -> Result<Vec<(Rank, &'a Tenant)>, String> {
        let list =
            self.list.bindings().await.map_err(|error| {
                format!("The administrator's list may say who is polled: {error}")
            })?;
        let rank = |tenant: &Tenant| -> Rank {
            let name = tenant.name.as_str();
            (
                Reverse(list.has_ids_of(tenant)),
                self.so_far.failures.get(name).copied().unwrap_or_default(),
                Reverse(self.so_far.under_way.contains(name)),
                Reverse(tried.contains(name)),
            )
        };
        let ranked = alike.iter().map(|tenant| (rank(tenant), *tenant));
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable_by_key(|(rank, tenant)| (*rank, &tenant.name));
        Ok(ranked)
    }

    /// All but the first, and that one as well where nothing but its name makes it the first and that
    /// is not enough.
    fn refused_by_rank<'a>(&self, ranked: &[(Rank, &'a Tenant)]) -> Refused<'a> {
        let [(best, first), (next, second), ..] = ranked else {
            return Vec::new();
        };
        let alike: Vec<_> = ranked.iter().map(|(_, tenant)| *tenant).collect();
        let why = self.why_ranked();
        let mut refused = beside(&first.name, &alike, &why);
        if (self.is_stack || self.are_equals_refused) && best == next {
            refused.extend(beside(&second.name, &[*first], &why));
        }
        refused
    }

    /// All of them, each with the name of another one.
    fn none_of<'a>(&self, alike: &[&'a Tenant], unread: &str) -> Refused<'a> {
        let then = if self.is_stack {
            BOTH
        } else {
            "None of them is polled until that is known"
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

    /// Says why the tenant that polled these alerts first keeps them.
    fn why_first(&self, name: &str) -> String {
        if self.is_stack {
            return BOTH.to_owned();
        }
        format!(
            "{name:?} polled them first and goes on: pause or remove {name:?} if another one is to take its \
             place"
        )
    }

    /// Says why the tenant that the list names gets the alerts.
    fn why_listed(&self) -> &'static str {
        if self.is_stack {
            BOTH
        } else {
            "It is unknown who polled them first, and the administrator's list names that one"
        }
    }

    /// Says why another tenant gets the alerts if nobody has polled them yet.
    fn why_ranked(&self) -> String {
        if self.is_stack {
            return BOTH.to_owned();
        }
        format!(
            "Nobody is known to have polled them: the administrator can say who is polled by `drawbridge \
             tenants allow NAME{}`",
            self.options
        )
    }
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
         pause or remove one of the two, or give them different service_sources. {why}"
    );
    tenant.wrong("tenant_id", &problem)
}
