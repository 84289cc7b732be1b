//! The versions of an alert, for the formats that describe it as it is now.

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_alert::Alert;
use sha2::{Digest as _, Sha256};

use crate::canonical;
use crate::{Change, Explained, ExplainedKey, Record};

/// As much as BLAKE3 hashes side by side at least, on any processor that can: four chunks. What is
/// left over it hashes one chunk after the other, which takes as long again for a usual alert.
const SIDE_BY_SIDE_BYTES: usize = 4 * 1024;

/// How a format writes an alert as it is now.
pub(crate) trait Writer: Sync {
    /// The severity, in the words of the format.
    fn severity<'r>(&self, alert: &'r Alert<'_>) -> &'r str {
        alert.severity.as_deref().unwrap_or_default()
    }

    /// The record's body; `key` is its deduplication key.
    fn write(&self, alert: &Alert<'_>, key: &str, change: Change) -> String;

    /// Says of each value of the body where it came from.
    fn keys(&self, alert: &Alert<'_>, key: &str) -> Vec<ExplainedKey>;
}

/// An alert as it is now: the same alert has the same identity, each of its versions another key.
pub(crate) struct Version<'d> {
    alert: &'d Alert<'d>,
    writer: &'d dyn Writer,
    bytes: OnceCell<[u8; 32]>,
    content: OnceCell<[u8; 32]>,
}

impl<'d> Version<'d> {
    pub(crate) fn new(alert: &'d Alert<'d>, writer: &'d dyn Writer) -> Self {
        Self {
            alert,
            writer,
            bytes: OnceCell::new(),
            content: OnceCell::new(),
        }
    }

    /// SHA-256 of the alert's id.
    pub(crate) fn identity(&self) -> [u8; 32] {
        Sha256::digest(self.alert.id.as_bytes()).into()
    }

    /// BLAKE3 of all that Graph sent but the value of `lastUpdateDateTime`, which moves while nothing
    /// else does: the text before it and the text behind it, each after its length in eight bytes,
    /// and zeros up to the next multiple of [`SIDE_BY_SIDE_BYTES`].
    pub(crate) fn bytes(&self) -> [u8; 32] {
        *self.bytes.get_or_init(|| {
            let bytes = self.alert.raw.len() + 16;
            let mut input = Vec::with_capacity(bytes.next_multiple_of(SIDE_BY_SIDE_BYTES));
            for part in around_last_update(self.alert) {
                input.extend_from_slice(&(part.len() as u64).to_be_bytes());
                input.extend_from_slice(part.as_bytes());
            }
            hash(input)
        })
    }

    /// The [`digest`] of those bytes and of the time.
    pub(crate) fn text(&self) -> [u8; 32] {
        digest(self.alert, &self.bytes())
    }

    /// BLAKE3 of what it means (`canonical`), without `lastUpdateDateTime`, in the same way.
    pub(crate) fn content(&self) -> [u8; 32] {
        *self
            .content
            .get_or_init(|| hash(canonical::form(self.alert.raw)))
    }

    /// The [`digest`] of the alert as it is now.
    pub(crate) fn digest(&self) -> [u8; 32] {
        digest(self.alert, &self.content())
    }

    /// The deduplication key: the alert's id, a colon, and the first 16 bytes of the version's
    /// digest, in URL-safe base64.
    fn key(&self) -> String {
        let digest = self.digest();
        let id = self.alert.id.as_str();
        format!("{id}:{}", URL_SAFE_NO_PAD.encode(&digest[..16]))
    }

    pub(crate) fn write(&self, change: Change) -> Record {
        let key = self.key();
        Record {
            alert_id: self.alert.id.as_str().to_owned(),
            severity: self.writer.severity(self.alert).to_owned(),
            change,
            body: self.writer.write(self.alert, &key, change),
            key,
        }
    }

    pub(crate) fn explain(&self) -> Explained {
        Explained {
            of: "alert",
            evidence: None,
            keys: self.writer.keys(self.alert, &self.key()),
        }
    }
}

fn hash(mut input: Vec<u8>) -> [u8; 32] {
    input.resize(input.len().next_multiple_of(SIDE_BY_SIDE_BYTES), 0);
    blake3::hash(&input).into()
}

/// Names a version of an alert, or of one record of it: SHA-256 of what it holds and of the instant
/// that `lastUpdateDateTime` names, however that is written. The time is in it so that a content
/// which comes back, as when a status is set and set back, is not taken for the one before.
pub(crate) fn digest(alert: &Alert<'_>, content: &[u8; 32]) -> [u8; 32] {
    let sha = Sha256::new().chain_update(content);
    let sha = match alert
        .last_update
        .as_ref()
        .map(|time| (time.instant, &time.text))
    {
        None => sha.chain_update([0]),
        Some((Some(instant), _)) => {
            let sha = sha.chain_update([1]);
            sha.chain_update(instant.as_nanosecond().to_be_bytes())
        }
        Some((None, text)) => sha.chain_update([2]).chain_update(text.as_bytes()),
    };
    sha.finalize().into()
}

/// The text without the value of its `lastUpdateDateTime`: what stands before and behind it.
///
/// Found by where the decoder saw it, so that the alert is not read a second time.
fn around_last_update<'a>(alert: &Alert<'a>) -> [&'a str; 2] {
    let raw = alert.raw;
    let Some(value) = alert.last_update.as_ref().map(|time| &*time.text) else {
        return [raw, ""];
    };
    let start = (value.as_ptr() as usize).wrapping_sub(raw.as_ptr() as usize);
    // An escaped value is a copy and lies elsewhere; then all of the text counts.
    let found = start
        .checked_add(value.len())
        .is_some_and(|end| end <= raw.len());
    match found.then(|| raw.split_at_checked(start)).flatten() {
        Some((before, rest)) => [before, rest.get(value.len()..).unwrap_or_default()],
        None => [raw, ""],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(json: &str) -> ([u8; 32], [u8; 32], String) {
        let alert = Alert::decode(json).unwrap();
        let version = Version::new(&alert, &crate::native::Native);
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

    #[test]
    fn what_means_the_same_has_the_same_key_and_a_text_of_its_own() {
        let alert = |rest: &str, time: &str| {
            let json = format!(r#"{{"id":"da1",{rest},"lastUpdateDateTime":"{time}"}}"#);
            let alert = Alert::decode(&json).unwrap();
            let mut drafts = crate::draft::version(&alert, &crate::native::Native);
            let draft = drafts.next().unwrap();
            let key = draft.write(0, Change::New).key;
            (draft.bytes(), draft.text(), draft.content(), key)
        };
        let evidence =
            r#"[{"@odata.type":"a","verdict":"x"},{"@odata.type":"b","tags":["c","d"]}]"#;
        let turned = r#"[{"@odata.type":"b","tags":["d","c"]},{"@odata.type":"a","verdict":"x"}]"#;
        let time = "2026-01-01T00:00:00.5Z";
        let first = alert(&format!(r#""evidence":{evidence},"status":"new""#), time);
        for rest in [
            format!(r#""evidence":{turned},"status":"new""#),
            format!(r#""status":"new","evidence":{evidence}"#),
            format!(r#""evidence":{evidence},"status":"\u006eew","assignedTo":null"#),
        ] {
            let same = alert(&rest, time);
            assert!(first.0 != same.0 && first.1 != same.1, "{rest}");
            assert_eq!((&first.2, &first.3), (&same.2, &same.3), "{rest}");
        }
        let rest = format!(r#""evidence":{evidence},"status":"new""#);
        let same_instant = alert(&rest, "2026-01-01T01:00:00.500+01:00");
        assert_eq!((first.0, &first.3), (same_instant.0, &same_instant.3));
        let later = alert(&rest, "2026-01-01T00:00:01Z");
        assert_eq!((first.0, first.2), (later.0, later.2));
        assert!(first.1 != later.1 && first.3 != later.3);
    }

    #[test]
    fn only_the_time_of_the_alert_itself_is_left_out() {
        let parts = |json: &str| {
            let alert = Alert::decode(json).unwrap();
            around_last_update(&alert).map(str::to_owned)
        };
        let json = r#"{"id":"a","x":{"lastUpdateDateTime":"2026"},"lastUpdateDateTime":"2026-01-01T00:00:00Z","y":1}"#;
        let (before, behind) = json.split_once("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(parts(json), [before, behind]);
        for json in [
            r#"{"id":"a"}"#,
            r#"{"id":"a","lastUpdateDateTime":null}"#,
            r#"{"id":"a","lastUpdateDateTime":"2026\u002d01-01T00:00:00Z"}"#,
        ] {
            assert_eq!(parts(json).concat(), json);
        }
    }
}
