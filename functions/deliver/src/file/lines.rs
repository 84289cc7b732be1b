use std::io::{self, BufRead};

use sha2::{Digest as _, Sha256};

use crate::format::{Known, format};
use crate::{Limits, Record};

/// Whole lines of a file, and where each ends.
pub(super) struct Lines {
    pub(super) texts: Vec<String>,
    pub(super) ends: Vec<u64>,
}

impl Lines {
    /// Reads lines that begin at byte `at`, as many as `most` allows, one at least. A last line
    /// without its end is still being written, and left for later.
    pub(super) fn read(mut reader: impl BufRead, at: u64, most: Limits) -> io::Result<Self> {
        let mut lines = Self {
            texts: Vec::new(),
            ends: Vec::new(),
        };
        let (mut end, mut bytes) = (at, 0);
        while lines.texts.len() < most.records && bytes < most.bytes {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                break;
            }
            end += read as u64;
            let text = text(line);
            if text.trim().is_empty() {
                // An empty line counts as delivered together with the line before it.
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

/// The text of a line; of what is no UTF-8, the odd bytes are replaced.
pub(super) fn text(line: Vec<u8>) -> String {
    String::from_utf8(line)
        .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned())
}

/// The record of a line. A queue says beside the body what the record is; a file has the body only.
/// Where the format has no key in the body, the line's SHA-256 is its key.
pub(super) fn record(line: &str, name: &str, tenant: &str) -> Record {
    let known = format(name).map(|format| format.known(line));
    let Known {
        key,
        alert_id,
        severity,
    } = known.unwrap_or_default();
    Record {
        key: match key.as_str() {
            "" => hex::encode(Sha256::digest(line)),
            _ => key,
        },
        alert_id,
        tenant: tenant.to_owned(),
        format: name.to_owned(),
        severity,
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
        let cef = "CEF:0|a|b|c|d|e|8|cs2=da1:x cs2Label=FullId MicrosoftDefenderSeverity=High";
        let cef = record(cef, "cef", "t");
        assert_eq!((cef.key.as_str(), cef.alert_id.as_str()), ("da1:x=", "da1"));
        assert_eq!(cef.severity, "High");
    }
}
