use std::fmt;

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
