//! The state object's form: a JSON object whose bulk, the written keys, is packed and in base64.
//!
//! `{"version":6,"watermark":…,"polled":{"alerts":"<hex>","since":…},
//! "outputs":{"siem":{"alerts":2,"keys":3,"written":"<base64>"}},
//! "pages":{"sequence":7,"index":"<base64>"},"blake3":"<hex>"}`.
//! Most of what was written is in [pages](crate::Pages) beside the object. The object ends with the
//! BLAKE3 digest of all that stands before that member, so that a byte that was changed is noticed.
//!
//! Up to version 5 all was in the object, up to version 4 there was one list `owed` in place of the
//! ranges, and up to version 3 no digest.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

use crate::entry::Form;
use crate::packed::{self, Unpacking};
use crate::{
    Backfill, DeliveredRecords, Due, Pages, Polled, Ranges, Slow, Spent, State, StateError, Swept,
    Window, pages,
};

/// The version of the state object that this Drawbridge writes, and the newest that it reads.
pub const STATE_VERSION: u32 = 6;

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// The whole object: `P` is a packed output, [`Packed`] on the way out and [`Read`] on the way in.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<P> {
    version: u32,
    watermark: Option<Timestamp>,
    first_from: Option<Timestamp>,
    last_success: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    saved: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<Timestamp>,
    #[serde(default)]
    replayed: u32,
    #[serde(default)]
    unread: Ranges,
    #[serde(default)]
    rest_is_next: bool,
    #[serde(default)]
    again: Ranges,
    #[serde(default)]
    backfills: BTreeMap<String, Backfill>,
    #[serde(default, skip_serializing)]
    owed: Vec<Owed>,
    #[serde(default)]
    swept: Swept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<Spent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    small_page: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slow: Option<Slow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    polled: Option<Polled>,
    outputs: BTreeMap<String, P>,
    #[serde(default)]
    pages: PagesOnWire,
    /// Checked before the object is read.
    #[serde(default, rename = "blake3", skip_serializing)]
    _digest: IgnoredAny,
}

/// What versions up to 4 had still to read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owed {
    window: Window,
    since: Timestamp,
    #[serde(default)]
    again: bool,
}

/// The index of the pages.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PagesOnWire {
    sequence: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleaned: Option<Timestamp>,
    index: String,
}

impl From<&Pages> for PagesOnWire {
    fn from(pages: &Pages) -> Self {
        Self {
            sequence: pages.sequence,
            cleaned: pages.cleaned,
            index: STANDARD.encode(pages::pack(&pages.index)),
        }
    }
}

impl PagesOnWire {
    fn pages(self) -> Result<Pages, StateError> {
        let packed = STANDARD.decode(self.index).ok();
        let index = packed.and_then(|packed| pages::unpack(&packed));
        let index = index.ok_or_else(|| StateError::Damaged {
            what: "the index of its pages is no index".into(),
        })?;
        Ok(Pages::of(index, self.sequence, self.cleaned))
    }
}

#[derive(Serialize)]
struct Packed<'a> {
    alerts: usize,
    keys: usize,
    /// Packed one output at a time, which needs less memory.
    #[serde(serialize_with = "base64_of_written")]
    written: &'a DeliveredRecords,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    alerts: usize,
    keys: usize,
    #[serde(default)]
    contents: bool,
    #[serde(borrow)]
    written: Cow<'a, str>,
    #[serde(borrow, default)]
    unsent: Cow<'a, str>,
}

fn base64_of_written<S: Serializer>(
    written: &&DeliveredRecords,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    base64(&packed::pack(written), serializer)
}

/// Writes base64 straight into the object: of megabytes, a copy less matters.
fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

/// What an object weighs without its base64, at most as a rule.
const FRAME_BYTES: usize = 4096;

/// The last member of an object, around its digest.
const SEAL: (&[u8], &[u8]) = (b",\"blake3\":\"", b"\"}");

/// A digest in hexadecimal.
const DIGEST_LENGTH: usize = 64;

impl State {
    /// The object's bytes. What was recalled has to be [settled](Self::settle) before.
    ///
    /// # Errors
    /// Does not fail in practice: every part has a JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, StateError> {
        let wire = Wire {
            version: STATE_VERSION,
            watermark: self.watermark,
            first_from: self.first_from,
            last_success: self.last_success,
            failing_since: self.failing_since,
            saved: self.saved,
            newest: self.newest,
            replayed: self.replayed,
            unread: self.unread.clone(),
            rest_is_next: self.rest_is_next,
            again: self.again.clone(),
            backfills: self.backfills.clone(),
            owed: Vec::new(),
            swept: self.swept,
            spent: self.spent,
            small_page: self.small_page,
            slow: self.slow,
            polled: self.polled.clone(),
            outputs: self
                .outputs
                .iter()
                .map(|(name, written)| (name.clone(), Packed::from(written)))
                .collect(),
            pages: PagesOnWire::from(&self.pages),
            _digest: IgnoredAny,
        };
        let packed: usize = self.outputs.values().map(packed::packed_len).sum();
        let packed = packed + self.pages.index.len() * 32;
        let mut object = Vec::with_capacity(FRAME_BYTES + packed.div_ceil(3) * 4);
        serde_json::to_writer(&mut object, &wire).map_err(|error| damaged(&error))?;
        object.pop();
        let digest = blake3::hash(&object).to_hex();
        object.extend_from_slice(SEAL.0);
        object.extend_from_slice(digest.as_bytes());
        object.extend_from_slice(SEAL.1);
        Ok(object)
    }

    /// Reads an object that [`State::encode`] wrote, all of it.
    ///
    /// # Errors
    /// [`StateError::FromTheFuture`] for a newer version, [`StateError::Damaged`] for anything
    /// that is cut off, changed, or not a state object.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode_within(bytes, usize::MAX)
    }

    /// Reads an object that weighs no more than `most_bytes` when it is read.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`StateError::TooLarge`].
    pub fn decode_within(bytes: &[u8], most_bytes: usize) -> Result<Self, StateError> {
        let wire: Wire<Read<'_>> = checked(bytes)?;
        let version = wire.version;
        let (mut state, packed) = wire.head()?;
        let packed: Vec<_> = packed
            .iter()
            .map(|(name, out)| (name, out.unpacking(version)))
            .collect();
        let weights = packed.iter().map(|(_, packed)| packed.weight());
        if weights.fold(bytes.len(), usize::saturating_add) > most_bytes {
            return Err(StateError::TooLarge {
                bytes: bytes.len() as u64,
                most_bytes,
            });
        }
        for (name, packed) in packed {
            state.outputs.insert(name.clone(), packed.unpack()?);
        }
        Ok(state)
    }

    /// Reads all of an object but what the outputs have.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_head(bytes: &[u8]) -> Result<Self, StateError> {
        let wire: Wire<IgnoredAny> = checked(bytes)?;
        Ok(wire.head()?.0)
    }
}

/// Checks an object's version and digest, and reads its members.
fn checked<'a, P: Deserialize<'a>>(bytes: &'a [u8]) -> Result<Wire<P>, StateError> {
    let Versioned { version } = serde_json::from_slice(bytes).map_err(|e| damaged(&e))?;
    if version > u64::from(STATE_VERSION) {
        return Err(StateError::FromTheFuture {
            found: version,
            newest: STATE_VERSION,
        });
    }
    check_digest(bytes, version)?;
    serde_json::from_slice(bytes).map_err(|e| damaged(&e))
}

impl<P> Wire<P> {
    /// A state without outputs, and the outputs as they are packed.
    fn head(self) -> Result<(State, BTreeMap<String, P>), StateError> {
        let mut state = State {
            watermark: self.watermark,
            first_from: self.first_from,
            last_success: self.last_success,
            failing_since: self.failing_since,
            saved: self.saved,
            newest: self.newest,
            replayed: self.replayed,
            unread: self.unread,
            rest_is_next: self.rest_is_next,
            again: self.again,
            backfills: self.backfills,
            swept: self.swept,
            spent: self.spent,
            small_page: self.small_page,
            slow: self.slow,
            polled: self.polled,
            outputs: BTreeMap::new(),
            pages: self.pages.pages()?,
        };
        for owed in self.owed {
            if owed.again {
                state.again.add(owed.window, Due::after(owed.since, 0));
            } else {
                state.unread.add(owed.window, Due::default());
            }
        }
        Ok((state, self.outputs))
    }
}

impl<'a> From<&'a DeliveredRecords> for Packed<'a> {
    fn from(written: &'a DeliveredRecords) -> Self {
        Self {
            alerts: written.alerts(),
            keys: written.keys(),
            written,
        }
    }
}

impl Read<'_> {
    fn unpacking(&self, version: u32) -> Unpacking<'_> {
        let contents = self.contents;
        Unpacking {
            alerts: self.alerts,
            keys: self.keys,
            form: match version {
                ..=2 => Form::Factless { contents },
                3..=5 => Form::Undated { contents },
                _ => Form::Now,
            },
            written: &self.written,
            unsent: &self.unsent,
        }
    }
}

/// Compares the object with the digest at its end; objects of old versions have none.
fn check_digest(bytes: &[u8], version: u64) -> Result<(), StateError> {
    let wrong = |what: &str| StateError::Damaged { what: what.into() };
    let at = bytes
        .len()
        .checked_sub(SEAL.0.len() + DIGEST_LENGTH + SEAL.1.len());
    let (object, seal) = bytes.split_at(at.unwrap_or_default());
    let digest = seal
        .strip_prefix(SEAL.0)
        .and_then(|seal| seal.strip_suffix(SEAL.1));
    match digest {
        Some(digest) if blake3::hash(object).to_hex().as_bytes() == digest => Ok(()),
        Some(_) => Err(wrong("it is not what its digest says: it was changed")),
        None if version < 4 => Ok(()),
        None => Err(wrong("it has no digest at its end")),
    }
}

/// Where the JSON broke; its message could repeat a value, so it is not passed on.
fn damaged(error: &serde_json::Error) -> StateError {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Eof => {
            format!("it is cut off at line {line}, column {column}")
        }
        _ => format!("it is not a state object: line {line}, column {column}"),
    };
    StateError::Damaged { what }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
