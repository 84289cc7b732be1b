//! An alert as an ECS document.

use std::borrow::Cow;

use bumpalo::Bump;
use drawbridge_alert::Alert;

use super::alert::ALERT;
use super::category;
use super::data_stream::DataStream;
use super::field::Ecs;
use super::time;
use super::value::Value;
use super::values::Values;
use super::walk::{JsonPath, Walk};
use crate::tree::{self, Node};

/// The version of ECS that the fields are checked against.
const ECS_VERSION: &str = "9.5.0";

/// What lies deeper is kept as text: an index of Elasticsearch takes fields of 20 levels unless it is
/// told otherwise (`index.mapping.depth.limit`), and the alert lies below two.
pub(super) const MAX_DEPTH: u8 = 18;

/// The document: what is kept below `m365_defender.alert`, and the ECS fields.
pub(super) fn read<'n>(
    alert: &'n Node<'n>,
    raw_bytes: usize,
    stream: &'n DataStream,
    explained: bool,
) -> (String, Values<'n>) {
    let mut walk = Walk {
        json: String::with_capacity(raw_bytes),
        values: Values::new(explained),
    };
    walk.object(alert, &ALERT, &JsonPath::ALERT);
    category::add(alert, &mut walk.values);
    complete(&mut walk.values, stream);
    (walk.json, walk.values)
}

/// Adds what follows from other fields, and what is the same on every record.
fn complete<'n>(values: &mut Values<'n>, stream: &'n DataStream) {
    for (field, text) in [
        (Ecs::DataStreamDataset, &*stream.dataset),
        (Ecs::DataStreamNamespace, &*stream.namespace),
        (Ecs::DataStreamType, "logs"),
        (Ecs::SchemaVersion, ECS_VERSION),
        (Ecs::EventKind, "alert"),
        (Ecs::EventModule, "m365_defender"),
        (Ecs::EventDataset, &*stream.dataset),
    ] {
        values.make(field, Value::Text(text.into()), ALWAYS);
    }
    for (field, graph) in [
        (Ecs::EventCreated, "createdDateTime"),
        (Ecs::EventStart, "firstActivityDateTime"),
        (Ecs::EventEnd, "lastActivityDateTime"),
    ] {
        if values.text(Ecs::Timestamp).is_none()
            && let Some(text) = values.text(field).map(str::to_owned)
        {
            values.make(Ecs::Timestamp, Value::Text(text.into()), graph);
        }
    }
    let nanos = match (values.text(Ecs::EventStart), values.text(Ecs::EventEnd)) {
        (Some(start), Some(end)) => time::nanos_between(start, end),
        _ => None,
    };
    if let Some(nanos) = nanos {
        values.make(Ecs::EventDuration, Value::Long(nanos), BOTH);
    }
    let attack = [Ecs::ThreatTacticName, Ecs::ThreatTechniqueId];
    if let Some(from) = attack.iter().find(|field| values.text(**field).is_some()) {
        let source = values.sources(*from).first().map_or("", |s| *s).to_owned();
        let name = Value::Text(Cow::Borrowed("MITRE ATT&CK"));
        values.make(Ecs::ThreatFramework, name, &source);
    }
}

/// Where a value came from that is the same on every record.
pub(super) const ALWAYS: &str = "the same on every record";

/// Where a duration came from.
pub(super) const BOTH: &str = "firstActivityDateTime, lastActivityDateTime";

/// The record as one line of JSON.
pub(super) fn write(alert: &Alert<'_>, stream: &DataStream) -> String {
    let arena = Bump::with_capacity(2 * alert.raw.len());
    let node = tree::read(alert.raw, MAX_DEPTH, &arena);
    let (kept, values) = read(&node, alert.raw.len(), stream, false);
    let mut json = String::with_capacity(kept.len() + USUAL_ECS_BYTES);
    json.push('{');
    values.write(&mut json);
    if !kept.is_empty() {
        json.push_str(",\"m365_defender\":{\"alert\":");
        json.push_str(&kept);
        json.push('}');
    }
    json.push('}');
    json
}

/// What the ECS fields weigh in most records.
const USUAL_ECS_BYTES: usize = 4096;
