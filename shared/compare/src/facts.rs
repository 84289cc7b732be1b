//! What a record says of itself, as numbers: thousands of records of an alert are compared with each
//! other, and a text is taken to pieces once.

use std::collections::HashMap;

use drawbridge_record::siem::KEYS;

use crate::alert_id::without_prefix;
use crate::device::{self, label};
use crate::domain::account;
use crate::row::{Row, is_empty};
use crate::text::{parts, text};
use crate::{address, keys};

/// The numbers of texts. Nothing is 0.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: String) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let next = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
        *self.0.entry(text).or_insert(next)
    }
}

/// The value of a key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyValue {
    /// Its text, and what else of the record decides about its spelling.
    pub(crate) text: u32,
    /// What two values that are the same but for their spelling have one of in common.
    forms: [u32; 2],
}

impl KeyValue {
    /// Whether the two may be the same, otherwise written.
    pub(crate) fn may_be(self, other: Self) -> bool {
        share(&self.forms, &other.forms)
    }
}

/// The device of a record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Device {
    id: u32,
    labels: [u32; 2],
    /// Its names that include a domain.
    full_names: [u32; 2],
}

impl Device {
    /// Whether the two may be one: by id or by name, or because no two things that they say of it can be
    /// compared. Of one label in two domains there are two.
    pub(crate) fn may_be(self, other: Self) -> bool {
        let has = |numbers: [u32; 2]| numbers != [0; 2];
        if self.id != 0 && self.id == other.id {
            return true;
        }
        if has(self.labels) && has(other.labels) {
            let may_share_domain = !has(self.full_names)
                || !has(other.full_names)
                || share(&self.full_names, &other.full_names);
            return may_share_domain && share(&self.labels, &other.labels);
        }
        self.id == 0 || other.id == 0
    }

    pub(crate) fn is_named(self) -> bool {
        self.id != 0 || self.labels != [0; 2]
    }

    /// A number that one device has in all records of a side, as far as they name it alike.
    pub(crate) fn number(self) -> u32 {
        let mut all = self.labels.into_iter().chain([self.id]);
        all.find(|number| *number != 0).unwrap_or_default()
    }
}

/// A record.
pub(crate) struct Facts {
    /// What of `FullId` identifies the record within its alert: the alert's id, with which it begins, may
    /// have two letters more.
    pub(crate) key: u32,
    pub(crate) hashes: Vec<u32>,
    pub(crate) addresses: Vec<u32>,
    pub(crate) file_name: u32,
    /// The user without its domain.
    pub(crate) account: u32,
    pub(crate) device: Device,
    /// One per key, in the order of the keys.
    pub(crate) values: Vec<KeyValue>,
}

impl Facts {
    pub(crate) fn of(row: &Row, numbers: &mut Numbers) -> Self {
        let low = |name: &str| spaced(&row.text(name).to_lowercase());
        let mut filled = |names: &[&str], form: fn(String) -> String| -> Vec<u32> {
            let all = names.iter().map(|name| numbers.of(form(low(name))));
            all.filter(|number| *number != 0).collect()
        };
        let hashes = filled(&["Sha256", "Sha1", "Md5", "FileHash"], |hash| hash);
        let addresses = filled(&["IpAddress", "Url"], |address| {
            address::canonical(&address).unwrap_or(address)
        });
        let full_id = row.text("FullId").to_lowercase();
        let key = full_id.rsplit_once(':').map_or("", |(_, key)| key);
        Self {
            key: numbers.of(key.to_owned()),
            hashes,
            addresses,
            file_name: numbers.of(low("FileName")),
            account: numbers.of(account(&low("UserName")).to_owned()),
            device: device_of(row, numbers),
            values: (0..KEYS.len())
                .map(|n| key_value(n, row, numbers))
                .collect(),
        }
    }

    /// Whether the record is of more than a user, whom every record of an alert may show.
    pub(crate) fn has_entity(&self) -> bool {
        self.file_name != 0 || !self.hashes.is_empty() || !self.addresses.is_empty()
    }
}

/// Whether two lists have a number in common.
fn share(a: &[u32; 2], b: &[u32; 2]) -> bool {
    a.iter().any(|number| *number != 0 && b.contains(number))
}

fn device_of(row: &Row, numbers: &mut Numbers) -> Device {
    let mut device = Device::default();
    for id in device::ids(row) {
        device.id = numbers.of(id);
    }
    for (n, name) in device::names(row).into_iter().take(2).enumerate() {
        device.labels[n] = numbers.of(label(&name).to_owned());
        if label(&name) != name {
            device.full_names[n] = numbers.of(name);
        }
    }
    device
}

/// The value of key `n`. What [`alike`](crate::value::alike) finds the same has a form in common.
fn key_value(n: usize, row: &Row, numbers: &mut Numbers) -> KeyValue {
    let value = row.get(n).filter(|value| !is_empty(Some(value)));
    let Some(value) = value.map(text) else {
        return KeyValue::default();
    };
    let name = KEYS[n].name;
    let low = spaced(&value.to_lowercase());
    let mut beside = String::new();
    let forms = match name {
        "CommandLine" => [value.trim().to_owned(), String::new()],
        "FilePath" => {
            beside = row.text("FileName").to_owned();
            let path = low.replace('/', "\\");
            let path = path.trim_end_matches('\\');
            let file = spaced(&beside.to_lowercase());
            let folder = path.strip_suffix(&*file).filter(|_| !file.is_empty());
            let folder = folder.and_then(|folder| folder.strip_suffix('\\'));
            let folder = folder.unwrap_or_default().trim_end_matches('\\');
            [path.to_owned(), folder.to_owned()]
        }
        "UserName" => {
            beside = row.text("UserDomain").to_owned();
            [account(&low).to_owned(), String::new()]
        }
        "ComputerDnsName" | "MachineName" => {
            beside = [row.text("MachineDomain"), row.text("DeviceID")].join("\0");
            [label(&low).to_owned(), String::new()]
        }
        "IpAddress" => [address::canonical(&low).unwrap_or(low), String::new()],
        "AlertId" => [without_prefix(&low), String::new()],
        "LogOnUsers" => {
            let mut users: Vec<&str> = parts(&low).into_iter().map(account).collect();
            users.sort_unstable();
            [users.join(";"), String::new()]
        }
        _ if keys::is_list(n) => [parts(&low).join(";"), String::new()],
        _ => [low, String::new()],
    };
    KeyValue {
        text: numbers.of(format!("{value}\0{beside}")),
        forms: forms.map(|form| numbers.of(form)),
    }
}

/// A text with single spaces.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
