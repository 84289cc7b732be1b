//! The record of the retired Defender for Endpoint SIEM API: 50 keys, in the old order.
//!
//! `docs/record.md` is the contract; the table in [`keys`](KEYS) is where each key comes from.

mod explain;
mod fan_out;
mod identity;
mod keys;
mod rules;
mod write;

pub use identity::ENCODING_VERSION;
pub use keys::{KEYS, Key, Kind, Source};

use drawbridge_alert::Alert;

use crate::{Claim, Explained, Field, Format, Identity, Record};
use identity::Synthesised;

/// The format `siem`.
#[derive(Debug, Clone, Copy)]
pub struct Siem;

impl Format for Siem {
    fn name(&self) -> &'static str {
        "siem"
    }

    fn about(&self) -> &'static str {
        "The record of the retired Defender for Endpoint SIEM API: one JSON object for each entity \
         of an alert, 50 keys, always all present. For parsers, dashboards and rules that were \
         written for that API. [The record](record.md) has the details."
    }

    fn schema_version(&self) -> u32 {
        1
    }

    fn fields(&self) -> Vec<Field> {
        KEYS.iter().map(keys::documented).collect()
    }

    fn map(
        &self,
        alert: &Alert<'_>,
        claim: &mut dyn FnMut(&Identity<'_>) -> Option<Claim>,
        sink: &mut dyn FnMut(Record),
    ) {
        for (row, digest) in fan_out::rows(alert) {
            let content = || write::content(&row);
            let identity = Identity {
                digest,
                content: &content,
            };
            let Some(Claim { part, change }) = claim(&identity) else {
                continue;
            };
            let ids = Synthesised::new(&alert.id, &digest, part);
            let body = write::record(&row, &ids);
            sink(Record {
                key: ids.full_id,
                alert_id: alert.id.as_str().to_owned(),
                severity: rules::severity(&row).into_owned(),
                change,
                body,
            });
        }
    }

    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        explain::explain(alert)
    }
}
