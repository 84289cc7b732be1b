//! What a SIEM joins on: a device's id, a device's names, a user. Graph adds them to an alert after
//! it has shown the alert, so that it matters which of them some written record carries.

use drawbridge_alert::Device;

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

/// Makes the facts of one alert.
pub(super) struct Maker<'r> {
    /// The digest of the alert's id. With it as the key, 48 bits are enough to tell the facts of an
    /// alert apart: nobody can choose names that collide before Graph has given the alert its id.
    key: [u8; 32],
    text: Vec<u8>,
    /// Most records of an alert show the same user.
    last_user: Option<((&'r str, &'r str), Fact)>,
}

impl<'r> Maker<'r> {
    /// For the alert whose id has this SHA-256 digest.
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            text: Vec::new(),
            last_user: None,
        }
    }

    /// The id of a device of which nothing else is known.
    pub(super) fn device_id(&mut self, id: &str) -> Facts {
        let mut facts = Facts::default();
        facts.extend([self.fact("device-id", &[id])]);
        facts
    }

    /// What a record of the device carries: its id, and what `ComputerDnsName` and `MachineName` show.
    pub(super) fn carried(&mut self, device: &Device<'_>) -> Facts {
        let [id, dns_name, host_name] = texts(device);
        let computer = if dns_name.is_empty() {
            host_name
        } else {
            dns_name
        };
        let machine = match host_name {
            "" => dns_name.split('.').next().unwrap_or_default(),
            host_name => host_name,
        };
        self.of_device(id, [computer, machine])
    }

    /// What some record has to carry of the device.
    pub(super) fn wanted(&mut self, device: &Device<'_>) -> Facts {
        let [id, names @ ..] = texts(device);
        self.of_device(id, names)
    }

    /// A name counts for the device that has it: two devices may have one name, and change it.
    fn of_device(&mut self, id: &str, [one, other]: [&str; 2]) -> Facts {
        let mut facts = Facts::default();
        if !id.is_empty() {
            facts.extend([self.fact("device-id", &[id])]);
        }
        let other = if one == other { "" } else { other };
        for name in [one, other] {
            if !name.is_empty() {
                facts.extend([self.fact("device-name", &[id, name])]);
            }
        }
        facts
    }

    /// A user: what `UserName` and `UserDomain` show of him.
    pub(super) fn user(&mut self, person: Person<'r, '_>) -> Fact {
        let shown = person.shown();
        match self.last_user {
            Some((last, fact)) if last == shown => fact,
            _ => {
                let fact = self.fact("user", &[shown.0, shown.1]);
                self.last_user = Some((shown, fact));
                fact
            }
        }
    }

    fn fact(&mut self, kind: &str, values: &[&str]) -> Fact {
        self.text.clear();
        for text in [kind].iter().chain(values) {
            self.text.extend((text.len() as u64).to_be_bytes());
            self.text.extend(text.as_bytes());
        }
        let digest = blake3::keyed_hash(&self.key, &self.text);
        let mut fact = Fact::default();
        fact.copy_from_slice(&digest.as_bytes()[..size_of::<Fact>()]);
        fact
    }
}

/// Id, DNS name and host name; empty where there is none.
fn texts<'d>(device: &'d Device<'_>) -> [&'d str; 3] {
    [
        &device.mde_device_id,
        &device.device_dns_name,
        &device.host_name,
    ]
    .map(|text| text.as_deref().unwrap_or_default())
}
