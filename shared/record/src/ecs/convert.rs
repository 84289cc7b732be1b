//! How a value of Graph becomes a value of an ECS field.
//!
//! What does not fit is left out: one value of a wrong type would make Elasticsearch refuse the
//! whole record. It stays under `m365_defender.alert`.

use std::net::IpAddr;

use super::name::ODATA_TYPE;
use super::time;
use super::uri::Uri;
use super::value::Value;
use super::write;
use crate::tactic::{self, Tactic};
use crate::tree::{Member, Node, Object};

/// Gives the values of a field to the sink; false if the value does not fit.
pub(super) type Convert = for<'n> fn(&'n Node<'_>, &mut dyn FnMut(Value<'n>)) -> bool;

type Sink<'s, 'n> = &'s mut dyn FnMut(Value<'n>);

/// A string; a number or a truth value as Graph writes it.
pub(super) fn text<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let Some(text) = write::scalar(node) else {
        return false;
    };
    sink(Value::Text(text));
    true
}

pub(super) fn date<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let millis = node.text().and_then(time::millis);
    give(millis.map(|text| Value::Text(text.into())), sink)
}

pub(super) fn ip<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let address = node.text().filter(|text| is_ip(text));
    give(address.map(|text| Value::Text(text.into())), sink)
}

/// An address, or that of an IP evidence whose place is known.
pub(super) fn located_ip<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    if !matches!(node, Node::Object(_)) {
        return ip(node, sink);
    }
    let is_located = ["location", "countryLetterCode"].map(|name| node.get(name).is_some());
    let address = node.get("ipAddress").filter(|_| is_located.contains(&true));
    address.is_some_and(|address| ip(address, sink))
}

/// The point of a location; none where there is no such point on the globe.
pub(super) fn point<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let degrees = |name, most: f64| {
        let degrees = node.get(name).and_then(fraction);
        degrees.filter(|degrees| degrees.abs() <= most)
    };
    let point = degrees("latitude", 90.0).zip(degrees("longitude", 180.0));
    give(point.map(|(lat, lon)| Value::Point { lat, lon }), sink)
}

/// A number that a `float` of Elasticsearch takes.
pub(super) fn fraction(node: &Node<'_>) -> Option<f64> {
    let number = match node {
        Node::Int(number) => *number as f64,
        Node::Number(number) => number.as_f64()?,
        _ => return None,
    };
    (number.abs() <= f64::from(f32::MAX)).then_some(number)
}

/// Whether a text is an IP address, of either family and without a zone.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

pub(super) fn long<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    give(whole(node).map(Value::Long), sink)
}

/// A whole number, which Graph may send as text.
pub(super) fn whole(node: &Node<'_>) -> Option<i64> {
    match node {
        Node::Int(number) => Some(*number),
        Node::Text(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn boolean<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    match node {
        Node::Flag(flag) => give(Some(Value::Flag(*flag)), sink),
        _ => false,
    }
}

/// Elastic's numbers for Graph's words.
pub(super) fn severity<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    const NUMBERS: &[(&str, i64)] = &[
        ("informational", 21),
        ("low", 21),
        ("medium", 47),
        ("high", 73),
        ("critical", 99),
    ];
    let word = node.text().unwrap_or_default();
    let found = NUMBERS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word));
    give(found.map(|&(_, number)| Value::Long(number)), sink)
}

/// A hash: a text of its own, or the value of a `fileHash` of that algorithm.
pub(super) fn hash<'n>(node: &'n Node<'_>, algorithm: Option<&str>, sink: Sink<'_, 'n>) -> bool {
    if !matches!(node, Node::Object(_)) {
        return text(node, sink);
    }
    let named = node.get("algorithm").and_then(Node::text);
    if algorithm.is_some_and(|algorithm| named != Some(algorithm)) {
        return false;
    }
    node.get("value").is_some_and(|value| text(value, sink))
}

pub(super) fn cloud_provider<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    one_of(node, &["azure", "aws", "gcp"], sink)
}

pub(super) fn transport<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    one_of(node, &["tcp", "udp"], sink)
}

fn one_of<'n>(node: &'n Node<'_>, words: &[&'static str], sink: Sink<'_, 'n>) -> bool {
    let word = node.text().unwrap_or_default();
    let found = words.iter().find(|known| known.eq_ignore_ascii_case(word));
    give(found.map(|&known| Value::Text(known.into())), sink)
}

/// The family of an operating system, from the start of its name in Graph, such as `Windows11`.
pub(super) fn os_type<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    const FAMILIES: &[(&str, &str)] = &[
        ("Windows", "windows"),
        ("Linux", "linux"),
        ("macOS", "macos"),
        ("iOS", "ios"),
        ("Android", "android"),
    ];
    let name = node.text().unwrap_or_default();
    let found = FAMILIES.iter().find(|(start, _)| {
        name.get(..start.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(start))
    });
    give(found.map(|&(_, family)| Value::Text(family.into())), sink)
}

pub(super) fn domain<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let host = node.text().and_then(Uri::parse).map(|uri| uri.domain);
    give(host.map(|host| Value::Text(host.into())), sink)
}

fn tactic(node: &Node<'_>) -> Option<&'static Tactic> {
    tactic::of_category(node.text()?)
}

pub(super) fn category_tactic<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let tactic = tactic(node);
    give(tactic.map(|it| Value::Text(it.category.into())), sink)
}

pub(super) fn known_tactic<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    give(tactic(node).map(|it| Value::Text(it.id.into())), sink)
}

/// The technique and the number of a sub-technique, as in `T1059.001`.
fn attack(text: &str) -> Option<(&str, Option<&str>)> {
    let (technique, sub) = match text.split_once('.') {
        Some((technique, sub)) => (technique, Some(sub)),
        None => (text, None),
    };
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(technique.strip_prefix('T')?, 4) && sub.is_none_or(|sub| digits(sub, 3));
    fits.then_some((technique, sub))
}

pub(super) fn technique<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let id = node.text().and_then(attack);
    give(id.map(|(technique, _)| Value::Text(technique.into())), sink)
}

pub(super) fn sub_technique<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let id = node
        .text()
        .filter(|text| attack(text).is_some_and(|(_, sub)| sub.is_some()));
    give(id.map(|id| Value::Text(id.into())), sink)
}

/// Each member of a dictionary as a label: a scalar as its text, a list of scalars as a list of
/// texts, anything deeper as JSON.
pub(super) fn labels<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let Node::Object(labels) = node else {
        return false;
    };
    for label in own(labels) {
        if !write::as_text(&label.value).is_empty() {
            sink(Value::Label(label.name, &label.value));
        }
    }
    true
}

/// Each member of a dictionary as `name:value`.
pub(super) fn lists_labels<'n>(node: &'n Node<'_>, sink: Sink<'_, 'n>) -> bool {
    let Node::Object(labels) = node else {
        return text(node, sink);
    };
    for label in own(labels) {
        if let Some(value) = write::scalar(&label.value) {
            sink(Value::Text(format!("{}:{value}", label.name).into()));
        }
    }
    true
}

/// The members of a dictionary but the one that tells its type.
fn own<'n>(labels: &Object<'n>) -> impl Iterator<Item = &'n Member<'n>> + use<'n> {
    let members = labels.members().iter();
    members.filter(|member| member.name != ODATA_TYPE)
}

fn give<'n>(value: Option<Value<'n>>, sink: Sink<'_, 'n>) -> bool {
    let Some(value) = value else {
        return false;
    };
    sink(value);
    true
}
