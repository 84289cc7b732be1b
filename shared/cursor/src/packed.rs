//! The written records of one output, packed: per alert its digest (16 bytes), when it was last seen
//! (seconds since 1970, 32 bits, little-endian), its number of keys and its number of facts (both
//! LEB128: seven bits per byte, the lowest first), and then each key (16 bytes); in an output with
//! contents, then of each of them: the text that was read last and the content that was written last
//! (16 bytes each), the number of its versions (a byte) and each version (16 bytes); then each fact (6
//! bytes).
//!
//! Up to version 5 of the state there was only the content. Up to version 2 of the state there were no facts, and the number of keys had 32 bits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smallvec::SmallVec;

use crate::versions::Versions;
use crate::weight::{self, Age};
use crate::written::Entry;
use crate::{Fact, StateError, Written};

/// What an alert weighs without keys and facts.
const LEAST_ALERT_BYTES: usize = 22;

/// Packs an output.
pub(crate) fn pack(written: &Written) -> Vec<u8> {
    let contents = written.has_versions();
    let mut bytes = Vec::with_capacity(packed_len(written));
    for (alert, entry) in &written.alerts {
        bytes.extend_from_slice(alert);
        bytes.extend_from_slice(&entry.seen_secs.to_le_bytes());
        push_count(entry.keys.len(), &mut bytes);
        push_count(entry.facts.len(), &mut bytes);
        bytes.extend_from_slice(entry.keys.as_flattened());
        if contents {
            let no_more = &Versions::UNKNOWN;
            for part in 0..entry.keys.len() {
                let versions = entry.versions.get(part).unwrap_or(no_more);
                bytes.extend_from_slice(&versions.text);
                bytes.extend_from_slice(&versions.content);
                push_count(versions.known.len(), &mut bytes);
                bytes.extend_from_slice(versions.known.as_flattened());
            }
        }
        bytes.extend_from_slice(entry.facts.as_flattened());
    }
    bytes
}

/// How long an output is when it is packed; a few bytes more, if an alert has very many keys.
pub(crate) fn packed_len(written: &Written) -> usize {
    let key_bytes = if written.has_versions() { 49 } else { 16 };
    written.alerts() * LEAST_ALERT_BYTES
        + written.keys() * key_bytes
        + written.versions() * 16
        + written.facts() * size_of::<Fact>()
}

/// Packs what is unsent: pairs of an alert's digest and a key.
pub(crate) fn pack_unsent(written: &Written) -> Vec<u8> {
    let pairs = written.unsent.iter();
    let halves: Vec<[u8; 16]> = pairs.flat_map(|&(alert, key)| [alert, key]).collect();
    halves.into_flattened()
}

/// An output on its way in: how much is said to be there, and the bytes in base64. They are decoded
/// bit by bit: all at once would take most of the memory that the state may.
pub(crate) struct Unpacking<'a> {
    pub(crate) alerts: usize,
    pub(crate) keys: usize,
    pub(crate) contents: bool,
    pub(crate) version: u32,
    pub(crate) written: &'a str,
    pub(crate) unsent: &'a str,
}

/// How much base64 is decoded at once; a multiple of four.
const BASE64_AT_ONCE: usize = 64 * 1024;

impl Unpacking<'_> {
    /// What it will weigh once it is unpacked, if it is what it says.
    pub(crate) fn weight(&self) -> usize {
        let key_bytes = match (self.contents, self.version) {
            (false, _) => 16,
            (true, ..=5) => 32,
            (true, _) => 49,
        };
        let without_facts = self
            .alerts
            .saturating_mul(LEAST_ALERT_BYTES)
            .saturating_add(self.keys.saturating_mul(key_bytes));
        let packed = decoded_len(self.written);
        // What is beyond is facts, or versions, which weigh no more for as many bytes.
        let facts = packed.saturating_sub(without_facts) / size_of::<Fact>();
        let records = if self.contents { self.keys } else { 0 };
        weight::of(self.alerts, self.keys, facts)
            .saturating_add(weight::of_versions(records, 0))
            .saturating_add(weight::of_unsent(decoded_len(self.unsent) / 32))
    }

    /// The age and the weight of each alert.
    pub(crate) fn ages(&self, mut each: impl FnMut(Age, usize)) -> Result<(), StateError> {
        self.entries(|entry| {
            let known = entry.versions.iter().map(|of_one| of_one.known.len()).sum();
            let weight = weight::of(1, entry.keys.len(), entry.facts.len())
                + weight::of_versions(entry.versions.len(), known);
            each(entry.age(), weight);
        })
    }

    /// All that is written, if it is as much as it says; what is more is noticed before it is used.
    fn entries(&self, mut each: impl FnMut(&PackedEntry<'_>)) -> Result<(), StateError> {
        let (mut alerts, mut keys) = (self.alerts, self.keys);
        let mut counted = |entry: &PackedEntry<'_>| {
            alerts = alerts.checked_sub(1)?;
            keys = keys.checked_sub(entry.keys.len())?;
            Some(())
        };
        let more = || damaged("the written keys do not add up");
        let rest = decoded(self.written, |packed| {
            let mut entries = Entries {
                rest: packed,
                contents: self.contents,
                version: self.version,
            };
            while let Some(entry) = entries.next() {
                counted(&entry).ok_or_else(more)?;
                each(&entry);
            }
            Ok(packed.len() - entries.rest.len())
        })?;
        match (rest, alerts, keys) {
            (0, 0, 0) => Ok(()),
            (0, ..) => Err(more()),
            _ => Err(damaged("the written keys are cut off")),
        }
    }

    /// Unpacks what is not older than `oldest`; how many alerts that Graph returned at `kept_secs`
    /// or later were left out.
    pub(crate) fn unpack(
        self,
        oldest: Age,
        kept_secs: u32,
    ) -> Result<(Written, usize), StateError> {
        let mut written = Written::default();
        // The number may be anything; the bytes are there.
        let most = decoded_len(self.written) / LEAST_ALERT_BYTES;
        if oldest == Age::default() {
            written.alerts.reserve(self.alerts.min(most));
        }
        let mut forgot = 0;
        self.entries(|entry| {
            if entry.seen_secs < kept_secs {
                return;
            }
            if entry.age() < oldest {
                forgot += 1;
                return;
            }
            written.insert(*entry.alert, entry.to_owned());
        })?;
        let odd = decoded(self.unsent, |packed| {
            let (pairs, odd) = packed.as_chunks::<32>();
            let pairs = pairs.iter().filter_map(split);
            let kept = pairs.filter(|(alert, _)| written.alerts.contains_key(alert));
            written.unsent.extend(kept);
            Ok(packed.len() - odd.len())
        })?;
        if odd > 0 {
            return Err(damaged("the unsent keys are cut off"));
        }
        Ok((written, forgot))
    }
}

/// Decodes base64 a piece at a time. `take` is given what is decoded and not yet taken, and says how
/// much of it, from the front, it took. How much is left at the end.
fn decoded(
    text: &str,
    mut take: impl FnMut(&[u8]) -> Result<usize, StateError>,
) -> Result<usize, StateError> {
    let mut packed = Vec::new();
    let mut pieces = text.as_bytes().chunks(BASE64_AT_ONCE).peekable();
    while let Some(piece) = pieces.next() {
        // Padding ends a text, and not a piece of it.
        let is_padded = pieces.peek().is_some() && piece.ends_with(b"=");
        let is_base64 = !is_padded && STANDARD.decode_vec(piece, &mut packed).is_ok();
        if !is_base64 {
            return Err(damaged("the written keys are not base64"));
        }
        let taken = take(&packed)?;
        packed.drain(..taken);
    }
    Ok(packed.len())
}

/// How many bytes base64 of this length stands for, or up to two less.
fn decoded_len(text: &str) -> usize {
    text.len() / 4 * 3
}

/// The alerts of an output, in packed form.
struct Entries<'a> {
    rest: &'a [u8],
    contents: bool,
    version: u32,
}

/// One of them.
struct PackedEntry<'a> {
    alert: &'a [u8; 16],
    seen_secs: u32,
    keys: &'a [[u8; 16]],
    versions: Vec<Versions>,
    facts: &'a [Fact],
}

impl PackedEntry<'_> {
    fn age(&self) -> Age {
        Age::of(self.seen_secs, self.alert)
    }

    fn to_owned(&self) -> Entry {
        Entry {
            seen_secs: self.seen_secs,
            keys: self.keys.to_vec(),
            versions: self.versions.clone(),
            facts: SmallVec::from_slice(self.facts),
        }
    }
}

impl<'a> Entries<'a> {
    /// Takes one alert off the front; `None`, and nothing is taken, when it is cut off.
    fn next(&mut self) -> Option<PackedEntry<'a>> {
        let mut left = self.rest;
        let rest = &mut left;
        let alert = take(rest)?;
        let seen_secs = u32::from_le_bytes(*take(rest)?);
        let (keys, facts) = match self.version {
            ..=2 => (usize::try_from(u32::from_le_bytes(*take(rest)?)).ok()?, 0),
            _ => (take_count(rest)?, take_count(rest)?),
        };
        let contents = if self.contents { keys } else { 0 };
        let entry = PackedEntry {
            alert,
            seen_secs,
            keys: take_list(rest, keys)?,
            versions: match self.version {
                ..=5 => {
                    let contents = take_list(rest, contents)?.iter();
                    contents.map(|bytes| Versions::of_bytes(*bytes)).collect()
                }
                _ => take_versions(rest, contents)?,
            },
            facts: take_list(rest, facts)?,
        };
        self.rest = left;
        Some(entry)
    }
}

/// An alert's digest and a key, side by side.
fn split(pair: &[u8; 32]) -> Option<([u8; 16], [u8; 16])> {
    Some((*pair.first_chunk()?, *pair.last_chunk()?))
}

/// Takes `count` arrays off the front of `rest`.
fn take_list<'a, const N: usize>(rest: &mut &'a [u8], count: usize) -> Option<&'a [[u8; N]]> {
    let (list, after) = rest.split_at_checked(count.checked_mul(N)?)?;
    *rest = after;
    Some(list.as_chunks::<N>().0)
}

/// Takes what is known of the versions of `records` records.
fn take_versions(rest: &mut &[u8], records: usize) -> Option<Vec<Versions>> {
    // The number may be anything; the bytes are there.
    let mut all = Vec::with_capacity(records.min(rest.len() / 33));
    for _ in 0..records {
        all.push(Versions {
            text: *take(rest)?,
            content: *take(rest)?,
            known: {
                let known = take_count(rest)?;
                take_list(rest, known)?.to_vec()
            },
        });
    }
    Some(all)
}

/// Seven bits in each byte, the lowest first; the highest bit says that another byte follows.
fn push_count(mut count: usize, bytes: &mut Vec<u8>) {
    while count >= 0x80 {
        bytes.push(u8::try_from(count & 0x7f).unwrap_or_default() | 0x80);
        count >>= 7;
    }
    bytes.push(u8::try_from(count).unwrap_or_default());
}

fn take_count(rest: &mut &[u8]) -> Option<usize> {
    let mut count = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let [byte] = *take::<1>(rest)?;
        count |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(count);
        }
    }
    None
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (front, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(front)
}

fn damaged(what: &str) -> StateError {
    StateError::Damaged { what: what.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_of_any_size_survive() {
        for count in [0, 1, 127, 128, 300, 16_383, 16_384, 5_000_000] {
            let mut bytes = Vec::new();
            push_count(count, &mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!((take_count(&mut rest), rest.len()), (Some(count), 0));
        }
        assert_eq!(take_count(&mut &[0xff_u8; 9][..]), None);
    }

    /// What is decoded in pieces is what was encoded, also where an alert lies across two of them.
    #[test]
    fn pieces_are_put_together() {
        let bytes: Vec<u8> = (0..200_001_u32).map(|n| n.to_le_bytes()[0]).collect();
        let text = STANDARD.encode(&bytes);
        let (mut taken, mut most) = (Vec::new(), 0);
        let rest = decoded(&text, |packed| {
            let whole = packed.len() / 1000 * 1000;
            taken.extend_from_slice(&packed[..whole]);
            most = most.max(packed.len());
            Ok(whole)
        });
        assert_eq!((rest, &taken[..]), (Ok(1), &bytes[..200_000]));
        assert!(most < 60_000, "{most} bytes at once");
        // Padding within a text.
        let padded = "AAA=".repeat(BASE64_AT_ONCE / 4) + "AAAA";
        assert!(decoded(&padded, |packed| Ok(packed.len())).is_err());
        let last = "A".repeat(BASE64_AT_ONCE - 1) + "=AAAA";
        assert!(decoded(&last, |packed| Ok(packed.len())).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = STANDARD.encode(bytes);
            for (contents, version) in [(false, 2), (true, 2), (false, 3), (true, 3), (true, 6)] {
                let packed = Unpacking {
                    alerts: 1,
                    keys: 1,
                    contents,
                    version,
                    written: &bytes,
                    unsent: &bytes,
                };
                let _ = packed.ages(|_, _| ());
                let _ = packed.unpack(Age::default(), 0);
            }
        }
    }
}
