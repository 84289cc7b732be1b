//! The alert as a document of the Elastic Common Schema, as Elastic's own integration makes it.
//!
//! `docs/ecs.md` says what is the same and what is not. The tables in `field` (the ECS fields),
//! `alert` and `evidence` (Graph's properties, and where they go) are all there is to it.

mod alert;
mod category;
mod convert;
mod data_stream;
mod document;
mod evidence;
mod explain;
mod field;
mod made;
mod name;
mod property;
mod record;
mod time;
mod uri;
mod value;
mod values;
mod walk;
mod write;

use std::sync::{Mutex, PoisonError};

use drawbridge_alert::Alert;

use crate::draft;
use crate::version::Writer;
use crate::{Change, Drafts, ExplainedKey, Field, Format, Layout, Notation, Rewrite, TimeNotation};

pub use data_stream::DataStream;

/// The format `ecs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecs {
    stream: DataStream,
}

impl Ecs {
    /// Documents for that data stream.
    #[must_use]
    pub const fn new(stream: DataStream) -> Self {
        Self { stream }
    }

    /// The same, for as long as the process runs: one of each data stream, as formats are.
    #[must_use]
    pub fn of_stream(stream: DataStream) -> &'static dyn Format {
        static KNOWN: Mutex<Vec<&Ecs>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ecs) = known.iter().find(|ecs| ecs.stream == stream) {
            return *ecs;
        }
        let ecs = Box::leak(Box::new(Self::new(stream)));
        known.push(ecs);
        ecs
    }
}

impl Format for Ecs {
    fn name(&self) -> &'static str {
        "ecs"
    }

    fn about(&self) -> &'static str {
        "A document of the Elastic Common Schema for each version of an alert, with the fields of \
         Elastic's m365_defender integration; what ECS has no field for is below \
         `m365_defender.alert`. For Elasticsearch without that integration's ingest pipeline. \
         [ECS](ecs.md) has the details."
    }

    fn schema_version(&self) -> u32 {
        1
    }

    fn layout(&self) -> &'static Layout {
        &LAYOUT
    }

    fn rewrite(&self) -> Rewrite {
        Rewrite::Changes
    }

    fn fields(&self) -> Vec<Field> {
        document::fields()
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        draft::version(alert, self)
    }
}

static LAYOUT: Layout = Layout {
    notation: Notation::Json,
    times: &[("@timestamp", TimeNotation::Text)],
    key: None,
    key_suffix: "",
    truncated: None,
    alert_id: Some("event.id"),
    severity: "m365_defender.alert.severity",
};

impl Writer for Ecs {
    fn write(&self, alert: &Alert<'_>, _key: &str, _change: Change) -> String {
        record::write(alert, &self.stream)
    }

    fn keys(&self, alert: &Alert<'_>, _key: &str) -> Vec<ExplainedKey> {
        explain::keys(alert, &self.stream)
    }
}
