//! The alert as an OCSF Detection Finding, class 2004, of version 1.8.0.
//!
//! The alert is read into a tree that remembers what was taken from it (`taken`). What is left of a
//! piece of evidence is its `data`, what is left of the alert is `unmapped`; so nothing of it is
//! lost, and `raw_data` with the whole alert once more is not needed.

mod attacks;
mod cloud;
mod codes;
mod evidence;
mod explain;
mod fields;
mod finding;
mod observable;
mod taken;
mod technique;
mod trace;
mod write;

use bumpalo::Bump;
use drawbridge_alert::Alert;

use crate::draft;
use crate::tree::Object;
use crate::version::Writer;
use crate::{Change, Drafts, ExplainedKey, Field, Format, Layout, Notation, Rewrite, TimeNotation};
use trace::Trace;

/// The format `ocsf`.
#[derive(Debug, Clone, Copy)]
pub struct Ocsf;

impl Format for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn about(&self) -> &'static str {
        "An [OCSF](https://schema.ocsf.io/1.8.0/classes/detection_finding) Detection Finding (class \
         2004) of version 1.8.0: created, updated, closed. If an alert that is resolved changes and \
         stays resolved, that is another Close: what it was before is not known here, and a Close must \
         not be missed if an alert was resolved and edited between two polls. Evidence is typed \
         wherever OCSF has an object for it. What has no place of its own in a piece of evidence, such \
         as its remediation status and its roles, is in its `data`. So are Graph's own words if OCSF \
         has other words or units (verdicts, times, algorithms). What has no place in the alert is in \
         `unmapped`. So nothing that Graph sent of the evidence is lost, there is no `raw_data`, and \
         only two things are less exact: the alert's own times, in milliseconds since 1970, and numbers \
         of more than fifteen digits that are not whole or do not fit into 64 bits. What is absent, \
         `null`, empty or the date of the year 1 is left out. A number whose name ends in `_id` is then \
         0; if OCSF has no number for Graph's word, it is 99, with the word beside it. Amazon Security \
         Lake wants the same objects as Parquet; the records were not tried against it."
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
        fields::documented()
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        draft::version(alert, self)
    }
}

static LAYOUT: Layout = Layout {
    notation: Notation::Json,
    times: &[("time", TimeNotation::Millis)],
    key: Some("metadata.uid"),
    key_suffix: "",
    truncated: None,
    alert_id: Some("metadata.original_event_uid"),
    severity: "severity",
};

impl Writer for Ocsf {
    fn severity<'r>(&self, alert: &'r Alert<'_>) -> &'r str {
        codes::severity(alert.severity.as_deref()).1
    }

    /// What is not taken from the alert is copied, and its observables come on top.
    fn write(&self, alert: &Alert<'_>, key: &str, change: Change) -> String {
        let arena = Bump::with_capacity(2 * alert.raw.len());
        let tree = Object::read(alert.raw, &arena);
        finding::write(&tree, key, change, alert.raw.len() * 3 / 2 + 4096, None).0
    }

    fn keys(&self, alert: &Alert<'_>, key: &str) -> Vec<ExplainedKey> {
        let arena = Bump::new();
        let tree = Object::read(alert.raw, &arena);
        let trace = Some(Box::new(Trace::of(&tree)));
        let (body, trace) = finding::write(&tree, key, Change::New, alert.raw.len(), trace);
        explain::keys(&body, &trace.unwrap_or_default())
    }
}
