//! What a SIEM joins on: a device's id, a device's names, a user. Graph adds them to an alert after
//! it has shown the alert, so that it matters which of them some written record carries.

use drawbridge_alert::{Alert, Device};
use sha2::{Digest as _, Sha256};

use super::person::Person;
use crate::Fact;

/// Up to four facts: what one record carries.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    facts: [Fact; 4],
    count: usize,
}

impl Facts {
    pub(super) fn extend(&mut self, facts: impl IntoIterator<Item = Fact>) {
        for (fact, place) in facts.into_iter().zip(&mut self.facts[self.count..]) {
            *place = fact;
            self.count += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[Fact] {
        &self.facts[..self.count]
    }
}

impl From<Fact> for Facts {
    fn from(fact: Fact) -> Self {
        let mut facts = Self::default();
        facts.extend([fact]);
        facts
    }
}

/// The id of a device of which nothing else is known.
pub(super) fn device_id(alert_id: &str, id: Option<&str>) -> Facts {
    let mut facts = Facts::default();
    facts.extend(id.map(|id| digest(alert_id, "device-id", &[id])));
    facts
}

/// The facts of a device, all of which its records carry. A host name that is the first label of the
/// DNS name is said with it: `MachineName` shows it from either.
pub(super) fn device(alert_id: &str, device: &Device<'_>) -> Facts {
    let [id, dns_name, host_name] = [
        &device.mde_device_id,
        &device.device_dns_name,
        &device.host_name,
    ]
    .map(|text| text.as_deref().unwrap_or_default());
    let mut facts = device_id(alert_id, (!id.is_empty()).then_some(id));
    let own_host_name = dns_name.split('.').next() != Some(host_name);
    let names = [(dns_name, true), (host_name, own_host_name)].into_iter();
    let names = names.filter(|(name, is_own)| *is_own && !name.is_empty());
    facts.extend(names.map(|(name, _)| digest(alert_id, "device-name", &[name])));
    facts
}

/// The facts of users: what `UserName` and `UserDomain` show of them. Most records of an alert show
/// the same one.
pub(super) struct Users<'r> {
    alert_id: &'r str,
    last: Option<((&'r str, &'r str), Fact)>,
}

impl<'r> Users<'r> {
    pub(super) fn of(alert: &'r Alert<'_>) -> Self {
        Self {
            alert_id: &alert.id,
            last: None,
        }
    }

    pub(super) fn fact(&mut self, person: Person<'r, '_>) -> Fact {
        let shown = person.shown();
        match self.last {
            Some((last, fact)) if last == shown => fact,
            _ => {
                let fact = digest(self.alert_id, "user", &[shown.0, shown.1]);
                self.last = Some((shown, fact));
                fact
            }
        }
    }
}

/// The first 48 bits of a SHA-256 digest over the alert's id, too: within one alert that is enough
/// to tell facts apart, and nobody can choose a name to collide with another before Graph has given
/// the alert its id.
fn digest(alert_id: &str, kind: &str, values: &[&str]) -> Fact {
    let mut sha = Sha256::new();
    for text in [alert_id, kind].iter().chain(values) {
        sha.update((text.len() as u64).to_be_bytes());
        sha.update(text);
    }
    let mut fact = Fact::default();
    fact.copy_from_slice(&sha.finalize()[..size_of::<Fact>()]);
    fact
}
