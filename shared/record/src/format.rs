use std::borrow::Cow;

use drawbridge_alert::Alert;
use serde::Serialize;
use serde_json::Value as Json;

use crate::draft::{Drafts, FirstReading};

/// An output format.
pub trait Format: Send + Sync {
    /// Its name: in the registry, in the state, in message attributes and file names.
    fn name(&self) -> &'static str;

    /// What it is and who reads it, in a sentence or two of Markdown.
    fn about(&self) -> &'static str;

    /// The version of its schema; a reader of version N understands every record of version N.
    fn schema_version(&self) -> u32;

    /// What the body of a record is.
    fn body(&self) -> Body {
        Body::Json
    }

    /// When a record is written again, unless an output asks for something else.
    fn rewrite(&self) -> Rewrite {
        Rewrite::Never
    }

    /// The fields of a record, in the order of the documentation.
    fn fields(&self) -> Vec<Field>;

    /// The records that an alert calls for, in order, whatever was written of it before: each is
    /// worked out when it is asked for.
    ///
    /// Several may have one identity; of those that are called for, the first is meant.
    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d>;

    /// Explains the records of an alert as if it were read for the first time, with all that it
    /// shows.
    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        let mut first = FirstReading::default();
        let granted = self.drafts(alert).filter_map(|draft| {
            let part = first.part(&draft)?;
            Some(draft.explain(part))
        });
        granted.collect()
    }
}

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
    /// One line as [`Format::body`] says; the same record is the same bytes for ever.
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
