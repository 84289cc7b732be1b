//! `event.category` and `event.type`.

use std::collections::BTreeMap;

use super::evidence;
use super::field::Ecs;
use super::value::Value;
use super::values::Values;
use crate::tree::Node;

/// What a determination says of the event, as Elastic has it.
const DETERMINATIONS: &[(&str, &str)] = &[
    ("malware", "malware"),
    ("maliciousUserActivity", "malware"),
    ("phishing", "email"),
    ("apt", "threat"),
];

/// The type that ECS expects with a category.
fn type_of(category: &str) -> &'static str {
    match category {
        "registry" => "access",
        "threat" => "indicator",
        _ => "info",
    }
}

/// Adds both fields, sorted.
pub(super) fn add<'n>(alert: &'n Node<'n>, values: &mut Values<'n>) {
    let mut categories: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    if let Some(Node::List(evidence)) = alert.get("evidence") {
        for (at, piece) in evidence.iter().enumerate() {
            let kind = evidence::named(piece);
            if let Some(category) = kind.and_then(|kind| kind.category) {
                categories.entry(category).or_insert(Some(at));
            }
        }
    }
    let determination = alert.get("determination").and_then(Node::text);
    let found = DETERMINATIONS
        .iter()
        .find(|(name, _)| determination.is_some_and(|d| d.eq_ignore_ascii_case(name)));
    if let Some((_, category)) = found {
        categories.entry(category).or_insert(None);
    }
    let mut types: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (category, at) in &categories {
        types.entry(type_of(category)).or_insert(*at);
    }
    for (field, found) in [(Ecs::EventCategory, categories), (Ecs::EventType, types)] {
        for (word, at) in found {
            values.add(field, Value::Text(word.into()), || match at {
                Some(at) => format!("evidence[{at}].@odata.type"),
                None => "determination".to_owned(),
            });
        }
    }
}
