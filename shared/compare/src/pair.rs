//! Which record of an alert is the old one of which.
//!
//! Two records may be a pair if they identify the same entity and their devices may be one. Of all pairs
//! that may be, the best is taken first: the one with the surest identity, of those the one that loses
//! least of what tells records apart, of those the one that loses least of all else. What is lost is
//! judged as the report judges it, so that another spelling is no loss. Equal pairs are taken in the
//! order of what the records hold: that of the files decides nothing.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use drawbridge_record::siem::KEYS;
use serde::Serialize;

use crate::facts::{Facts, Numbers};
use crate::row::Row;
use crate::{keys, value};

/// What two records of an alert were matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

/// The ways to identify an entity, the surest first.
const SUREST_FIRST: [PairedBy; 5] = [
    PairedBy::Key,
    PairedBy::Hash,
    PairedBy::Address,
    PairedBy::Name,
    PairedBy::NoEntity,
];

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

/// The keys that tell the records of an alert apart.
const TELLING: &[&str] = &[
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

/// The keys that say nothing of two records, beside those that are made up here, such as the number of a
/// record within its alert: which times are the same is not known before all are read.
const TIMES: &[&str] = &["AlertTime", "LastProcessedTimeUtc"];

/// The points of a key: what was empty on one side loses nothing, however many such keys there are; what
/// is empty now may be lost, and another value is.
const SAME: u32 = 128;
const FILLED: u32 = SAME - 1;
const EMPTIED: u32 = SAME / 2;

/// Matches the records of one alert. `has_entities` says whether the old side has the keys that say what
/// a record is of.
pub(crate) fn pair(old: &[Row], new: &[Row], has_entities: bool) -> Pairs {
    let orders = [by_content(old), by_content(new)];
    let old: Vec<&Row> = orders[0].iter().map(|&o| &old[o]).collect();
    let new: Vec<&Row> = orders[1].iter().map(|&n| &new[n]).collect();
    let mut alert = Alert::of(&old, &new);
    let mut found = alert.best_first();
    if !has_entities {
        alert.without_entities(&mut found);
    }
    found.pair_same_full_id(&old, &new);
    if found.pairs.is_empty()
        && let ([o, ..], [n, ..]) = (&found.only_old[..], &found.only_new[..])
    {
        found.pairs.push((*o, *n, PairedBy::AlertAlone));
    }
    found.pairs.sort_unstable();
    let [old, new] = orders;
    let pairs = found.pairs.into_iter();
    Pairs {
        pairs: pairs.map(|(o, n, by)| (old[o], new[n], by)).collect(),
        only_old: found.only_old.into_iter().map(|o| old[o]).collect(),
        only_new: found.only_new.into_iter().map(|n| new[n]).collect(),
    }
}

/// The places of the records in the order of what they hold.
fn by_content(rows: &[Row]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_cached_key(|&n| serde_json::to_string(&rows[n]).unwrap_or_default());
    order
}

/// How good a pair is: the surest identity, then the points of the keys that tell records apart, then
/// those of all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Goodness {
    by: Reverse<usize>,
    telling: u32,
    others: u32,
}

/// The records of one alert.
struct Alert<'r> {
    old: &'r [&'r Row],
    new: &'r [&'r Row],
    old_facts: Vec<Facts>,
    new_facts: Vec<Facts>,
    /// The new records by what identifies their entities.
    by_identity: HashMap<(PairedBy, u32), Vec<usize>>,
    /// The keys that tell records apart, and all others that say something of a record.
    telling: Vec<usize>,
    others: Vec<usize>,
    /// Whether each side names one device at most: a file that the two have is on that one, whatever it
    /// is called.
    is_of_one_device: bool,
    /// Whether two texts of a key are the same but for their spelling.
    alike: HashMap<(usize, u32, u32), bool>,
}

impl<'r> Alert<'r> {
    fn of(old: &'r [&'r Row], new: &'r [&'r Row]) -> Self {
        let mut numbers = Numbers::default();
        let [old_facts, new_facts] = [old, new].map(|rows| -> Vec<Facts> {
            let rows = rows.iter();
            rows.map(|row| Facts::of(row, &mut numbers)).collect()
        });
        let mut by_identity: HashMap<_, Vec<usize>> = HashMap::new();
        for (n, facts) in new_facts.iter().enumerate() {
            for by in SUREST_FIRST {
                for identity in identities(by, facts) {
                    by_identity.entry((by, identity)).or_default().push(n);
                }
            }
        }
        let is_telling = |n: &usize| TELLING.contains(&KEYS[*n].name);
        let says_more = |n: &usize| !(keys::is_synthesised(*n) || TIMES.contains(&KEYS[*n].name));
        let (telling, others) = (0..KEYS.len()).filter(says_more).partition(is_telling);
        let names_one_device = |facts: &[Facts]| {
            let named = facts.iter().filter(|facts| facts.device.is_named());
            let devices: HashSet<u32> = named.map(|facts| facts.device.number()).collect();
            devices.len() <= 1
        };
        Self {
            old,
            new,
            is_of_one_device: names_one_device(&old_facts) && names_one_device(&new_facts),
            old_facts,
            new_facts,
            by_identity,
            telling,
            others,
            alike: HashMap::new(),
        }
    }

    /// Takes the best pair of all, then the best of what is left. Each old record looks again for the
    /// best that is left only when that one was taken: the time grows with the product of the records
    /// of one entity, as long as few pairs are equally good, and in any case with no more than that.
    fn best_first(&mut self) -> Pairs {
        let mut is_taken = vec![false; self.new.len()];
        let mut queue = BinaryHeap::new();
        let mut found = Pairs::default();
        let mut look = Vec::from_iter(0..self.old.len());
        loop {
            for o in look.drain(..) {
                match self.best(o, &is_taken) {
                    Some((goodness, n)) => queue.push((goodness, Reverse(o), n)),
                    None => found.only_old.push(o),
                }
            }
            let Some((goodness, Reverse(o), n)) = queue.pop() else {
                break;
            };
            if is_taken[n] {
                look.push(o);
            } else {
                is_taken[n] = true;
                found.pairs.push((o, n, SUREST_FIRST[goodness.by.0]));
            }
        }
        found.only_old.sort_unstable();
        found.only_new = (0..self.new.len()).filter(|&n| !is_taken[n]).collect();
        found
    }

    /// The best new record for an old one, of those that are left; of several, the first.
    fn best(&mut self, o: usize, is_taken: &[bool]) -> Option<(Goodness, usize)> {
        for (sure, by) in SUREST_FIRST.into_iter().enumerate() {
            let mut best: Option<(Goodness, usize)> = None;
            for identity in identities(by, &self.old_facts[o]) {
                let candidates = self.by_identity.get_mut(&(by, identity));
                let Some(candidates) = candidates.map(std::mem::take) else {
                    continue;
                };
                for &n in candidates.iter().filter(|&&n| !is_taken[n]) {
                    if !self.may_be(by, o, n) {
                        continue;
                    }
                    let telling = self.points(true, o, n);
                    if best.is_some_and(|(best, _)| telling < best.telling) {
                        continue;
                    }
                    let goodness = Goodness {
                        by: Reverse(sure),
                        telling,
                        others: self.points(false, o, n),
                    };
                    let better = |(best, its): (Goodness, usize)| {
                        (goodness, Reverse(n)) > (best, Reverse(its))
                    };
                    if best.is_none_or(better) {
                        best = Some((goodness, n));
                    }
                }
                self.by_identity.insert((by, identity), candidates);
            }
            if best.is_some() {
                return best;
            }
        }
        None
    }

    /// Whether two records that identify the same entity may be the same. Without an entity, or with a
    /// user alone, the device and the user are what a record is of.
    fn may_be(&self, by: PairedBy, o: usize, n: usize) -> bool {
        let (old, new) = (&self.old_facts[o], &self.new_facts[n]);
        match by {
            PairedBy::Key => true,
            _ if old.device.may_be(new.device) => {
                by != PairedBy::NoEntity
                    || old.account == 0
                    || new.account == 0
                    || old.account == new.account
            }
            _ => self.is_of_one_device && old.has_entity() && new.has_entity(),
        }
    }

    /// How little is lost of a record: most for the same, less for what is new, least for another value.
    fn points(&mut self, is_telling: bool, o: usize, n: usize) -> u32 {
        let keys = match is_telling {
            true => &self.telling,
            false => &self.others,
        };
        let mut points = 0;
        for &key in keys {
            let (old, new) = (self.old_facts[o].values[key], self.new_facts[n].values[key]);
            points += match (old.text, new.text) {
                (a, b) if a == b => SAME,
                (0, _) => FILLED,
                (_, 0) => EMPTIED,
                _ if !old.may_be(new) => 0,
                (a, b) => {
                    let is_same = || value::alike(key, self.old[o], self.new[n]);
                    let is_same = *self.alike.entry((key, a, b)).or_insert_with(is_same);
                    if is_same { SAME } else { 0 }
                }
            };
        }
        points
    }

    /// For an export without the keys of entities: pairs an old record that is left with a new one of the
    /// same device and user, or with any if it names neither. Its entity is unknown, so it does not count
    /// as missing, and only what it says about the alert is compared.
    fn without_entities(&self, found: &mut Pairs) {
        let may_be = |o: usize, n: usize| {
            let (old, new) = (&self.old_facts[o], &self.new_facts[n]);
            let is_on_it =
                !old.device.is_named() || new.device.is_named() && old.device.may_be(new.device);
            is_on_it && (old.account == 0 || old.account == new.account)
        };
        let Pairs {
            pairs,
            only_old,
            only_new,
        } = found;
        only_old.retain(|&o| {
            if self.old_facts[o].has_entity() {
                return true;
            }
            let left = only_new.iter().position(|&n| may_be(o, n));
            let partner = match left {
                Some(at) => Some(only_new.remove(at)),
                None => (0..self.new.len()).find(|&n| may_be(o, n)),
            };
            pairs.extend(partner.map(|n| (o, n, PairedBy::AlertAlone)));
            partner.is_none()
        });
    }
}

impl Pairs {
    /// Pairs each record that is left with the partner of the one that has the same `FullId`: if a record
    /// came twice with different contents, neither is missing, and each is compared.
    fn pair_same_full_id(&mut self, old: &[&Row], new: &[&Row]) {
        let mut partners: [HashMap<&str, (usize, usize, PairedBy)>; 2] = Default::default();
        for &(o, n, by) in &self.pairs {
            for (side, row) in [old[o], new[n]].into_iter().enumerate() {
                let full_id = row.text("FullId");
                if !full_id.is_empty() {
                    partners[side].entry(full_id).or_insert((o, n, by));
                }
            }
        }
        let [of_old, of_new] = &partners;
        let pairs = &mut self.pairs;
        self.only_old.retain(|&o| {
            let partner = of_old.get(old[o].text("FullId"));
            pairs.extend(partner.map(|&(_, n, by)| (o, n, by)));
            partner.is_none()
        });
        self.only_new.retain(|&n| {
            let partner = of_new.get(new[n].text("FullId"));
            pairs.extend(partner.map(|&(o, _, by)| (o, n, by)));
            partner.is_none()
        });
    }
}

/// What identifies the entity of a record in one of the ways. Every record of an alert may show its
/// user, so that a user's name counts where there is nothing else.
fn identities(by: PairedBy, facts: &Facts) -> Vec<u32> {
    let filled = |number: u32| if number == 0 { vec![] } else { vec![number] };
    match by {
        PairedBy::Key => filled(facts.key),
        PairedBy::Hash => facts.hashes.clone(),
        PairedBy::Address => facts.addresses.clone(),
        PairedBy::Name if facts.has_entity() => filled(facts.file_name),
        PairedBy::Name => filled(facts.account),
        PairedBy::NoEntity if !facts.has_entity() => vec![0],
        PairedBy::NoEntity | PairedBy::AlertAlone => vec![],
    }
}

#[cfg(test)]
mod tests;
