//! The record of the retired Defender for Endpoint SIEM API: 50 keys, in the old order.
//!
//! `docs/record.md` is the contract; the table in [`keys`](KEYS) is where each key comes from.

mod explain;
mod keys;
mod write;

pub use crate::detection::{ENCODING_VERSION, Source};
use crate::detection::{Scope, Writer};
pub use keys::{KEYS, Key, Kind};

use drawbridge_alert::Alert;

use crate::{Drafts, Field, Format, detection};

static WRITER: Writer = Writer {
    scope: Scope::Old,
    content: write::content,
    body: write::record,
    keys: explain::keys,
};

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

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        detection::drafts(alert, &WRITER)
    }
}
