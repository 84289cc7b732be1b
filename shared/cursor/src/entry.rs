//! What is known of one alert, and its packed form.
//!
//! An entry is packed as the alert's digest (16 bytes), when the alert came up and when it was last
//! seen (seconds since 1970, 32 bits each, little-endian), the numbers of its keys, of its facts and of
//! the keys with versions (LEB128: seven bits per byte, the lowest first); then each key (16 bytes);
//! for each key with versions how many are known (one byte; 255 if nothing is); for each of which
//! something is, the text that was read last, the content of the newest version, its instant (64 bits,
//! and zeros) and the versions (16 bytes each); and each fact (6 bytes).
//!
//! Up to version 5 of the state there was no time at which it came up, and each key had a content or
//! none had any, as the output said; up to version 2 there were no facts, and the number of keys had 32
//! bits.

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;

use crate::versions::Versions;

/// Something of one alert that a SIEM joins on, such as a device's name: 48 bits of a digest over the
/// alert's id, too, which is enough to tell the facts of one alert apart.
pub type Fact = [u8; 6];

/// The most facts that one record carries.
pub(crate) const MOST_FACTS: usize = 4;

/// Instead of a number of versions: none is known, but the record was written.
const NOTHING_KNOWN: u8 = u8::MAX;

/// What an entry weighs packed, without keys and facts, in the oldest form.
pub(crate) const LEAST_BYTES: usize = 20;

/// What is known of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When the alert came up, in seconds since 1970; 0 where that is not known.
    pub(crate) created_secs: u32,
    /// When Graph last returned the alert, in seconds since 1970.
    pub(crate) seen_secs: u32,
    /// Until when it is no news that Graph returned the alert; 0 if what is here is not in a page.
    pub(crate) clean_until: u32,
    /// The records written, in the order of their first emission.
    pub(crate) keys: Vec<[u8; 16]>,
    /// The versions of each of them, where the output asks for changes or the queue refused it; it may
    /// be shorter than `keys`, which says that those of the others are not known.
    pub(crate) versions: Vec<Versions>,
    /// What the written records carry: hardly ever more than a device's id, its name and a user.
    pub(crate) facts: SmallVec<[Fact; MOST_FACTS]>,
}

impl Entry {
    pub(crate) fn new(created_secs: u32, seen_secs: u32) -> Self {
        Self {
            created_secs,
            seen_secs,
            clean_until: 0,
            keys: Vec::new(),
            versions: Vec::new(),
            facts: SmallVec::new(),
        }
    }

    /// Whether a page says the same.
    pub(crate) fn is_clean(&self) -> bool {
        self.clean_until > 0
    }

    /// Notes that no page says the same any more.
    pub(crate) fn change(&mut self) {
        self.clean_until = 0;
    }

    /// Notes that Graph returned the alert, unless a page says nearly as much.
    pub(crate) fn saw(&mut self, now_secs: u32) {
        if now_secs >= self.clean_until {
            self.clean_until = 0;
            self.seen_secs = self.seen_secs.max(now_secs);
        }
    }

    /// The versions of a record.
    pub(crate) fn versions_of(&mut self, part: usize) -> &mut Versions {
        if self.versions.len() <= part {
            self.versions.resize(part + 1, Versions::UNKNOWN);
        }
        &mut self.versions[part]
    }

    /// Takes over what `theirs` has besides. What was given back in one of them only was written.
    pub(crate) fn adopt(&mut self, theirs: &Self) {
        self.change();
        self.seen_secs = self.seen_secs.max(theirs.seen_secs);
        self.created_secs = self.created_secs.max(theirs.created_secs);
        let keys = self.keys.iter().copied().enumerate();
        let parts: HashMap<_, _> = keys.map(|(part, key)| (key, part)).collect();
        let nothing = &Versions::UNKNOWN;
        for (n, key) in theirs.keys.iter().enumerate() {
            let versions = theirs.versions.get(n);
            match (parts.get(key), versions) {
                (Some(part), versions) => {
                    let is_known = self.versions.len() > *part;
                    if is_known || versions.is_some() {
                        let versions = versions.unwrap_or(nothing);
                        self.versions_of(*part).adopt(versions);
                    }
                }
                (None, versions) => {
                    self.keys.push(*key);
                    if let Some(versions) = versions {
                        *self.versions_of(self.keys.len() - 1) = versions.clone();
                    }
                }
            }
        }
        let facts: HashSet<_> = self.facts.iter().copied().collect();
        let more = theirs.facts.iter().filter(|fact| !facts.contains(*fact));
        self.facts.extend(more.copied());
    }

    /// How long it is when it is packed; a few bytes less or more, as its numbers are.
    pub(crate) fn packed_len(&self) -> usize {
        let known = self.versions.iter().map(|versions| versions.known.len());
        27 + self.keys.len() * 16
            + self.versions.len() * 49
            + known.sum::<usize>() * 16
            + self.facts.len() * size_of::<Fact>()
    }

    /// Appends its packed form.
    pub(crate) fn pack(&self, alert: &[u8; 16], bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(alert);
        bytes.extend_from_slice(&self.created_secs.to_le_bytes());
        bytes.extend_from_slice(&self.seen_secs.to_le_bytes());
        push_count(self.keys.len(), bytes);
        push_count(self.facts.len(), bytes);
        push_count(self.versions.len(), bytes);
        bytes.extend_from_slice(self.keys.as_flattened());
        let is_known = |versions: &&Versions| **versions != Versions::UNKNOWN;
        bytes.extend(self.versions.iter().map(|versions| match versions {
            versions if !is_known(&versions) => NOTHING_KNOWN,
            versions => u8::try_from(versions.known.len()).unwrap_or_default(),
        }));
        for versions in self.versions.iter().filter(is_known) {
            bytes.extend_from_slice(&versions.text);
            bytes.extend_from_slice(&versions.content);
            bytes.extend_from_slice(&[versions.updated.to_le_bytes(), [0; 8]].concat());
            bytes.extend_from_slice(versions.known.as_flattened());
        }
        bytes.extend_from_slice(self.facts.as_flattened());
    }
}

/// How entries are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Of this version.
    Now,
    /// Of versions 3 to 5 of the state, with contents or without.
    Undated {
        /// Whether each key has a content.
        contents: bool,
    },
    /// Of versions 1 and 2.
    Factless {
        /// Whether each key has a content.
        contents: bool,
    },
}

/// An entry in its packed form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedEntry<'a> {
    pub(crate) alert: &'a [u8; 16],
    pub(crate) created_secs: u32,
    pub(crate) seen_secs: u32,
    pub(crate) keys: &'a [[u8; 16]],
    /// How many versions each of the first keys has, and their digests; without such numbers, each has
    /// a content.
    counts: Option<&'a [u8]>,
    digests: &'a [[u8; 16]],
    facts: &'a [Fact],
}

impl<'a> PackedEntry<'a> {
    /// Takes an entry off the front; `None` when it is cut off.
    pub(crate) fn take(rest: &mut &'a [u8], form: Form) -> Option<Self> {
        let alert = take(rest)?;
        let created_secs = match form {
            Form::Now => u32::from_le_bytes(*take(rest)?),
            _ => 0,
        };
        let seen_secs = u32::from_le_bytes(*take(rest)?);
        let (keys, facts, listed) = match form {
            Form::Now => (take_count(rest)?, take_count(rest)?, take_count(rest)?),
            Form::Undated { contents } => {
                let keys = take_count(rest)?;
                (keys, take_count(rest)?, usize::from(contents) * keys)
            }
            Form::Factless { contents } => {
                let keys = usize::try_from(u32::from_le_bytes(*take(rest)?)).ok()?;
                (keys, 0, usize::from(contents) * keys)
            }
        };
        let keys = take_list(rest, keys)?;
        let (counts, digests) = match form {
            Form::Now if listed > keys.len() => return None,
            Form::Now => {
                let (counts, after) = rest.split_at_checked(listed)?;
                *rest = after;
                let digests = counts.iter().map(|count| digests_of(*count)).sum();
                (Some(counts), digests)
            }
            _ => (None, listed),
        };
        Some(Self {
            alert,
            created_secs,
            seen_secs,
            keys,
            counts,
            digests: take_list(rest, digests)?,
            facts: take_list(rest, facts)?,
        })
    }

    pub(crate) fn to_owned(self) -> Entry {
        let mut digests = self.digests;
        let versions = |count: &u8| {
            let (of_this, rest) = digests.split_at(digests_of(*count));
            digests = rest;
            match of_this {
                [text, content, updated, known @ ..] => Versions {
                    text: *text,
                    content: *content,
                    updated: i64::from_le_bytes(*updated.first_chunk().unwrap_or(&[0; 8])),
                    known: known.to_vec(),
                },
                _ => Versions::UNKNOWN,
            }
        };
        let of_bytes = |content: &[u8; 16]| Versions::of_bytes(*content);
        Entry {
            keys: self.keys.to_vec(),
            versions: match self.counts {
                Some(counts) => counts.iter().map(versions).collect(),
                None => self.digests.iter().map(of_bytes).collect(),
            },
            facts: SmallVec::from_slice(self.facts),
            ..Entry::new(self.created_secs, self.seen_secs)
        }
    }
}

/// How many digests are stored for a key with so many versions.
fn digests_of(count: u8) -> usize {
    if count == NOTHING_KNOWN {
        0
    } else {
        3 + usize::from(count)
    }
}

/// Takes `count` arrays off the front of `rest`.
fn take_list<'a, const N: usize>(rest: &mut &'a [u8], count: usize) -> Option<&'a [[u8; N]]> {
    let (list, after) = rest.split_at_checked(count.checked_mul(N)?)?;
    *rest = after;
    Some(list.as_chunks::<N>().0)
}

/// Seven bits in each byte, the lowest first; the highest bit says that another byte follows.
pub(crate) fn push_count(mut count: usize, bytes: &mut Vec<u8>) {
    while count >= 0x80 {
        bytes.push(u8::try_from(count & 0x7f).unwrap_or_default() | 0x80);
        count >>= 7;
    }
    bytes.push(u8::try_from(count).unwrap_or_default());
}

pub(crate) fn take_count(rest: &mut &[u8]) -> Option<usize> {
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

pub(crate) fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (front, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(front)
}

#[cfg(test)]
mod tests {
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
}
