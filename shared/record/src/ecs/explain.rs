//! Where each value of a record came from.

use bumpalo::Bump;
use drawbridge_alert::Alert;
use serde_json::{Map, Value as Json};

use super::alert::{ALERT, PATHS};
use super::data_stream::DataStream;
use super::field::NAMES;
use super::record;
use crate::ExplainedKey;
use crate::tree;

/// Every ECS field of the record, then every member below `m365_defender.alert`.
pub(super) fn keys(alert: &Alert<'_>, stream: &DataStream) -> Vec<ExplainedKey> {
    let arena = Bump::new();
    let node = tree::read(alert.raw, record::MAX_DEPTH, &arena);
    let (kept, values) = record::read(&node, alert.raw.len(), stream, true);
    let mut ecs = String::from("{");
    values.write(&mut ecs);
    ecs.push('}');
    let written: Json = serde_json::from_str(&ecs).unwrap_or_default();
    let mut keys: Vec<ExplainedKey> = Vec::new();
    for name in NAMES {
        let path = name.field().path;
        let value = written.pointer(&format!("/{}", path.replace('.', "/")));
        if let Some(value) = value.filter(|_| values.of(*name).next().is_some()) {
            keys.push(ExplainedKey {
                key: path.into(),
                value: value.clone(),
                from: values.sources(*name).join(", "),
            });
        }
    }
    let kept: Map<String, Json> = serde_json::from_str(&kept).unwrap_or_default();
    keys.extend(kept.into_iter().map(|(name, value)| {
        let known = ALERT.properties().zip(PATHS).find(|(p, _)| p.name == name);
        let (key, from) = match known {
            Some((property, path)) => ((*path).into(), property.graph.to_owned()),
            None => (format!("m365_defender.alert.{name}").into(), name),
        };
        ExplainedKey { key, value, from }
    }));
    keys
}
