use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::digest_map::DigestMap;

/// The records that an output already has, by alert.
///
/// A record is known by the first 16 bytes of its key's SHA-256 digest: 128 bits, because entity
/// values are an attacker's to choose, and a shorter key could be made to collide so that a record
/// is taken for one already written. The position of a key within its alert is its `AlertPart`.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub(crate) alerts: DigestMap<Entry>,
    /// Claimed, but not taken by the queue: alert and record. They keep their `AlertPart`.
    pub(crate) unsent: HashSet<([u8; 16], [u8; 16])>,
    keys: usize,
    /// The parts of the keys of each alert that has many, as far as it was needed.
    large: HashMap<[u8; 16], HashMap<[u8; 16], usize>>,
}

/// From so many records on, an alert's keys are looked up instead of searched: the time that an
/// alert takes must not grow with the square of its evidence.
const MANY_KEYS: usize = 64;

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.alerts == other.alerts && self.unsent == other.unsent
    }
}

impl Eq for Written {}

/// What is known of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When Graph last returned the alert, in seconds since 1970.
    pub(crate) seen_secs: u32,
    /// The records written, in the order of their first emission.
    pub(crate) keys: Vec<[u8; 16]>,
}

/// An alert id's digest: computed once an alert, used for each of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertDigest([u8; 16]);

impl AlertDigest {
    /// The digest of an alert id.
    #[must_use]
    pub fn of(alert_id: &str) -> Self {
        Self(half(&Sha256::digest(alert_id).into()))
    }
}

impl Written {
    /// Claims a record for writing: its `AlertPart`, or `None` when it was already written.
    ///
    /// `key` is the SHA-256 digest of the record's key. The claim counts once the state is saved;
    /// a poll that fails drops the state it changed.
    pub fn claim(&mut self, alert: AlertDigest, key: &[u8; 32], now_secs: u32) -> Option<u32> {
        let entry = self.alerts.entry(alert.0).or_insert_with(|| Entry {
            seen_secs: now_secs,
            keys: Vec::new(),
        });
        entry.seen_secs = entry.seen_secs.max(now_secs);
        let key = half(key);
        if let Some(part) = part_of(&mut self.large, alert.0, entry, &key) {
            return self
                .unsent
                .remove(&(alert.0, key))
                .then(|| u32::try_from(part).ok())?;
        }
        let part = u32::try_from(entry.keys.len()).ok()?;
        if let Some(parts) = self.large.get_mut(&alert.0) {
            parts.insert(key, entry.keys.len());
        }
        entry.keys.push(key);
        self.keys += 1;
        Some(part)
    }

    /// Gives a claim back that the queue did not take: the next claim of the same record gets the
    /// same `AlertPart` again.
    pub fn give_back(&mut self, alert: AlertDigest, key: &[u8; 32]) {
        let key = half(key);
        if let Some(entry) = self.alerts.get(&alert.0)
            && part_of(&mut self.large, alert.0, entry, &key).is_some()
        {
            self.unsent.insert((alert.0, key));
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

    /// Forgets the alerts that Graph has not returned since `oldest_secs`.
    pub fn forget_before(&mut self, oldest_secs: u32) {
        self.alerts
            .retain(|_, entry| entry.seen_secs >= oldest_secs);
        self.unsent
            .retain(|(alert, _)| self.alerts.contains_key(alert));
        self.large
            .retain(|alert, _| self.alerts.contains_key(alert));
        self.keys = self.alerts.values().map(|entry| entry.keys.len()).sum();
    }

    pub(crate) fn insert(&mut self, alert: [u8; 16], entry: Entry) {
        self.keys += entry.keys.len();
        if let Some(old) = self.alerts.insert(alert, entry) {
            self.keys -= old.keys.len();
        }
        self.large.remove(&alert);
    }
}

/// The position of a key within its alert.
fn part_of(
    large: &mut HashMap<[u8; 16], HashMap<[u8; 16], usize>>,
    alert: [u8; 16],
    entry: &Entry,
    key: &[u8; 16],
) -> Option<usize> {
    if entry.keys.len() < MANY_KEYS {
        return entry.keys.iter().position(|known| known == key);
    }
    let parts = large.entry(alert).or_insert_with(|| {
        let keys = entry.keys.iter().enumerate().rev();
        keys.map(|(part, known)| (*known, part)).collect()
    });
    parts.get(key).copied()
}

fn half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> [u8; 32] {
        [n; 32]
    }

    #[test]
    fn parts_count_in_the_order_of_first_emission() {
        let mut written = Written::default();
        let alert = AlertDigest::of("da1");
        assert_eq!(written.claim(alert, &key(1), 10), Some(0));
        assert_eq!(written.claim(alert, &key(2), 10), Some(1));
        assert_eq!(written.claim(alert, &key(1), 20), None);
        assert_eq!(written.claim(alert, &key(3), 20), Some(2));
        assert_eq!(written.claim(AlertDigest::of("da2"), &key(1), 20), Some(0));
        assert_eq!((written.alerts(), written.keys()), (2, 4));
    }

    #[test]
    fn a_record_given_back_keeps_its_part() {
        let mut written = Written::default();
        let alert = AlertDigest::of("da1");
        for n in 0..3 {
            written.claim(alert, &key(n), 10);
        }
        written.give_back(alert, &key(1));
        written.give_back(AlertDigest::of("never seen"), &key(1));
        assert_eq!(written.claim(alert, &key(3), 20), Some(3));
        assert_eq!(written.claim(alert, &key(1), 20), Some(1));
        assert_eq!(written.claim(alert, &key(1), 20), None);
    }

    #[test]
    fn an_alert_of_many_records_keeps_its_parts() {
        let wide = |n: u32| -> [u8; 32] { Sha256::digest(n.to_be_bytes()).into() };
        let (mut written, alert) = (Written::default(), AlertDigest::of("da1"));
        let count = 100_000;
        for n in 0..count {
            assert_eq!(written.claim(alert, &wide(n), 10), Some(n));
        }
        for n in 0..count {
            assert_eq!(written.claim(alert, &wide(n), 10), None);
        }
        written.give_back(alert, &wide(70_000));
        written.give_back(alert, &wide(count));
        assert_eq!(written.unsent.len(), 1);
        assert_eq!(written.claim(alert, &wide(70_000), 10), Some(70_000));
        // Forgotten and seen again, it counts from 0.
        written.forget_before(11);
        assert_eq!(written.claim(alert, &wide(7), 12), Some(0));
        assert_eq!(written.claim(alert, &wide(70_000), 12), Some(1));
    }

    #[test]
    fn an_alert_still_seen_is_kept_and_a_silent_one_forgotten() {
        let mut written = Written::default();
        let (silent, seen) = (AlertDigest::of("silent"), AlertDigest::of("seen"));
        written.claim(silent, &key(1), 10);
        written.claim(seen, &key(1), 10);
        written.claim(seen, &key(1), 50);
        written.forget_before(50);
        assert_eq!((written.alerts(), written.keys()), (1, 1));
        assert_eq!(written.claim(seen, &key(1), 51), None);
        assert_eq!(written.claim(silent, &key(1), 51), Some(0));
    }
}
