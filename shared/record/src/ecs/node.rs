//! An alert's JSON as a tree that borrows from its text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Flag(bool),
    Int(i64),
    /// A number that is no `i64`.
    Number(serde_json::Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

/// One member of an object, in Graph's order; one that is null or empty is left out.
pub(super) type Member<'a> = (Cow<'a, str>, Node<'a>);

/// How deep the salvage goes; below that, a value is kept as its text.
const SALVAGE_DEPTH: u8 = 4;

impl<'a> Node<'a> {
    /// Reads a JSON text that serde has seen before. What a tree cannot hold, such as a number out
    /// of range, half of a surrogate pair or a nesting without end, becomes text.
    pub(super) fn read(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|_| salvage(json, SALVAGE_DEPTH))
    }

    /// Whether it is null or empty, which is the same as absent.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// The member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members.iter().find(|member| member.0 == name).map(|m| &m.1)
    }

    /// The text, if it is one and not empty.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// Reads what can be read, member by member.
fn salvage(json: &str, depth: u8) -> Node<'_> {
    if let Ok(node) = serde_json::from_str(json) {
        return node;
    }
    let next = depth.checked_sub(1);
    if let (Some(depth), Ok(Members(members))) = (next, serde_json::from_str(json)) {
        let read = members.into_iter();
        return Node::Object(read.map(|(k, v)| (k, salvage(v.get(), depth))).collect());
    }
    if let (Some(depth), Ok(items)) = (next, serde_json::from_str::<Vec<&RawValue>>(json)) {
        return Node::List(items.iter().map(|v| salvage(v.get(), depth)).collect());
    }
    Node::Text(Cow::Borrowed(json))
}

/// An object of values that are not read yet.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Name<'de>, _>()? {
                    members.push((name.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Node::Number(number.into()), Node::Int))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(USUAL_MEMBERS);
        while let Some(name) = map.next_key::<Name<'de>>()? {
            let value: Node<'de> = map.next_value()?;
            if !value.is_nothing() {
                members.push((name.0, value));
            }
        }
        Ok(Node::Object(members))
    }
}

/// As many members as most objects of an alert have.
const USUAL_MEMBERS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tree_cannot_hold_becomes_text() {
        let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
        let json = format!(
            r#"{{"id":"da1","n":1e999,"list":[{{"osBuild":1e999,"a":"b"}},"\ud800"],"deep":{deep}}}"#
        );
        let node = Node::read(&json);
        assert_eq!(node.get("id").and_then(Node::text), Some("da1"));
        assert_eq!(node.get("n").and_then(Node::text), Some("1e999"));
        let Some(Node::List(items)) = node.get("list") else {
            panic!("no list")
        };
        assert_eq!(items[0].get("a").and_then(Node::text), Some("b"));
        assert_eq!(items[0].get("osBuild").and_then(Node::text), Some("1e999"));
        assert_eq!(items[1].text(), Some(r#""\ud800""#));
    }
}
