//! What the formats of the old record's shape share: one record for each *detection*, an alert
//! crossed with the entity that raised it on a device.
//!
//! [`map`] makes the records; [`properties`] says where each of their values comes from.

mod address;
mod explain;
mod fan_out;
mod identity;
pub(crate) mod line;
pub(crate) mod properties;
mod rules;
mod source;

pub use identity::ENCODING_VERSION;
pub use source::Source;

use drawbridge_alert::Alert;
use sha2::{Digest as _, Sha256};

pub(crate) use explain::{NOTHING_SENT, explain, from};
pub(crate) use fan_out::Row;
pub(crate) use identity::Synthesised;
pub(crate) use properties::{Property, Value};

use crate::{Claim, Identity, Record};

/// Maps an alert: `body` writes a record of it, `content` is what [`Identity::content`] gives.
pub(crate) fn map(
    alert: &Alert<'_>,
    claim: &mut dyn FnMut(&Identity<'_>) -> Option<Claim>,
    sink: &mut dyn FnMut(Record),
    content: fn(&Row<'_, '_>) -> [u8; 32],
    body: fn(&Row<'_, '_>, &Synthesised) -> String,
) {
    for (row, digest) in fan_out::rows(alert) {
        let content = || content(&row);
        let identity = Identity {
            digest,
            content: &content,
        };
        let Some(Claim { part, change }) = claim(&identity) else {
            continue;
        };
        let ids = Synthesised::new(&alert.id, &digest, part);
        let body = body(&row, &ids);
        sink(Record {
            key: ids.full_id,
            alert_id: alert.id.as_str().to_owned(),
            severity: rules::severity(&row).into_owned(),
            change,
            body,
        });
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
