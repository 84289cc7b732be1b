//! What the formats of the old record's shape share: one record for each *detection*, an alert
//! crossed with the entity that raised it on a device.
//!
//! [`DetectionFormat`] is such a format, and [`fan_out`] finds the records; [`properties`] says where each of their values comes from.

mod address;
mod devices;
mod entity;
mod explain;
mod facts;
mod fan_out;
mod identity;
pub(crate) mod line;
mod person;
pub(crate) mod properties;
mod row;
mod rules;
mod source;
mod wide;

pub use identity::{ENCODING_VERSION, are_of_one_digest};
pub use source::Source;

use sha2::{Digest as _, Sha256};

pub(crate) use explain::{NOTHING_SENT, from};
pub(crate) use fan_out::{CalledFor, FanOut, Scope};
pub(crate) use identity::Synthesised;
pub(crate) use properties::{Property, Value};
pub(crate) use row::Row;
pub(crate) use rules::time_text;

use crate::{Change, Explained, ExplainedKey, Field, Layout, Record};
use row::Name;

/// A format with one record for each detection.
pub struct DetectionFormat {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) schema_version: u32,
    pub(crate) layout: &'static Layout,
    pub(crate) fields: fn() -> Vec<Field>,
    /// Which evidence makes records.
    pub(crate) scope: Scope,
    /// What [`crate::Draft::content`] gives.
    pub(crate) content: fn(&Row<'_, '_>) -> [u8; 32],
    /// Writes a record's body.
    pub(crate) write: fn(&Row<'_, '_>, &Synthesised) -> String,
    /// Says of each value of the body where it came from.
    pub(crate) keys: fn(&Row<'_, '_>, &Synthesised) -> Vec<ExplainedKey>,
}

/// What one record is made of, and how.
pub(crate) struct Detection<'d> {
    row: Row<'d, 'd>,
    name: Name,
    report_id: u32,
    format: &'d DetectionFormat,
}

impl Detection<'_> {
    pub(crate) fn identity(&self) -> [u8; 32] {
        identity::digest(&self.row, self.name)
    }

    pub(crate) fn content(&self) -> [u8; 32] {
        (self.format.content)(&self.row)
    }

    pub(crate) fn version(&self, content: &[u8; 32]) -> [u8; 32] {
        crate::version::digest(self.row.alert, content)
    }

    pub(crate) fn write(&self, identity: &[u8; 32], part: u32, change: Change) -> Record {
        let ids = self.ids(identity, part);
        Record {
            alert_id: self.row.alert.id.as_str().to_owned(),
            severity: rules::severity(&self.row).into_owned(),
            change,
            body: (self.format.write)(&self.row, &ids),
            key: ids.full_id,
        }
    }

    pub(crate) fn explain(&self, identity: &[u8; 32], part: u32) -> Explained {
        Explained {
            of: explain::kind(&self.row),
            evidence: self.row.place().map(|index| format!("evidence[{index}]")),
            keys: (self.format.keys)(&self.row, &self.ids(identity, part)),
        }
    }

    fn ids(&self, identity: &[u8; 32], part: u32) -> Synthesised {
        Synthesised::new(&self.row.alert.id, self.report_id, identity, part)
    }
}

/// SHA-256 of the values that come from Graph. The caller leaves out the time of the last activity,
/// which moves while nothing else does.
pub(crate) fn content<'v>(values: impl Iterator<Item = &'v Value>, row: &Row<'_, '_>) -> [u8; 32] {
    let mut sha = Sha256::new();
    for value in values {
        let value = match value {
            Value::Text(value) => value(row),
            Value::Time(value) => value(row).map_or("", |time| &time.text).into(),
            Value::Flag(value) => value(row)
                .map_or("null", |on| if on { "1" } else { "0" })
                .into(),
            Value::Id(_) | Value::Number(_) | Value::Empty => continue,
        };
        sha.update((value.len() as u64).to_be_bytes());
        sha.update(value.as_bytes());
    }
    sha.finalize().into()
}
