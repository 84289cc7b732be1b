//! What a SIEM joins on: a device's id, a device's names, a user. Graph adds them to an alert after
//! it has shown the alert, so that it matters which of them some written record carries.

use drawbridge_alert::Device;

use super::person::Person;
use crate::{Fact, Facts};

/// What a fact is made of has hardly ever more bytes.
const USUAL_BYTES: usize = 256;

/// The facts of a device.
#[derive(Clone, Copy)]
pub(super) struct DeviceFacts {
    /// What a record of the device carries: its id, and what `ComputerDnsName` and `MachineName` show.
    pub(super) carried: Facts,
    /// What some record has to carry of the device.
    pub(super) wanted: Facts,
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
            text: Vec::with_capacity(USUAL_BYTES),
            last_user: None,
        }
    }

    /// The id of a device of which nothing else is known.
    pub(super) fn device_id(&mut self, id: &str) -> Facts {
        let mut facts = Facts::default();
        facts.extend([self.fact("device-id", &[id])]);
        facts
    }

    /// What is known by of a device. A name counts for the device that has it: two devices may have
    /// one name, and change it.
    pub(super) fn of_device(&mut self, device: &Device<'_>) -> DeviceFacts {
        let [id, dns_name, host_name] = texts(device);
        let mut facts = |names: [&str; 2]| {
            let mut facts = Facts::default();
            if !id.is_empty() {
                facts.extend([self.fact("device-id", &[id])]);
            }
            let other = if names[0] == names[1] { "" } else { names[1] };
            for name in [names[0], other] {
                if !name.is_empty() {
                    facts.extend([self.fact("device-name", &[id, name])]);
                }
            }
            facts
        };
        let wanted = facts([dns_name, host_name]);
        let carried = match (dns_name, host_name) {
            ("", host_name) => facts([host_name, host_name]),
            (dns_name, "") => facts([dns_name, dns_name.split('.').next().unwrap_or_default()]),
            _ => wanted,
        };
        DeviceFacts { carried, wanted }
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
            let length = (text.len() as u64).to_be_bytes();
            self.text.extend_from_slice(&length);
            self.text.extend_from_slice(text.as_bytes());
        }
        let digest = blake3::keyed_hash(&self.key, &self.text);
        let mut fact = Fact::default();
        fact.copy_from_slice(&digest.as_bytes()[..size_of::<Fact>()]);
        fact
    }
}

/// Id, DNS name and host name, each empty if it is missing.
fn texts<'d>(device: &'d Device<'_>) -> [&'d str; 3] {
    [
        &device.mde_device_id,
        &device.device_dns_name,
        &device.host_name,
    ]
    .map(|text| text.as_deref().unwrap_or_default())
}
