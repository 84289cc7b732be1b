use serde_json::Value as Json;

use super::fields;
use super::trace::Trace;
use crate::ExplainedKey;
use crate::detection::NOTHING_SENT;

/// Explains a record, value by value, with what was noted while it was written.
pub(super) fn keys(body: &str, trace: &Trace) -> Vec<ExplainedKey> {
    let mut keys = Vec::new();
    let record: Json = serde_json::from_str(body).unwrap_or_default();
    leaves(record, String::new(), &mut |path, value| {
        let from = match trace.sources(&path) {
            [] => match fields::fixed(&without_indexes(&path)) {
                Some(what) => format!("fixed: {what}"),
                None => NOTHING_SENT.to_owned(),
            },
            sources => sources.join(", "),
        };
        keys.push(ExplainedKey {
            from,
            key: path.into(),
            value,
        });
    });
    keys
}

/// What Graph sent in its own form is told whole.
fn is_whole(path: &str) -> bool {
    path == "unmapped" || (path.starts_with("evidences[") && path.ends_with("].data"))
}

fn leaves(value: Json, path: String, tell: &mut impl FnMut(String, Json)) {
    match value {
        Json::Object(members) if !is_whole(&path) => {
            for (name, value) in members {
                let path = match path.as_str() {
                    "" => name,
                    path => format!("{path}.{name}"),
                };
                leaves(value, path, tell);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                leaves(item, format!("{path}[{index}]"), tell);
            }
        }
        value => tell(path, value),
    }
}

/// The path without the numbers between brackets.
fn without_indexes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    for (n, part) in path.split('[').enumerate() {
        match part.split_once(']') {
            Some((_, rest)) if n > 0 => {
                plain.push_str("[]");
                plain.push_str(rest);
            }
            _ => plain.push_str(part),
        }
    }
    plain
}
