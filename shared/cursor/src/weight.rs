//! What a state weighs in memory, and what of it is forgotten where there is not enough.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::packed::Unpacking;
use crate::versions::Versions;
use crate::written::{Entry, Lookup};
use crate::{Fact, State, StateError, Written};

/// What of a state object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// When it is read.
    pub now: Timestamp,
    /// Alerts that Graph has not returned for so long are forgotten.
    pub retention_secs: u64,
    /// The most bytes that the state may weigh, as [`State::weight`] has it. If the object holds
    /// more, those alerts are forgotten that Graph has not returned for longest.
    pub most_bytes: usize,
}

impl Default for Room {
    /// All of it.
    fn default() -> Self {
        Self {
            now: Timestamp::MIN,
            retention_secs: u64::MAX,
            most_bytes: usize::MAX,
        }
    }
}

/// What a byte of the packed form weighs while the state is read or written: once as base64 and once
/// packed.
const fn on_the_wire(bytes: usize) -> usize {
    bytes * 7 / 3
}

/// What a slot of a hash table weighs while the table grows: it is full to seven eighths, and lies
/// beside its successor of twice its size.
const fn slot(bytes: usize) -> usize {
    (bytes + 1) * 7 / 2
}

/// What the allocator adds to what it hands out.
const ALLOCATION_BYTES: usize = 16;

/// What an alert weighs without keys and facts.
const ALERT_BYTES: usize =
    slot(size_of::<([u8; 16], Entry)>()) + 2 * ALLOCATION_BYTES + on_the_wire(22);
/// A key and what it held last, each in a list that may have grown to twice what is in it.
const KEY_BYTES: usize = 2 * (2 * 16 + on_the_wire(16));
const FACT_BYTES: usize = 2 * size_of::<Fact>() + on_the_wire(size_of::<Fact>());
/// What is known of a record's versions, beside what `KEY_BYTES` has of it, and each of them.
const VERSIONS_BYTES: usize = 2 * (size_of::<Versions>() - 16) + ALLOCATION_BYTES + on_the_wire(17);
pub(crate) const VERSION_BYTES: usize = 2 * 16 + on_the_wire(16);
const UNSENT_BYTES: usize = slot(32) + on_the_wire(32);

pub(crate) fn of(alerts: usize, keys: usize, facts: usize) -> usize {
    alerts
        .saturating_mul(ALERT_BYTES)
        .saturating_add(keys.saturating_mul(KEY_BYTES))
        .saturating_add(facts.saturating_mul(FACT_BYTES))
}

/// What the versions of so many records weigh besides, where an output asks for changes.
pub(crate) fn of_versions(records: usize, versions: usize) -> usize {
    records
        .saturating_mul(VERSIONS_BYTES)
        .saturating_add(versions.saturating_mul(VERSION_BYTES))
}

pub(crate) fn of_unsent(records: usize) -> usize {
    records.saturating_mul(UNSENT_BYTES)
}

impl State {
    /// The most memory that the state takes, in bytes, while it is read, while it grows and while it
    /// is written.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.outputs.values().map(Written::weight).sum()
    }
}

impl Written {
    fn weight(&self) -> usize {
        let lookups: usize = self.large.values().map(Lookup::weight).sum();
        let records = if self.has_versions() { self.keys() } else { 0 };
        of(self.alerts(), self.keys(), self.facts())
            + of_versions(records, self.versions())
            + of_unsent(self.unsent.len())
            + lookups
    }
}

impl Lookup {
    fn weight(&self) -> usize {
        self.parts.len() * slot(24) + self.facts.len() * slot(size_of::<Fact>())
    }
}

/// How long Graph has not returned an alert, to the hour; of those of the same hour, an order that
/// says nothing but lets a part of them be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age(u32);

impl Age {
    pub(crate) fn of(seen_secs: u32, alert: &[u8; 16]) -> Self {
        Self(seen_secs / 3600 * 256 + u32::from(alert[15]))
    }

    fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The oldest alerts that are kept, so that the outputs weigh no more than nine tenths of what they
/// may, since the rest is for what comes, and no more than the object that they are read from leaves.
pub(crate) fn oldest_kept(
    outputs: &[Unpacking<'_>],
    object_bytes: usize,
    room: &Room,
) -> Result<Age, StateError> {
    let weight = outputs.iter().map(Unpacking::weight);
    if weight.fold(0, usize::saturating_add) <= room.most_bytes {
        return Ok(Age::default());
    }
    let mut by_age = BTreeMap::<Age, usize>::new();
    for output in outputs {
        output.ages(|age, weight| *by_age.entry(age).or_default() += weight)?;
    }
    let beside_object = room.most_bytes.saturating_sub(object_bytes);
    let mut left = beside_object.min(room.most_bytes / 10 * 9);
    for (age, weight) in by_age.iter().rev() {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return Ok(age.next()),
        }
    }
    Ok(Age::default())
}
