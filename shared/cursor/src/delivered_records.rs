use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::digest_map::DigestMap;
use crate::entry::{Entry, Fact, MOST_FACTS};
use crate::versions::{Meaning, Taken, TextDigests, Versions, half};

/// The records that an output already has, by alert, and the facts that they carry.
///
/// A record is known by the first 16 bytes of its key's SHA-256 digest: 128 bits, because entity
/// values are an attacker's to choose, and a shorter key could be made to collide so that a record
/// is taken for one already written. The position of a key within its alert is its `AlertPart`.
#[derive(Debug, Clone, Default)]
pub struct DeliveredRecords {
    pub(crate) alerts: DigestMap<Entry>,
    keys: usize,
    facts: usize,
    /// What is looked up of each alert that has many keys or facts, as far as it was needed.
    pub(crate) large: HashMap<[u8; 16], Lookup>,
}

/// From so many keys or facts on, those of an alert are looked up in a map instead of searched: the time that an
/// alert takes must not grow with the square of its evidence.
const MANY: usize = 64;

/// The parts of an alert's keys, and its facts.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    pub(crate) parts: HashMap<[u8; 16], usize>,
    pub(crate) facts: HashSet<Fact>,
}

impl Lookup {
    fn of(entry: &Entry) -> Self {
        let keys = entry.keys.iter().enumerate().rev();
        Self {
            parts: keys.map(|(part, known)| (*known, part)).collect(),
            facts: entry.facts.iter().copied().collect(),
        }
    }
}

impl PartialEq for DeliveredRecords {
    fn eq(&self, other: &Self) -> bool {
        self.alerts == other.alerts
    }
}

impl Eq for DeliveredRecords {}

/// The permission to write a record, and what to release if the queue does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// The record's `AlertPart`: its position among those of the alert, from 0.
    pub part: u32,
    /// Whether it was never written before.
    pub is_new: bool,
    alert: AlertDigest,
    key: [u8; 16],
    /// The facts that no other record carried before; as many as `carries` says.
    facts: [Fact; MOST_FACTS],
    carries: usize,
    /// The version that was claimed, where the output asks for changes.
    taken: Option<Taken>,
}

impl Claimed {
    fn new(part: u32, is_new: bool, alert: AlertDigest, key: [u8; 16]) -> Self {
        Self {
            part,
            is_new,
            alert,
            key,
            facts: [Fact::default(); MOST_FACTS],
            carries: 0,
            taken: None,
        }
    }
}

/// An alert: its id's digest, computed once and used for each of its records, and when it came up,
/// which says where among the state's pages it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AlertDigest {
    pub(crate) id: [u8; 16],
    /// In seconds since 1970; 0 where that is not known.
    pub(crate) created_secs: u32,
}

impl AlertDigest {
    /// The digest of an alert id.
    #[must_use]
    pub fn of(alert_id: &str) -> Self {
        Self {
            id: half(&Sha256::digest(alert_id).into()),
            created_secs: 0,
        }
    }

    /// The same of an alert that came up then, in seconds since 1970.
    #[must_use]
    pub fn created(self, created_secs: u32) -> Self {
        Self {
            created_secs,
            ..self
        }
    }
}

impl DeliveredRecords {
    /// Claims a record for writing, once for ever: `None` when it was already written.
    ///
    /// `key` is the SHA-256 digest of the record's key. The claim counts once the state is saved;
    /// a poll that fails drops the state it changed.
    pub fn claim(&mut self, alert: AlertDigest, key: &[u8; 32], now_secs: u32) -> Option<Claimed> {
        let key = half(key);
        let (part, is_known) = self.place(alert, key, now_secs)?;
        if is_known && !self.reclaim_released(alert, part) {
            return None;
        }
        Some(Claimed::new(part, true, alert, key))
    }

    /// Claims a record for writing if it has changed: if this version was not written yet, and its content differs
    /// from what was written last. `meaning` is called only if the text differs from the one that was read last.
    pub fn claim_change(
        &mut self,
        alert: AlertDigest,
        key: &[u8; 32],
        reading: &TextDigests,
        meaning: impl FnOnce() -> Meaning,
        now_secs: u32,
    ) -> Option<Claimed> {
        let key = half(key);
        let (part, is_known) = self.place(alert, key, now_secs)?;
        let entry = self.alerts.get_mut(&alert.id)?;
        let versions = entry.versions_of(usize::try_from(part).ok()?);
        if !is_known {
            *versions = Versions::NEVER_WRITTEN;
        }
        let is_new = versions.is_never_written();
        let before = versions.content;
        let taken = versions.take(reading, meaning);
        // Which text was read last saves time, and says no more than the rest.
        if taken.is_some() || versions.content != before {
            entry.change();
        }
        Some(Claimed {
            taken: Some(taken?),
            ..Claimed::new(part, is_new, alert, key)
        })
    }

    /// Claims a record whether it was written or not, as a backfill that sends everything again does. A record that
    /// was written keeps its `AlertPart`. For an output that asks for changes, `version` is noted as the only one
    /// that was written, so that any other version from Graph is written after it.
    pub fn claim_resend(
        &mut self,
        alert: AlertDigest,
        key: &[u8; 32],
        version: Option<(&TextDigests, &Meaning)>,
        now_secs: u32,
    ) -> Option<Claimed> {
        let key = half(key);
        let (part, _) = self.place(alert, key, now_secs)?;
        self.reclaim_released(alert, part);
        let mut claimed = Claimed::new(part, true, alert, key);
        if let Some((reading, meaning)) = version {
            let entry = self.alerts.get_mut(&alert.id)?;
            let versions = entry.versions_of(usize::try_from(part).ok()?);
            claimed.taken = Some(versions.take_again(reading, meaning));
            entry.change();
        }
        Some(claimed)
    }

    /// Counts a record that was released as written again; whether it had been released.
    fn reclaim_released(&mut self, alert: AlertDigest, part: u32) -> bool {
        let Some(entry) = self.alerts.get_mut(&alert.id) else {
            return false;
        };
        let at = usize::try_from(part).unwrap_or(usize::MAX);
        let released = entry.versions.get_mut(at);
        let Some(versions) = released.filter(|versions| versions.is_never_written()) else {
            return false;
        };
        *versions = Versions::UNKNOWN;
        entry.change();
        true
    }

    /// Notes that Graph returned an alert, so that it is not forgotten, if it is known.
    pub fn saw(&mut self, alert: AlertDigest, now_secs: u32) {
        if let Some(entry) = self.alerts.get_mut(&alert.id) {
            entry.saw(now_secs);
        }
    }

    /// Whether one of `facts` is carried by no record of the alert that was written.
    pub fn lacks(&mut self, alert: AlertDigest, facts: &[Fact]) -> bool {
        let Some(entry) = self.alerts.get(&alert.id) else {
            return !facts.is_empty();
        };
        if entry.facts.len() < MANY {
            return facts.iter().any(|fact| !entry.facts.contains(fact));
        }
        let lookup = self.large.entry(alert.id);
        let known = &lookup.or_insert_with(|| Lookup::of(entry)).facts;
        facts.iter().any(|fact| !known.contains(fact))
    }

    /// Notes what a claimed record carries: at most four facts.
    pub fn carry(&mut self, claimed: &mut Claimed, facts: &[Fact]) {
        for fact in facts {
            let Some(place) = claimed.facts.get_mut(claimed.carries) else {
                return;
            };
            if !self.lacks(claimed.alert, std::slice::from_ref(fact)) {
                continue;
            }
            *place = *fact;
            claimed.carries += 1;
            if let Some(entry) = self.alerts.get_mut(&claimed.alert.id) {
                entry.facts.push(*fact);
                entry.change();
                self.facts += 1;
            }
            if let Some(lookup) = self.large.get_mut(&claimed.alert.id) {
                lookup.facts.insert(*fact);
            }
        }
    }

    /// The position of a record among those of its alert, and whether it had one before.
    fn place(&mut self, alert: AlertDigest, key: [u8; 16], now_secs: u32) -> Option<(u32, bool)> {
        let new = || Entry::new(alert.created_secs, now_secs);
        let entry = self.alerts.entry(alert.id).or_insert_with(new);
        entry.saw(now_secs);
        if let Some(part) = part_of(&mut self.large, alert.id, entry, &key) {
            return Some((u32::try_from(part).ok()?, true));
        }
        let part = u32::try_from(entry.keys.len()).ok()?;
        if let Some(lookup) = self.large.get_mut(&alert.id) {
            lookup.parts.insert(key, entry.keys.len());
        }
        entry.keys.push(key);
        entry.change();
        self.keys += 1;
        Some((part, false))
    }

    /// Releases a claim whose record the queue did not take: the next claim of the same record is granted, with the
    /// same `AlertPart`, and facts that only this record carried count as not delivered again.
    pub fn release(&mut self, claimed: &Claimed) {
        self.release_with(claimed, Versions::release);
    }

    /// The same for a record that lies in quarantine, or that the queue may have taken: whatever version comes after it
    /// is written.
    pub fn release_in_doubt(&mut self, claimed: &Claimed) {
        self.release_with(claimed, Versions::release_in_doubt);
    }

    fn release_with(&mut self, claimed: &Claimed, release: fn(&mut Versions, &Taken)) {
        let Claimed { alert, key, .. } = *claimed;
        let Some(entry) = self.alerts.get_mut(&alert.id) else {
            return;
        };
        for fact in &claimed.facts[..claimed.carries] {
            if let Some(at) = entry.facts.iter().rposition(|known| known == fact) {
                entry.facts.swap_remove(at);
                self.facts -= 1;
            }
            if let Some(lookup) = self.large.get_mut(&alert.id) {
                lookup.facts.remove(fact);
            }
        }
        if let Some(part) = part_of(&mut self.large, alert.id, entry, &key) {
            let versions = entry.versions_of(part);
            match &claimed.taken {
                Some(taken) => release(versions, taken),
                None if claimed.is_new => *versions = Versions::NEVER_WRITTEN,
                None => *versions = Versions::UNKNOWN,
            }
            entry.change();
        }
    }

    /// How many alerts are known.
    #[must_use]
    pub fn alerts(&self) -> usize {
        self.alerts.len()
    }

    /// How many records are known.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.keys
    }

    /// How many facts those records carry.
    pub(crate) fn facts(&self) -> usize {
        self.facts
    }

    /// Of how many of those records versions may be known, and how many are.
    pub(crate) fn versions(&self) -> (usize, usize) {
        let all = self.alerts.values().flat_map(|entry| &entry.versions);
        all.fold((0, 0), |(records, known), versions| {
            (records + 1, known + versions.known.len())
        })
    }

    /// Forgets the alerts that Graph has not returned since `oldest_secs`.
    pub(crate) fn forget_before(&mut self, oldest_secs: u32) {
        self.alerts
            .retain(|_, entry| entry.seen_secs >= oldest_secs);
        self.large
            .retain(|alert, _| self.alerts.contains_key(alert));
        self.keys = self.alerts.values().map(|entry| entry.keys.len()).sum();
        self.facts = self.alerts.values().map(|entry| entry.facts.len()).sum();
    }

    /// Takes what was seen later than `latest_secs` for seen then.
    pub(crate) fn seen_by(&mut self, latest_secs: u32) {
        for entry in self.alerts.values_mut() {
            entry.seen_secs = entry.seen_secs.min(latest_secs);
        }
    }

    /// Takes over what `theirs` has of one alert besides. What was given back there or here only was
    /// written; what either changed last is not known to be what the reader has.
    pub(crate) fn adopt(&mut self, alert: [u8; 16], theirs: &Entry) {
        let Some(mut ours) = self.take(&alert) else {
            self.insert(alert, theirs.clone());
            return;
        };
        ours.adopt(theirs);
        self.insert(alert, ours);
    }

    /// Takes out what is known of an alert.
    pub(crate) fn take(&mut self, alert: &[u8; 16]) -> Option<Entry> {
        let entry = self.alerts.remove(alert)?;
        self.keys -= entry.keys.len();
        self.facts -= entry.facts.len();
        self.large.remove(alert);
        Some(entry)
    }

    pub(crate) fn insert(&mut self, alert: [u8; 16], entry: Entry) {
        self.keys += entry.keys.len();
        self.facts += entry.facts.len();
        if let Some(old) = self.alerts.insert(alert, entry) {
            self.keys -= old.keys.len();
            self.facts -= old.facts.len();
        }
        self.large.remove(&alert);
    }
}

/// The position of a key within its alert.
fn part_of(
    large: &mut HashMap<[u8; 16], Lookup>,
    alert: [u8; 16],
    entry: &Entry,
    key: &[u8; 16],
) -> Option<usize> {
    if entry.keys.len() < MANY {
        return entry.keys.iter().position(|known| known == key);
    }
    let lookup = large.entry(alert).or_insert_with(|| Lookup::of(entry));
    lookup.parts.get(key).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> [u8; 32] {
        [n; 32]
    }

    fn part(claimed: Option<Claimed>) -> Option<u32> {
        claimed.map(|claimed| claimed.part)
    }

    #[test]
    fn parts_count_in_the_order_of_first_emission() {
        let mut written = DeliveredRecords::default();
        let alert = AlertDigest::of("da1");
        assert_eq!(part(written.claim(alert, &key(1), 10)), Some(0));
        assert_eq!(part(written.claim(alert, &key(2), 10)), Some(1));
        assert_eq!(part(written.claim(alert, &key(1), 20)), None);
        assert_eq!(part(written.claim(alert, &key(3), 20)), Some(2));
        let other = AlertDigest::of("da2");
        assert_eq!(part(written.claim(other, &key(1), 20)), Some(0));
        assert_eq!((written.alerts(), written.keys()), (2, 4));
        assert_eq!(
            part(written.claim_resend(alert, &key(2), None, 20)),
            Some(1)
        );
        assert_eq!(
            part(written.claim_resend(alert, &key(4), None, 20)),
            Some(3)
        );
        assert_eq!(part(written.claim(alert, &key(4), 20)), None);
    }

    #[test]
    fn a_record_given_back_keeps_its_part() {
        let mut written = DeliveredRecords::default();
        let alert = AlertDigest::of("da1");
        let claims: Vec<_> = (0..3)
            .map(|n| written.claim(alert, &key(n), 10).unwrap())
            .collect();
        written.release(&claims[1]);
        let never_seen = AlertDigest::of("never seen");
        written.release(&Claimed {
            alert: never_seen,
            ..claims[1]
        });
        assert_eq!(part(written.claim(alert, &key(3), 20)), Some(3));
        assert_eq!(part(written.claim(alert, &key(1), 20)), Some(1));
        assert_eq!(part(written.claim(alert, &key(1), 20)), None);
    }

    #[test]
    fn an_alert_of_many_records_keeps_its_parts() {
        let wide = |n: u32| -> [u8; 32] { Sha256::digest(n.to_be_bytes()).into() };
        let (mut written, alert) = (DeliveredRecords::default(), AlertDigest::of("da1"));
        let count = 100_000;
        for n in 0..count {
            let claimed = written.claim(alert, &wide(n), 10).unwrap();
            assert_eq!(claimed.part, n);
            if n == 70_000 {
                written.release(&claimed);
            }
        }
        for n in 0..count {
            let again = (n == 70_000).then_some(n);
            assert_eq!(part(written.claim(alert, &wide(n), 10)), again);
        }
        // Forgotten and seen again, it counts from 0.
        written.forget_before(11);
        assert_eq!(part(written.claim(alert, &wide(7), 12)), Some(0));
        assert_eq!(part(written.claim(alert, &wide(70_000), 12)), Some(1));
    }

    #[test]
    fn what_only_a_given_back_record_carried_is_lacking_again() {
        let fact = |n: u8| [n; 6];
        let mut written = DeliveredRecords::default();
        let (alert, other) = (AlertDigest::of("da1"), AlertDigest::of("da2"));
        assert!(written.lacks(alert, &[fact(1)]));
        let mut first = written.claim(alert, &key(1), 10).unwrap();
        written.carry(&mut first, &[fact(1), fact(2)]);
        let mut second = written.claim(alert, &key(2), 10).unwrap();
        written.carry(&mut second, &[fact(2), fact(3)]);
        assert!(!written.lacks(alert, &[fact(1), fact(2), fact(3)]));
        assert!(written.lacks(other, &[fact(1)]));
        written.release(&second);
        assert!(written.lacks(alert, &[fact(1), fact(3)]));
        assert!(!written.lacks(alert, &[fact(1), fact(2)]));
        written.forget_before(11);
        assert!(written.lacks(alert, &[fact(1)]));
    }

    #[test]
    fn the_facts_of_a_large_alert_are_looked_up() {
        let fact = |n: u32| -> Fact { *Sha256::digest(n.to_be_bytes()).first_chunk().unwrap() };
        let (mut written, alert) = (DeliveredRecords::default(), AlertDigest::of("da1"));
        let mut claims = Vec::new();
        for n in 0..100_000_u32 {
            let mut claimed = written
                .claim(alert, &Sha256::digest(n.to_be_bytes()).into(), 10)
                .unwrap();
            written.carry(&mut claimed, &[fact(n)]);
            claims.push(claimed);
        }
        written.release(&claims[99_000]);
        for n in 0..100_000 {
            assert_eq!(written.lacks(alert, &[fact(n)]), n == 99_000);
        }
    }

    #[test]
    fn what_others_wrote_meanwhile_is_taken_over() {
        let (one, two) = (AlertDigest::of("da1"), AlertDigest::of("da2"));
        let mut base = DeliveredRecords::default();
        base.claim(one, &key(1), 10);
        let released = base.claim(one, &key(2), 10).unwrap();
        base.release(&released);
        let (mut ours, mut theirs) = (base.clone(), base.clone());
        let mut claimed = ours.claim(one, &key(3), 20).unwrap();
        ours.carry(&mut claimed, &[[3; 6]]);
        theirs.claim(one, &key(2), 20);
        let mut claimed = theirs.claim(one, &key(4), 30).unwrap();
        theirs.carry(&mut claimed, &[[4; 6]]);
        let unsent = theirs.claim(two, &key(5), 30).unwrap();
        theirs.release(&unsent);
        for (alert, entry) in &theirs.alerts {
            ours.adopt(*alert, entry);
        }
        assert_eq!((ours.alerts(), ours.keys(), ours.facts()), (2, 5, 2));
        for n in [1, 2, 3, 4] {
            assert_eq!(ours.claim(one, &key(n), 30), None, "{n}");
        }
        assert!(!ours.lacks(one, &[[3; 6], [4; 6]]));
        assert_eq!(part(ours.claim(two, &key(5), 30)), Some(0));
        assert_eq!(part(ours.claim(one, &key(6), 30)), Some(4));
    }

    #[test]
    fn an_alert_still_seen_is_kept_and_a_silent_one_forgotten() {
        let mut written = DeliveredRecords::default();
        let (silent, seen) = (AlertDigest::of("silent"), AlertDigest::of("seen"));
        written.claim(silent, &key(1), 10);
        written.claim(seen, &key(1), 10);
        written.claim(seen, &key(1), 50);
        written.forget_before(50);
        assert_eq!((written.alerts(), written.keys()), (1, 1));
        assert_eq!(part(written.claim(seen, &key(1), 51)), None);
        assert_eq!(part(written.claim(silent, &key(1), 51)), Some(0));
    }
}
