use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value as Json;

/// What the body of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// One JSON object on one line.
    Json,
    /// One line of another text format.
    Text,
}

/// When a record that was written is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrite {
    /// Never: its key was written, and that is that.
    Never,
    /// When its content has changed, volatile fields aside.
    Changes,
}

/// One field of a format, for its documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name on the wire; a path such as `finding_info.uid` where the format nests.
    pub name: &'static str,
    /// What it holds: `string`, `number`, …
    pub kind: &'static str,
    /// The Graph properties that it comes from.
    pub from: Cow<'static, str>,
    /// What happens on the way.
    pub rule: &'static str,
}

/// One record of an alert, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// What made it a record: `file`, `process`, `ip`, `url`, `user`, `device` or `alert`; in `cef`
    /// and `leef` also `message`, `connection`, `registryKey`, `registryValue`, `application`,
    /// `dns` or `fileHash`.
    pub of: &'static str,
    /// The piece of evidence, such as `evidence[2]`; none for a record of the alert alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Its keys, in the order of the wire.
    pub keys: Vec<ExplainedKey>,
}

/// One key of a record, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedKey {
    /// The key.
    pub key: Cow<'static, str>,
    /// Its value.
    pub value: Json,
    /// Where it came from, or why it is empty.
    pub from: String,
}

/// Why a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was never written before.
    New,
    /// It was written before with other content.
    Changed,
}

impl Change {
    /// The word in message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
        }
    }
}

/// A finished record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its deduplication key; `FullId` in the `siem` format.
    pub key: String,
    /// The id of its alert.
    pub alert_id: String,
    /// Its severity, as the format writes it.
    pub severity: String,
    /// Why it is written.
    pub change: Change,
    /// One line as [`Format::body`](crate::Format::body) says; the same record is the same bytes for ever.
    pub body: String,
}

impl std::fmt::Debug for Record {
    /// Leaves the body out: the content of an alert has no place in a log or a panic.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("change", &self.change)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
