//! The record of the retired Defender for Endpoint SIEM API: 50 keys, in the old order.
//!
//! `docs/record.md` is the contract; the table in [`keys`](KEYS) is where each key comes from.

mod explain;
mod keys;
mod write;

use crate::detection::{DetectionFormat, Scope};
pub use crate::detection::{ENCODING_VERSION, Source, are_of_one_digest};
use crate::{Layout, Notation, TimeNotation};
pub use keys::{KEYS, Key, Kind};

/// The format `siem`.
pub static SIEM: DetectionFormat = DetectionFormat {
    name: "siem",
    about: "The record of the retired Defender for Endpoint SIEM API: one JSON object for each entity \
     of an alert, 50 keys, always all present. For parsers, dashboards and rules that were \
     written for that API. [The record](record.md) has the details.",
    schema_version: 1,
    layout: &LAYOUT,
    fields: || KEYS.iter().map(keys::documented).collect(),
    scope: Scope::Old,
    content: write::content,
    write: write::record,
    keys: explain::keys,
};

static LAYOUT: Layout = Layout {
    notation: Notation::Json,
    times: &[
        ("LastProcessedTimeUtc", TimeNotation::Text),
        ("AlertTime", TimeNotation::Text),
    ],
    key: Some("FullId"),
    key_suffix: "",
    truncated: None,
    alert_id: Some("AlertId"),
    severity: "Severity",
};
