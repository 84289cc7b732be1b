use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::format::{Known, format};

/// A record on its way to a SIEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its deduplication key: the same record has the same one, however often it is delivered.
    pub key: String,
    /// The id of its alert; empty if nobody said.
    pub alert_id: String,
    /// The name of its tenant.
    pub tenant: String,
    /// The name of its format, such as `siem`.
    pub format: String,
    /// `informational`, `low`, `medium`, `high`, in whatever case the format writes it.
    pub severity: String,
    /// The record itself: one JSON object, or one line of text.
    pub body: String,
}

impl Record {
    /// The record of a line. A queue says beside the body what the record is; a file has the body only.
    /// Where the format has no key in the body, the line's SHA-256 is its key.
    #[must_use]
    pub fn of_line(line: &str, name: &str, tenant: &str) -> Self {
        let known = format(name).map(|format| format.known(line));
        let Known {
            key,
            alert_id,
            severity,
        } = known.unwrap_or_default();
        Self {
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
}

impl fmt::Debug for Record {
    /// Leaves the body out: the content of an alert has no place in a log or a panic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("tenant", &self.tenant)
            .field("format", &self.format)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A record whose body may still lie in the object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record; its body is empty or a pointer as long as `body_at` is not fetched.
    pub record: Record,
    /// Where the body is, if it was too large for a message.
    pub body_at: Option<BodyLocation>,
}

/// A body in the object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLocation {
    /// The object's key.
    pub key: String,
    /// How many bytes it has, as the message says.
    pub bytes: usize,
}

impl StoredRecord {
    /// What it takes of the memory once its body is there.
    pub(crate) fn bytes(&self) -> usize {
        let stored = self.body_at.as_ref().map_or(0, |body| body.bytes);
        self.record.body.len().max(stored)
    }
}

impl From<Record> for StoredRecord {
    fn from(record: Record) -> Self {
        Self {
            record,
            body_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_it_is() {
        let siem = r#"{"AlertId":"da1","FullId":"da1:x","Severity":"High"}"#;
        let siem = Record::of_line(siem, "siem", "t");
        assert_eq!(
            (siem.key.as_str(), siem.alert_id.as_str()),
            ("da1:x", "da1")
        );
        let native = Record::of_line(r#"{"id":"da1","severity":"low"}"#, "native", "t");
        assert_eq!((native.key.len(), native.severity.as_str()), (64, "low"));
        let odd = Record::of_line("CEF:0|x", "cef", "t");
        assert_eq!((odd.key.len(), odd.alert_id.as_str()), (64, ""));
        let cef = "CEF:0|a|b|c|d|e|8|cs2=da1:x cs2Label=FullId MicrosoftDefenderSeverity=High";
        let cef = Record::of_line(cef, "cef", "t");
        assert_eq!((cef.key.as_str(), cef.alert_id.as_str()), ("da1:x=", "da1"));
        assert_eq!(cef.severity, "High");
    }
}
