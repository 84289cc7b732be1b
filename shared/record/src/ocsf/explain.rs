use serde_json::Value as Json;

use super::evidence;
use super::fields::{Row, Source, rows};
use crate::ExplainedKey;
use crate::tree::Object;

/// Explains a record, value by value, with the table of the fields.
pub(super) fn keys(alert: &Object<'_>, body: &str) -> Vec<ExplainedKey> {
    // The record leaves out evidence that says nothing.
    let pieces = alert.take_list("evidence").iter().enumerate();
    let evidence: Vec<(usize, &str)> = pieces
        .filter(|(_, piece)| evidence::says_anything(piece))
        .map(|(index, piece)| (index, evidence::kind_of(piece)))
        .collect();
    let mut keys = Vec::new();
    let record: Json = serde_json::from_str(body).unwrap_or_default();
    leaves(record, String::new(), &mut |path, value| {
        keys.push(ExplainedKey {
            from: from(&path, &evidence),
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

/// The path of the table, without the numbers between brackets.
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

fn from(path: &str, evidence: &[(usize, &str)]) -> String {
    let plain = without_indexes(path);
    let Some(row) = rows().iter().find(|row| row.path == plain) else {
        return String::new();
    };
    let number = path
        .strip_prefix("evidences[")
        .and_then(|rest| rest.split_once(']')?.0.parse::<usize>().ok());
    let piece = number.and_then(|number| evidence.get(number));
    let told: Vec<String> = match piece {
        Some((index, kind)) => of_piece(row, *index, kind),
        None => row.sources.iter().map(of_alert).collect(),
    };
    told.join(" or ")
}

fn of_alert(source: &Source) -> String {
    match source {
        Source::Alert(property) => (*property).to_owned(),
        Source::Evidence(of, property) => format!("{of}Evidence.{property}"),
        Source::Fixed(what) => format!("fixed: {what}"),
    }
}

/// The sources that a piece of that type has; only what has none of them is fixed.
fn of_piece(row: &Row, index: usize, kind: &str) -> Vec<String> {
    let own = row.sources.iter().filter_map(|source| match source {
        Source::Evidence("*", property) if property.is_empty() => {
            Some(format!("evidence[{index}]"))
        }
        Source::Evidence(of, property) if *of == "*" || of.eq_ignore_ascii_case(kind) => {
            Some(format!("evidence[{index}].{property}"))
        }
        _ => None,
    });
    let own: Vec<String> = own.collect();
    if !own.is_empty() {
        return own;
    }
    let fixed = row.sources.iter();
    fixed
        .filter(|source| matches!(source, Source::Fixed(_)))
        .map(of_alert)
        .collect()
}
