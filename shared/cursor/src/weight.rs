//! What a state weighs in memory.

use crate::DeliveredRecords;
use crate::delivered_records::Lookup;
use crate::entry::{Entry, Fact};
use crate::pages::Row;
use crate::versions::Versions;

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

/// What an alert weighs without keys and facts: in its table, and as a row on its way into a page.
const ALERT_BYTES: usize = slot(size_of::<([u8; 16], Entry)>())
    + size_of::<Row>()
    + 2 * ALLOCATION_BYTES
    + on_the_wire(27);
/// A key and what it held last, each in a list that may have grown to twice what is in it.
const KEY_BYTES: usize = 2 * (2 * 16 + on_the_wire(16));
const FACT_BYTES: usize = 2 * size_of::<Fact>() + on_the_wire(size_of::<Fact>());

/// What is known of a record's versions, beside what `KEY_BYTES` has of it, and each of them.
const VERSIONS_BYTES: usize = 2 * (size_of::<Versions>() - 16) + ALLOCATION_BYTES + on_the_wire(33);
const VERSION_BYTES: usize = 2 * 16 + on_the_wire(16);

pub(crate) fn of(alerts: usize, keys: usize, facts: usize) -> usize {
    alerts
        .saturating_mul(ALERT_BYTES)
        .saturating_add(keys.saturating_mul(KEY_BYTES))
        .saturating_add(facts.saturating_mul(FACT_BYTES))
}

/// The additional weight of the versions of so many records.
pub(crate) fn of_versions(records: usize, versions: usize) -> usize {
    records
        .saturating_mul(VERSIONS_BYTES)
        .saturating_add(versions.saturating_mul(VERSION_BYTES))
}

impl DeliveredRecords {
    pub(crate) fn weight(&self) -> usize {
        let lookups: usize = self.large.values().map(Lookup::weight).sum();
        let (records, versions) = self.versions();
        of(self.alerts(), self.keys(), self.facts()) + of_versions(records, versions) + lookups
    }
}

impl Lookup {
    fn weight(&self) -> usize {
        self.parts.len() * slot(24) + self.facts.len() * slot(size_of::<Fact>())
    }
}
