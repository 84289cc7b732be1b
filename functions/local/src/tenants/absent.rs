//! Tenants whose documents cannot be read or judged at present. Each may be readable again a minute later, so no
//! other tenant takes over its alerts meanwhile.

use drawbridge_config::{ConfigError, PolledAlerts, Tenant};
use drawbridge_poll::assembly::AdministratorsList;
use drawbridge_store::Store;
use jiff::Timestamp;

use super::evidence::{Evidence, Past};
use super::tenant_document::TenantDocument;
use super::verdicts::Verdicts;

/// A tenant whose document cannot be read or judged at present.
pub(super) struct Absent {
    pub(super) name: String,
    reason: ConfigError,
    /// The alerts that its document names, if those are known.
    says: Option<PolledAlerts>,
    /// What it has polled, and since when.
    evidence: Evidence,
    /// The directory that the administrator's list names for it.
    listed: Result<Option<String>, ConfigError>,
}

/// Why an unreadable tenant keeps its claim to the alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// It polled these alerts, since then.
    Polled(Timestamp),
    /// The administrator's list names it with their directory.
    Listed,
    /// It is unknown whether it has a claim, for this reason.
    Unknown(String),
}

impl Absent {
    /// The unreadable tenants among `found`; `verdicts` says why each is not polled.
    pub(super) async fn among(
        found: &[TenantDocument],
        verdicts: &Verdicts<'_>,
        list: &AdministratorsList<'_>,
        store: &dyn Store,
    ) -> Vec<Self> {
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
            let listed = list.bindings().await;
            absent.push(Self {
                name: name.clone(),
                reason: reason.clone(),
                says: found.tenant.as_ref().ok().map(Tenant::polled_alerts),
                evidence: Evidence::of(store, name).await,
                listed: listed.map(|list| list.tenant_id_of(name).map(str::to_owned)),
            });
        }
        absent
    }

    /// Its claim to these alerts; `None` if it has none.
    pub(super) fn claim(&self, alerts: &PolledAlerts) -> Option<Claim> {
        let past = self.evidence.past(alerts);
        if let Past::Polled(since) = past {
            return Some(Claim::Polled(since));
        }
        if self.says.as_ref().is_some_and(|says| says != alerts) {
            return None;
        }
        match (past, &self.listed) {
            (Past::Unknown(why), _) => Some(Claim::Unknown(why)),
            (_, Err(error)) => Some(Claim::Unknown(error.to_string())),
            // Whatever it polled so far: the list says what it is to poll.
            (_, Ok(Some(id))) if alerts.are_of(id) => Some(Claim::Listed),
            _ => None,
        }
    }

    /// Why another one waits for it.
    pub(super) fn refusal(&self, claim: &Claim, other: &Tenant) -> ConfigError {
        let name = &self.name;
        let claim = match claim {
            Claim::Polled(_) => {
                "with the same service_sources: every alert would come twice. That one polled them first"
            }
            Claim::Listed => {
                "with the same service_sources for all that is known: every alert would come twice. The \
                 administrator's list names that one"
            }
            Claim::Unknown(error) => {
                let problem = format!(
                    "may be that of {name:?} too. That is unknown ({error}), and its document does not say it: \
                     {}. Mend one of them, or pause or remove {name:?} if another one is to be polled",
                    self.reason
                );
                return other.wrong("tenant_id", &problem);
            }
        };
        let problem = format!(
            "is that of {name:?} too, {claim}, and its document cannot be used now: {}. Mend that \
             document, or pause or remove {name:?} if another one is to take its place",
            self.reason
        );
        other.wrong("tenant_id", &problem)
    }
}
