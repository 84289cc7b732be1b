//! The written records of one output in the state object: its [entries](crate::entry) one after the
//! other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::entry::{Entry, Form, LEAST_BYTES, PackedEntry};
use crate::versions::Versions;
use crate::weight;
use crate::{DeliveredRecords, Fact, StateError};

/// Packs an output.
pub(crate) fn pack(written: &DeliveredRecords) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed_len(written));
    for (alert, entry) in &written.alerts {
        entry.pack(alert, &mut bytes);
    }
    bytes
}

/// About how long an output is when it is packed.
pub(crate) fn packed_len(written: &DeliveredRecords) -> usize {
    written.alerts.values().map(Entry::packed_len).sum()
}

/// An output on its way in: how much is said to be there, and the bytes in base64.
pub(crate) struct Unpacking<'a> {
    pub(crate) alerts: usize,
    pub(crate) keys: usize,
    pub(crate) form: Form,
    pub(crate) written: &'a str,
    /// Up to version 5, what was claimed and not taken by the queue: pairs of an alert's digest and a
    /// key.
    pub(crate) unsent: &'a str,
}

impl Unpacking<'_> {
    /// What it will weigh once it is unpacked, if it is what it says.
    pub(crate) fn weight(&self) -> usize {
        let without_facts = self
            .alerts
            .saturating_mul(LEAST_BYTES)
            .saturating_add(self.keys.saturating_mul(16));
        let packed = self.written.len() / 4 * 3;
        let facts = packed.saturating_sub(without_facts) / size_of::<Fact>();
        // What is beyond is facts, or versions, which weigh no more for as many bytes.
        let records = match self.form {
            Form::Undated { contents: true } | Form::Factless { contents: true } => self.keys,
            _ => 0,
        };
        weight::of(self.alerts, self.keys, facts).saturating_add(weight::of_versions(records, 0))
    }

    /// Unpacks what is there, if it is as much as it says; what is more is noticed before it is used.
    pub(crate) fn unpack(self) -> Result<DeliveredRecords, StateError> {
        let packed = decoded(self.written)?;
        let mut written = DeliveredRecords::default();
        // The number that is said may be wrong, but the bytes bound it.
        let most = packed.len() / LEAST_BYTES;
        written.alerts.reserve(self.alerts.min(most));
        let mut rest = packed.as_slice();
        let (mut alerts, mut keys) = (self.alerts, self.keys);
        while !rest.is_empty() {
            let entry = PackedEntry::take(&mut rest, self.form)
                .ok_or_else(|| damaged("the written keys are cut off"))?;
            let left = alerts
                .checked_sub(1)
                .zip(keys.checked_sub(entry.keys.len()));
            (alerts, keys) = left.ok_or_else(|| damaged("the written keys do not add up"))?;
            written.insert(*entry.alert, entry.to_owned());
        }
        if (alerts, keys) != (0, 0) {
            return Err(damaged("the written keys do not add up"));
        }
        drop(packed);
        let unsent = decoded(self.unsent)?;
        let (pairs, odd) = unsent.as_chunks::<32>();
        for pair in pairs {
            let (Some(alert), Some(key)) = (pair.first_chunk(), pair.last_chunk::<16>()) else {
                continue;
            };
            let entry = written.alerts.get_mut(alert);
            let place = entry.and_then(|entry| {
                let part = entry.keys.iter().position(|known| known == key)?;
                Some((entry, part))
            });
            if let Some((entry, part)) = place {
                *entry.versions_of(part) = Versions::NEVER_WRITTEN;
            }
        }
        match odd {
            [] => Ok(written),
            _ => Err(damaged("the unsent keys are cut off")),
        }
    }
}

fn decoded(base64: &str) -> Result<Vec<u8>, StateError> {
    let decoded = STANDARD.decode(base64);
    decoded.map_err(|_| damaged("the written keys are not base64"))
}

fn damaged(what: &str) -> StateError {
    StateError::Damaged { what: what.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = STANDARD.encode(bytes);
            for form in [
                Form::Now,
                Form::Undated { contents: false },
                Form::Undated { contents: true },
                Form::Factless { contents: false },
                Form::Factless { contents: true },
            ] {
                let packed = Unpacking {
                    alerts: 1,
                    keys: 1,
                    form,
                    written: &bytes,
                    unsent: &bytes,
                };
                let _ = packed.weight();
                let _ = packed.unpack();
            }
        }
    }
}
