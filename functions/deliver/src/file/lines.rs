use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::FileError;
use crate::{Limits, Record};

/// Whole lines of a file, and where each ends.
pub(super) struct Lines {
    pub(super) texts: Vec<String>,
    pub(super) ends: Vec<u64>,
}

impl Lines {
    /// Reads lines from byte `at` on, as many as `most` allows, one at least. A last line without
    /// its end is still being written, and left for later.
    pub(super) fn read(path: &Path, at: u64, most: Limits) -> Result<Self, FileError> {
        let fault = |error: std::io::Error| FileError::io(path, &error);
        let mut file = File::open(path).map_err(fault)?;
        file.seek(SeekFrom::Start(at)).map_err(fault)?;
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let mut lines = Self {
            texts: Vec::new(),
            ends: Vec::new(),
        };
        let (mut end, mut bytes) = (at, 0);
        while lines.texts.len() < most.records && bytes < most.bytes {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line).map_err(fault)?;
            if line.pop() != Some(b'\n') {
                break;
            }
            end += read as u64;
            // What is no UTF-8 is delivered all the same, with the odd bytes replaced.
            let text = String::from_utf8(line)
                .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned());
            if text.trim().is_empty() {
                // Nothing to deliver; it is behind us with the line before it.
                if let Some(last) = lines.ends.last_mut() {
                    *last = end;
                }
                continue;
            }
            bytes += read;
            lines.texts.push(text);
            lines.ends.push(end);
        }
        Ok(lines)
    }
}

/// What is looked at of a line to know the record by. A queue says it beside the body; a file has
/// the body only.
#[derive(Deserialize, Default)]
struct Known<'a> {
    #[serde(borrow, rename = "FullId")]
    full_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "AlertId")]
    siem_alert_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "Severity")]
    siem_severity: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    severity: Option<Cow<'a, str>>,
}

/// The record of a line. Where the format has no key in the body, the line's SHA-256 is its key.
pub(super) fn record(line: &str, format: &str, tenant: &str) -> Record {
    let known: Known<'_> = serde_json::from_str(line).unwrap_or_default();
    let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
    Record {
        key: known
            .full_id
            .map(Cow::into_owned)
            .unwrap_or_else(|| hex::encode(Sha256::digest(line))),
        alert_id: text(known.siem_alert_id.or(known.id)),
        tenant: tenant.to_owned(),
        format: format.to_owned(),
        severity: text(known.siem_severity.or(known.severity)),
        change: String::new(),
        body: line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_it_is() {
        let siem = r#"{"AlertId":"da1","FullId":"da1:x","Severity":"High"}"#;
        let siem = record(siem, "siem", "t");
        assert_eq!(
            (siem.key.as_str(), siem.alert_id.as_str()),
            ("da1:x", "da1")
        );
        let native = record(r#"{"id":"da1","severity":"low"}"#, "native", "t");
        assert_eq!((native.key.len(), native.severity.as_str()), (64, "low"));
        let odd = record("CEF:0|x", "cef", "t");
        assert_eq!((odd.key.len(), odd.alert_id.as_str()), (64, ""));
    }
}
