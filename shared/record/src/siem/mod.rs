//! The record of the retired Defender for Endpoint SIEM API: 50 keys, in the old order.
//!
//! `docs/record.md` is the contract; the table in [`keys`](KEYS) is where each key comes from.

mod explain;
mod keys;
mod write;

pub use crate::detection::{ENCODING_VERSION, Source};
pub use keys::{KEYS, Key, Kind};

use drawbridge_alert::Alert;

use crate::{Claim, Explained, Field, Format, Identity, Record, detection};

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
        detection::map(alert, claim, sink, write::content, write::record);
    }

    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        detection::explain(alert, explain::keys)
    }
}
