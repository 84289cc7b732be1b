//! The state object's form: a JSON object whose bulk, the written keys, is packed and in base64.
//!
//! `{"version":3,"watermark":…,"outputs":{"siem":{"alerts":2,"keys":3,"written":"<base64>",
//! "unsent":""}}}`.
//! Packed, an alert is its digest (16 bytes), when it was last seen (seconds since 1970, 32 bits,
//! little-endian), its number of keys and its number of facts (both LEB128: seven bits per byte,
//! the lowest first), and then each key (16 bytes); in an output with `"contents":true`, then what
//! each of them held last (16 bytes); then each fact (6 bytes). 300,000 keys of 100,000 alerts, each
//! with a device of two names and a user, are 9.4 MB packed and 12.5 MB in base64. What is unsent is
//! pairs of an alert's digest and a key.
//!
//! Up to version 2 there were no facts, and the number of keys had 32 bits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use smallvec::SmallVec;

use crate::written::{Entry, UNKNOWN};
use crate::{Fact, Owed, Spent, State, Swept, Written};

/// The version of the state object that this Drawbridge writes, and the newest that it reads.
pub const STATE_VERSION: u32 = 3;

/// A state object that could not be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A newer Drawbridge wrote it.
    #[error(
        "the state object has version {found}, and this Drawbridge knows versions up to \
         {STATE_VERSION}: run the newer release that wrote it"
    )]
    FromTheFuture {
        /// The version found.
        found: u64,
    },
    /// It is cut off or was changed.
    #[error(
        "the state object is damaged ({what}): put back an earlier version of the object, or move \
         it away to start again from the first look-back (records may come twice, none are lost \
         within it)"
    )]
    Damaged {
        /// What was wrong with it.
        what: String,
    },
}

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
    saved: Option<Timestamp>,
    owed: Vec<Owed>,
    #[serde(default)]
    swept: Swept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<Spent>,
    outputs: BTreeMap<String, P>,
}

#[derive(Serialize)]
struct Packed {
    alerts: usize,
    keys: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    contents: bool,
    #[serde(serialize_with = "base64")]
    written: Vec<u8>,
    #[serde(serialize_with = "base64")]
    unsent: Vec<u8>,
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
    #[serde(borrow)]
    unsent: Cow<'a, str>,
}

/// Writes base64 straight into the object: of megabytes, a copy less matters.
fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

/// What an alert weighs without keys and facts.
const LEAST_ALERT_BYTES: usize = 22;

/// What an object weighs without its base64, at most as a rule.
const FRAME_BYTES: usize = 4096;

impl State {
    /// The object's bytes.
    ///
    /// # Errors
    /// Does not fail in practice: every part has a JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, StateError> {
        let wire = Wire {
            version: STATE_VERSION,
            watermark: self.watermark,
            first_from: self.first_from,
            last_success: self.last_success,
            saved: self.saved,
            owed: self.owed.clone(),
            swept: self.swept,
            spent: self.spent,
            outputs: self
                .outputs
                .iter()
                .map(|(name, w)| (name.clone(), pack(w)))
                .collect(),
        };
        let packed: usize = wire
            .outputs
            .values()
            .map(|p| p.written.len() + p.unsent.len())
            .sum();
        let mut object = Vec::with_capacity(FRAME_BYTES + packed.div_ceil(3) * 4);
        serde_json::to_writer(&mut object, &wire).map_err(|error| damaged(&error))?;
        Ok(object)
    }

    /// Reads an object that [`State::encode`] wrote.
    ///
    /// # Errors
    /// [`StateError::FromTheFuture`] for a newer version, [`StateError::Damaged`] for anything
    /// that is cut off or not a state object.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let Versioned { version } = serde_json::from_slice(bytes).map_err(|e| damaged(&e))?;
        if version > u64::from(STATE_VERSION) {
            return Err(StateError::FromTheFuture { found: version });
        }
        let wire: Wire<Read<'_>> = serde_json::from_slice(bytes).map_err(|e| damaged(&e))?;
        let outputs = wire
            .outputs
            .into_iter()
            .map(|(name, packed)| unpack(&packed, wire.version).map(|written| (name, written)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            watermark: wire.watermark,
            first_from: wire.first_from,
            last_success: wire.last_success,
            saved: wire.saved,
            owed: wire.owed,
            swept: wire.swept,
            spent: wire.spent,
            outputs,
        })
    }
}

fn pack(written: &Written) -> Packed {
    let contents = written
        .alerts
        .values()
        .any(|entry| !entry.contents.is_empty());
    let key_bytes = if contents { 32 } else { 16 };
    let facts: usize = written.alerts.values().map(|entry| entry.facts.len()).sum();
    let mut bytes = Vec::with_capacity(
        written.alerts() * 24 + written.keys() * key_bytes + facts * size_of::<Fact>(),
    );
    for (alert, entry) in &written.alerts {
        bytes.extend_from_slice(alert);
        bytes.extend_from_slice(&entry.seen_secs.to_le_bytes());
        push_count(entry.keys.len(), &mut bytes);
        push_count(entry.facts.len(), &mut bytes);
        bytes.extend_from_slice(entry.keys.as_flattened());
        if contents {
            bytes.extend_from_slice(entry.contents.as_flattened());
            let unknown = entry.keys.len() - entry.contents.len();
            bytes.extend_from_slice([UNKNOWN].repeat(unknown).as_flattened());
        }
        bytes.extend_from_slice(entry.facts.as_flattened());
    }
    let mut unsent: Vec<[u8; 16]> = Vec::with_capacity(written.unsent.len() * 2);
    unsent.extend(written.unsent.iter().flat_map(|&(alert, key)| [alert, key]));
    Packed {
        alerts: written.alerts(),
        keys: written.keys(),
        contents,
        written: bytes,
        unsent: unsent.as_flattened().to_vec(),
    }
}

fn unpack(packed: &Read<'_>, version: u32) -> Result<Written, StateError> {
    let bytes = from_base64(&packed.written)?;
    let mut written = Written::default();
    // The number may be anything; the bytes are there.
    let most = bytes.len() / LEAST_ALERT_BYTES;
    written.alerts.reserve(packed.alerts.min(most));
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (alert, entry) =
            next_alert(&mut rest, packed.contents, version).ok_or_else(|| StateError::Damaged {
                what: "the written keys are cut off".into(),
            })?;
        written.insert(alert, entry);
    }
    if (written.alerts(), written.keys()) != (packed.alerts, packed.keys) {
        return Err(StateError::Damaged {
            what: "the written keys do not add up".into(),
        });
    }
    let unsent = from_base64(&packed.unsent)?;
    let (pairs, odd) = unsent.as_chunks::<32>();
    if !odd.is_empty() {
        return Err(StateError::Damaged {
            what: "the unsent keys are cut off".into(),
        });
    }
    written.unsent = pairs.iter().filter_map(split).collect();
    Ok(written)
}

fn from_base64(text: &str) -> Result<Vec<u8>, StateError> {
    STANDARD.decode(text).map_err(|_| StateError::Damaged {
        what: "the written keys are not base64".into(),
    })
}

/// An alert's digest and a key, side by side.
fn split(pair: &[u8; 32]) -> Option<([u8; 16], [u8; 16])> {
    Some((*pair.first_chunk()?, *pair.last_chunk()?))
}

/// Takes one alert off the front of `rest`; `None` when it is cut off.
fn next_alert(rest: &mut &[u8], with_contents: bool, version: u32) -> Option<([u8; 16], Entry)> {
    let alert = *take::<16>(rest)?;
    let seen_secs = u32::from_le_bytes(*take(rest)?);
    let (keys, facts) = match version {
        ..=2 => (usize::try_from(u32::from_le_bytes(*take(rest)?)).ok()?, 0),
        _ => (take_count(rest)?, take_count(rest)?),
    };
    let contents = if with_contents { keys } else { 0 };
    Some((
        alert,
        Entry {
            seen_secs,
            keys: take_list(rest, keys)?.to_vec(),
            contents: take_list(rest, contents)?.to_vec(),
            facts: SmallVec::from_slice(take_list(rest, facts)?),
        },
    ))
}

/// Takes `count` arrays off the front of `rest`.
fn take_list<'a, const N: usize>(rest: &mut &'a [u8], count: usize) -> Option<&'a [[u8; N]]> {
    let (list, after) = rest.split_at_checked(count.checked_mul(N)?)?;
    *rest = after;
    Some(list.as_chunks::<N>().0)
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
mod tests {
    use super::*;
    use crate::{AlertDigest, Window};
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    fn filled(alerts: u32, keys: u8) -> State {
        let mut state = State {
            watermark: Some("2026-01-01T00:00:00.1234567Z".parse().unwrap()),
            last_success: Some("2026-01-01T00:00:30Z".parse().unwrap()),
            saved: Some("2026-01-01T00:00:31Z".parse().unwrap()),
            ..State::default()
        };
        state.owed.push(Owed {
            window: Window::new(
                "2025-12-01T00:00:00Z".parse().unwrap(),
                "2025-12-02T00:00:00Z".parse().unwrap(),
            )
            .unwrap(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            again: true,
        });
        for alert in 0..alerts {
            let digest = AlertDigest::of(&format!("da{alert}"));
            let now_secs = 1_700_000_000 + alert;
            for key in 0..keys {
                let siem = state.output("siem");
                let mut claimed = siem.claim(digest, &[key; 32], now_secs).unwrap();
                siem.carry(&mut claimed, &[[key; 6], [7; 6]]);
                if key == keys - 1 {
                    siem.give_back(&claimed);
                }
            }
            let native = state.output("native");
            native.claim_change(digest, &[1; 32], &[keys; 32], now_secs);
        }
        state
    }

    #[test]
    fn a_state_survives_the_wire() {
        let state = filled(100, 3);
        assert_eq!(State::decode(&state.encode().unwrap()).unwrap(), state);
    }

    #[test]
    fn version_1_is_read() {
        let old = br#"{"version":1,"watermark":"2026-01-01T00:00:00Z","first_from":null,
            "last_success":null,"saved":null,"owed":[],
            "outputs":{"siem":{"alerts":0,"keys":0,"written":"","unsent":""}}}"#;
        let state = State::decode(old).unwrap();
        assert_eq!(state.swept, Swept::default());
        assert!(state.watermark.is_some());
    }

    /// An object of version 2: two alerts, of which the first has two keys.
    #[test]
    fn version_2_is_read() {
        let mut packed = Vec::new();
        for (alert, keys) in [("da1", &[1_u8, 2][..]), ("da2", &[3])] {
            let digest: [u8; 32] = Sha256::digest(alert).into();
            packed.extend_from_slice(&digest[..16]);
            packed.extend_from_slice(&1_700_000_000_u32.to_le_bytes());
            packed.extend_from_slice(&u32::try_from(keys.len()).unwrap().to_le_bytes());
            for key in keys {
                packed.extend_from_slice(&[*key; 16]);
            }
        }
        let old = format!(
            r#"{{"version":2,"watermark":null,"first_from":null,"last_success":null,"saved":null,
            "owed":[],"outputs":{{"siem":{{"alerts":2,"keys":3,"written":"{}","unsent":""}}}}}}"#,
            STANDARD.encode(packed)
        );
        let mut state = State::decode(old.as_bytes()).unwrap();
        let siem = state.output("siem");
        let alert = AlertDigest::of("da1");
        assert!(siem.claim(alert, &[2; 32], 1_700_000_001).is_none());
        assert!(siem.lacks(alert, &[[1; 6]]));
        assert_eq!(State::decode(&state.encode().unwrap()).unwrap(), state);
    }

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

    /// What the facts may weigh: a device of two names and a user in each alert of three records.
    #[test]
    fn facts_weigh_less_than_a_third() {
        let weight = |with_facts: bool| {
            let mut state = State::default();
            for alert in 0..1000_u32 {
                let digest = AlertDigest::of(&format!("da{alert}"));
                for key in 0..3_u8 {
                    let siem = state.output("siem");
                    let mut claimed = siem.claim(digest, &[key; 32], alert).unwrap();
                    if with_facts {
                        siem.carry(&mut claimed, &[[1; 6], [2; 6], [3; 6], [4; 6]]);
                    }
                }
            }
            state.encode().unwrap().len()
        };
        // Without facts, an alert had four bytes for its number of keys; it has two for both now.
        let before = weight(false) + 1000 * 2 * 4 / 3;
        assert!(weight(true) * 3 < before * 4);
    }

    #[test]
    fn a_newer_version_is_named() {
        let error = State::decode(br#"{"version":7,"something":"new"}"#).unwrap_err();
        assert_eq!(error, StateError::FromTheFuture { found: 7 });
        assert!(error.to_string().contains("run the newer release"));
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = filled(3, 2).encode().unwrap();
        for length in 0..bytes.len() {
            assert!(
                matches!(
                    State::decode(&bytes[..length]),
                    Err(StateError::Damaged { .. })
                ),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn keys_that_do_not_add_up_are_noticed() {
        let text = String::from_utf8(filled(3, 2).encode().unwrap()).unwrap();
        assert!(text.contains("\"contents\":true"), "{text}");
        let changed = text.replace("\"keys\":6", "\"keys\":5");
        assert_ne!(text, changed);
        assert!(matches!(
            State::decode(changed.as_bytes()),
            Err(StateError::Damaged { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let text: std::borrow::Cow<str> = STANDARD.encode(&bytes).into();
            for contents in [false, true] {
                let packed = Read { alerts: 1, keys: 1, contents, written: text.clone(), unsent: text.clone() };
                for version in 2..=3 {
                    let _ = unpack(&packed, version);
                }
            }
            let _ = State::decode(&bytes);
        }
    }
}
