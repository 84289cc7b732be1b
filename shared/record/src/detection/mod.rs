//! What the formats of the old record's shape share: one record for each *detection*, an alert
//! crossed with the entity that raised it on a device.
//!
//! [`map`] makes the records; [`properties`] says where each of their values comes from.

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
mod rules;
mod source;
mod wide;

pub use identity::ENCODING_VERSION;
pub use source::Source;

use drawbridge_alert::Alert;
use sha2::{Digest as _, Sha256};

pub(crate) use explain::{NOTHING_SENT, explain, from};
pub(crate) use fan_out::{Row, Scope};
pub(crate) use identity::Synthesised;
pub(crate) use properties::{Property, Value};
pub(crate) use rules::time_text;

use crate::{Claims, Record};

/// How a format of this shape writes a record.
pub(crate) struct Writer {
    /// Which evidence makes records.
    pub(crate) scope: Scope,
    /// What [`Identity::content`] gives.
    pub(crate) content: fn(&Row<'_, '_>) -> [u8; 32],
    /// The record's body.
    pub(crate) body: fn(&Row<'_, '_>, &Synthesised) -> String,
}

/// Maps an alert.
pub(crate) fn map(
    alert: &Alert<'_>,
    claims: &mut dyn Claims,
    sink: &mut dyn FnMut(Record),
    writer: &Writer,
) {
    let Writer {
        scope,
        content,
        body,
    } = *writer;
    fan_out::claim_rows(alert, scope, claims, content, &mut |row, ids, change| {
        let body = body(row, &ids);
        sink(Record {
            key: ids.full_id,
            alert_id: alert.id.as_str().to_owned(),
            severity: rules::severity(row).into_owned(),
            change,
            body,
        });
    });
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
