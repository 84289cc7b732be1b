//! Which record of an alert is the old one of which: by what it is a record of.

use std::cmp::Reverse;
use std::collections::HashMap;

use drawbridge_record::siem::KEYS;
use serde::Serialize;

use crate::device;
use crate::row::Row;

/// The most candidates that are looked at for a record: those beyond share a hash or a name with it.
const MAX_CANDIDATES: usize = 64;

/// What two records of an alert were matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairedBy {
    /// The same `FullId`: both are records of ours.
    Key,
    /// A hash.
    Hash,
    /// A file's name, or a user's.
    Name,
    /// An address or a URL.
    Address,
    /// Neither names an entity: they are of the device or the alert alone.
    NoEntity,
    /// The alert: each side has records, and none of them are of the same entity. Only what is said of
    /// the alert itself is compared.
    AlertAlone,
}

/// The records of an alert on both sides, matched.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) pairs: Vec<(usize, usize, PairedBy)>,
    pub(crate) only_old: Vec<usize>,
    pub(crate) only_new: Vec<usize>,
}

/// The keys without which an export does not say what its records are of.
const ENTITY_KEYS: &[&str] = &["FileName", "IpAddress", "Url", "UserName"];

/// Whether a side with these keys says what its records are of.
pub(crate) fn has_entity_keys(has_key: &[bool]) -> bool {
    let mut keys = KEYS.iter().zip(has_key);
    keys.all(|(key, has)| *has || !ENTITY_KEYS.contains(&key.name))
}

/// The keys that identify an entity, the surest first, and last what has none.
const TIERS: &[(PairedBy, &[&str])] = &[
    (PairedBy::Key, &["FullId"]),
    (PairedBy::Hash, &["Sha256", "Sha1", "Md5", "FileHash"]),
    (PairedBy::Address, &["IpAddress", "Url"]),
    (PairedBy::Name, &["FileName", "UserName"]),
    (PairedBy::NoEntity, &[]),
];

/// What else speaks for two records being of the same entity, where several may be. Not `AlertPart`,
/// the number of the record: orders differ.
const HINTS: &[&str] = &[
    "Sha256",
    "Sha1",
    "FileName",
    "FilePath",
    "CommandLine",
    "IpAddress",
    "Url",
    "UserName",
    "DeviceID",
    "ComputerDnsName",
    "MachineName",
];

/// What two records must have in common beside the entity, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Narrowed {
    /// All that speaks for them being of the same one.
    AllHints,
    /// The device's id.
    DeviceId,
    /// One of the device's names.
    DeviceName,
    /// One of them without its domain, or that neither names a device.
    DeviceLabel,
    /// Nothing.
    Nothing,
}

impl Narrowed {
    const ALL: [Self; 5] = [
        Self::AllHints,
        Self::DeviceId,
        Self::DeviceName,
        Self::DeviceLabel,
        Self::Nothing,
    ];

    /// The texts of a record of which the other one must have one.
    fn of(self, row: &Row) -> Vec<String> {
        match self {
            Self::AllHints => {
                let hints = HINTS.iter().map(|name| row.text(name).to_lowercase());
                vec![hints.collect::<Vec<_>>().join("\0")]
            }
            Self::DeviceId => device::ids(row),
            Self::DeviceName => device::names(row),
            Self::DeviceLabel if !device::is_named(row) => vec![String::new()],
            Self::DeviceLabel => device::labels(row),
            Self::Nothing => vec![String::new()],
        }
    }
}

/// Matches the records of one alert. `has_entities` says whether the old side has the keys that say what
/// a record is of.
pub(crate) fn pair(old: &[Row], new: &[Row], has_entities: bool) -> Pairs {
    let mut left_old: Vec<usize> = (0..old.len()).collect();
    let mut is_taken = vec![false; new.len()];
    let mut found = Pairs::default();
    let ways = TIERS
        .iter()
        .flat_map(|tier| Narrowed::ALL.map(|narrowed| (tier, narrowed)));
    for ((by, names), narrowed) in ways {
        if left_old.is_empty() {
            break;
        }
        let mut by_value: HashMap<String, Vec<usize>> = HashMap::new();
        for (n, row) in new.iter().enumerate().filter(|(n, _)| !is_taken[*n]) {
            for value in identities(*by, names, narrowed, row) {
                by_value.entry(value).or_default().push(n);
            }
        }
        let may_be = |o: usize, n: usize| match narrowed {
            Narrowed::DeviceName | Narrowed::DeviceLabel => {
                device::may_share_domain(&old[o], &new[n])
            }
            Narrowed::Nothing => *by == PairedBy::Key || may_be_of_one(&old[o], &new[n]),
            Narrowed::AllHints | Narrowed::DeviceId => true,
        };
        left_old.retain(|&o| {
            let values = identities(*by, names, narrowed, &old[o]);
            let candidates = values
                .iter()
                .filter_map(|value| by_value.get(value))
                .flatten()
                .filter(|&&n| !is_taken[n] && may_be(o, n))
                .take(MAX_CANDIDATES);
            // Of several alike, the first.
            let best = candidates
                .copied()
                .min_by_key(|&n| (Reverse(alike(&old[o], &new[n])), n));
            let Some(n) = best else { return true };
            is_taken[n] = true;
            found.pairs.push((o, n, *by));
            false
        });
    }
    if !has_entities {
        // What such a record is of is not known, so that it is none that is missing.
        let mut others = (0..new.len()).filter(|&n| !is_taken[n]);
        let mut taken = Vec::new();
        left_old.retain(|&o| {
            if has_entity(&old[o]) {
                return true;
            }
            if let Some(n) = others.next() {
                taken.push(n);
                found.pairs.push((o, n, PairedBy::AlertAlone));
            }
            false
        });
        for n in taken {
            is_taken[n] = true;
        }
    }
    found.only_new = (0..new.len()).filter(|&n| !is_taken[n]).collect();
    found.only_old = left_old;
    found.pair_twins(old, new);
    if found.pairs.is_empty()
        && let ([o, ..], [n, ..]) = (&found.only_old[..], &found.only_new[..])
    {
        found.pairs.push((*o, *n, PairedBy::AlertAlone));
    }
    found
}

impl Pairs {
    /// Puts records that are left to the partner of the one with their `FullId`: a record that came
    /// twice with two contents is none that is missing, and each content is compared.
    fn pair_twins(&mut self, old: &[Row], new: &[Row]) {
        let mut partners: [HashMap<&str, (usize, usize, PairedBy)>; 2] = Default::default();
        for &(o, n, by) in &self.pairs {
            for (side, row) in [&old[o], &new[n]].into_iter().enumerate() {
                let full_id = row.text("FullId");
                if !full_id.is_empty() {
                    partners[side].entry(full_id).or_insert((o, n, by));
                }
            }
        }
        let [of_old, of_new] = &partners;
        let pairs = &mut self.pairs;
        self.only_old.retain(|&o| {
            let twin = of_old.get(old[o].text("FullId"));
            pairs.extend(twin.map(|&(_, n, by)| (o, n, by)));
            twin.is_none()
        });
        self.only_new.retain(|&n| {
            let twin = of_new.get(new[n].text("FullId"));
            pairs.extend(twin.map(|&(o, _, by)| (o, n, by)));
            twin.is_none()
        });
    }
}

/// What identifies the entity of a record, each with what must be the same as well.
fn identities(by: PairedBy, names: &[&str], narrowed: Narrowed, row: &Row) -> Vec<String> {
    let entities: Vec<String> = match by {
        PairedBy::NoEntity if has_entity(row) => Vec::new(),
        PairedBy::NoEntity => vec![String::new()],
        _ => names
            .iter()
            .filter_map(|name| identifying(by, name, row))
            .collect(),
    };
    let beside = match entities.is_empty() {
        true => Vec::new(),
        false => narrowed.of(row),
    };
    let all = entities
        .iter()
        .flat_map(|entity| beside.iter().map(move |text| format!("{entity}\0{text}")));
    all.collect()
}

/// The value of a key that identifies an entity. Every record of an alert may show its user, so that a
/// user's name counts where there is nothing else; what an old list holds is taken as it is.
fn identifying(by: PairedBy, name: &str, row: &Row) -> Option<String> {
    let value = row.text(name).to_lowercase();
    let is_shown_only = name == "UserName" && has_entity(row);
    // The id of the alert, with which the key begins, may have two letters more.
    let value = match by {
        PairedBy::Key => value.rsplit_once(':').map(|(_, rest)| rest.to_owned())?,
        _ => value,
    };
    (!value.is_empty() && !is_shown_only).then_some(value)
}

/// Whether a record is of more than a user, whom every record of an alert may show.
fn has_entity(row: &Row) -> bool {
    [
        "Sha1",
        "Sha256",
        "Md5",
        "FileHash",
        "FileName",
        "IpAddress",
        "Url",
    ]
    .iter()
    .any(|name| !row.text(name).is_empty())
}

/// Whether the devices of two records may be one: without an entity, or with a user alone, the device is
/// what a record is of.
fn may_be_of_one(old: &Row, new: &Row) -> bool {
    has_entity(old) || has_entity(new) || !(device::is_named(old) && device::is_named(new))
}

/// How alike two records are: in what speaks for one entity, then in all.
fn alike(old: &Row, new: &Row) -> (usize, usize) {
    let alike = HINTS.iter().filter(|name| {
        let (a, b) = (old.text(name), new.text(name));
        !a.is_empty() && a.eq_ignore_ascii_case(b)
    });
    // A process has a command line and the file that it runs has none.
    let same_kind = old.text("CommandLine").is_empty() == new.text("CommandLine").is_empty();
    let hints = alike.count() * 2 + usize::from(same_kind);
    (hints, old.in_common(new))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rows(records: Value) -> Vec<Row> {
        let Value::Array(records) = records else {
            panic!("no list")
        };
        let maps = records.into_iter().map(|record| match record {
            Value::Object(map) => Row::of(map, |_, _| {}),
            _ => panic!("no record"),
        });
        maps.collect()
    }

    #[test]
    fn records_are_matched_by_their_entity() {
        let old = rows(json!([
            {"FileName": "a.exe", "Sha1": "AA", "CommandLine": ""},
            {"IpAddress": "192.0.2.1"},
            {"FileName": "b.exe", "Sha1": ""},
            {"UserName": "liz"},
            {"FileName": "gone.exe"},
            {"MachineName": "ws-1"},
        ]));
        let new = rows(json!([
            {"MachineName": "ws-1"},
            {"FileName": "a.exe", "Sha1": "aa", "CommandLine": "a.exe /x"},
            {"UserName": "liz", "FileName": "B.exe", "Sha1": "bb"},
            {"FileName": "a.exe", "Sha1": "aa", "CommandLine": ""},
            {"UserName": "Liz"},
            {"UserName": "liz", "IpAddress": "192.0.2.1"},
        ]));
        let mut found = pair(&old, &new, true);
        found.pairs.sort_unstable();
        use PairedBy::{Address, Hash, Name, NoEntity};
        let expected = [
            (0, 3, Hash),
            (1, 5, Address),
            (2, 2, Name),
            (3, 4, Name),
            (5, 0, NoEntity),
        ];
        assert_eq!(found.pairs, expected);
        assert_eq!((found.only_old, found.only_new), (vec![4], vec![1]));
    }

    #[test]
    fn records_of_ours_are_matched_by_their_key() {
        let old = rows(json!([{"FullId": "da1:x", "Sha1": "a"}, {"FullId": "da1:y", "Sha1": "b"}]));
        let new = rows(json!([{"FullId": "1:y", "Sha1": "a"}, {"FullId": "1:x", "Sha1": "b"}]));
        let pairs = pair(&old, &new, true).pairs;
        assert_eq!(pairs, [(0, 1, PairedBy::Key), (1, 0, PairedBy::Key)]);
    }

    #[test]
    fn an_alert_without_a_common_entity_is_compared_all_the_same() {
        let old = rows(json!([{"FileName": "a"}]));
        let new = rows(json!([{"IpAddress": "192.0.2.1"}, {"IpAddress": "192.0.2.2"}]));
        let found = pair(&old, &new, true);
        assert_eq!(found.pairs, [(0, 0, PairedBy::AlertAlone)]);
        assert_eq!((found.only_old.len(), found.only_new.len()), (1, 2));
    }

    #[test]
    fn many_records_of_one_hash_are_told_apart_by_their_devices() {
        let device =
            |n: usize| json!({"Sha1": "aa", "MachineName": format!("ws-{n}"), "AlertPart": n});
        let old = rows((0..200).map(device).collect());
        let new = rows((0..200).rev().map(device).collect());
        let pairs = pair(&old, &new, true).pairs;
        assert_eq!(pairs.len(), 200);
        assert!(pairs.iter().all(|(o, n, _)| o + n == 199), "{pairs:?}");
    }

    #[test]
    fn a_record_without_a_word_of_its_entity_is_none_that_is_missing() {
        let old = rows(json!([{"Severity": "High"}, {"Severity": "High"}, {"Severity": "High"}]));
        let new = rows(json!([{"Url": "a"}, {"Url": "b"}]));
        let found = pair(&old, &new, false);
        assert_eq!(found.pairs.len(), 2, "{found:?}");
        assert!(
            found.only_old.is_empty() && found.only_new.is_empty(),
            "{found:?}"
        );
        assert_eq!(pair(&old, &new, true).only_old.len(), 3);
    }
}
