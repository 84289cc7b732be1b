//! The versions of an alert, for the formats that describe it as it is now.

use std::cell::OnceCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_alert::Alert;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::{Change, Claim, Identity, Record};

use std::borrow::Cow;

/// An alert as it is now: the same alert has the same identity, each of its versions another key.
pub(crate) struct Version<'r, 'a> {
    alert: &'r Alert<'a>,
    content: OnceCell<[u8; 32]>,
}

impl<'r, 'a> Version<'r, 'a> {
    pub(crate) fn of(alert: &'r Alert<'a>) -> Self {
        Self {
            alert,
            content: OnceCell::new(),
        }
    }

    /// SHA-256 of the alert's id.
    pub(crate) fn identity(&self) -> [u8; 32] {
        Sha256::digest(self.alert.id.as_bytes()).into()
    }

    /// BLAKE3 of all that Graph sent but `lastUpdateDateTime`, which moves while nothing else does.
    pub(crate) fn content(&self) -> [u8; 32] {
        *self.content.get_or_init(|| {
            serde_json::from_str::<Content>(self.alert.raw).map_or_else(
                |_| blake3::hash(self.alert.raw.as_bytes()).into(),
                |content| content.0,
            )
        })
    }

    /// The deduplication key: the alert's id, a colon, and the first 16 bytes of the SHA-256 of
    /// `lastUpdateDateTime` and the content, in URL-safe base64. The time is in it so that a content
    /// which comes back, as when a status is set and set back, is not taken for the one before.
    pub(crate) fn key(&self) -> String {
        let mut sha = Sha256::new();
        let updated = self.alert.last_update.as_ref();
        sha.update(updated.map_or("", |time| &time.text));
        sha.update([0]);
        sha.update(self.content());
        let digest = sha.finalize();
        let id = self.alert.id.as_str();
        format!("{id}:{}", URL_SAFE_NO_PAD.encode(&digest[..16]))
    }
}

/// Maps an alert to the one record that describes it as it is now, where that is to be written.
pub(crate) fn map(
    alert: &Alert<'_>,
    claim: &mut dyn FnMut(&Identity<'_>) -> Option<Claim>,
    sink: &mut dyn FnMut(Record),
    severity: &str,
    body: impl FnOnce(&str, Change) -> String,
) {
    let version = Version::of(alert);
    let content = || version.content();
    let identity = Identity {
        digest: version.identity(),
        content: &content,
    };
    if let Some(Claim { change, .. }) = claim(&identity) {
        let key = version.key();
        sink(Record {
            alert_id: alert.id.as_str().to_owned(),
            severity: severity.to_owned(),
            change,
            body: body(&key, change),
            key,
        });
    }
}

/// The digest of an object's members, each after its length.
struct Content([u8; 32]);

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Content, A::Error> {
        // It reads every byte of every alert, and takes a fraction of SHA-256's time for it.
        let mut hasher = blake3::Hasher::new();
        while let Some((name, value)) = members.next_entry::<Name<'de>, &RawValue>()? {
            if name.0 == "lastUpdateDateTime" {
                continue;
            }
            for part in [&*name.0, value.get()] {
                hasher.update(&(part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        Ok(Content(hasher.finalize().into()))
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn version(json: &str) -> ([u8; 32], [u8; 32], String) {
        let alert = Alert::decode(json).unwrap();
        let version = Version::of(&alert);
        (version.identity(), version.content(), version.key())
    }

    #[test]
    fn a_version_is_its_content_and_its_time() {
        let first =
            version(r#"{"id":"da1","status":"new","lastUpdateDateTime":"2026-01-01T00:00:00Z"}"#);
        let touched =
            version(r#"{"id":"da1","status":"new","lastUpdateDateTime":"2026-01-02T00:00:00Z"}"#);
        let changed = version(
            r#"{"id":"da1","status":"resolved","lastUpdateDateTime":"2026-01-02T00:00:00Z"}"#,
        );
        assert_eq!((first.0, first.1), (touched.0, touched.1));
        assert_ne!(first.2, touched.2);
        assert_eq!(first.0, changed.0);
        assert_ne!(first.1, changed.1);
        assert_eq!(first.2.len(), "da1:".len() + 22);
    }
}
