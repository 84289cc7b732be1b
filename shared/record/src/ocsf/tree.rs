//! The alert as a tree that borrows from Graph's text and remembers what was taken from it, so
//! that what has no place of its own in a record can be told from what has.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use drawbridge_alert::{Text, Timestamp};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;

/// What lies deeper is kept as text: readers of JSON give up on deep nesting.
const MAX_DEPTH: u8 = 32;

/// One value of an alert.
pub(super) enum Node<'a> {
    Null,
    Flag(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Object<'a>),
}

/// The members of an object, in Graph's order.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<Member<'a>>);

/// One member of an object.
pub(super) struct Member<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Node<'a>,
    taken: Cell<bool>,
}

impl<'a> Object<'a> {
    /// Reads an alert that was decoded before. What a strict reader refuses deep inside of it, such
    /// as half a surrogate pair or a number beyond all bounds, is kept as the text that it was.
    pub(super) fn read(json: &'a str) -> Self {
        match strict(json, 0).unwrap_or_else(|_| lenient(json, 0)) {
            Node::Object(object) => object,
            _ => Self::default(),
        }
    }

    pub(super) fn members(&self) -> &[Member<'a>] {
        &self.0
    }

    fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.0.iter().find(|member| member.name == name)
    }

    /// The text of a member, if it says anything.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.member(name).and_then(|member| member.value.text())
    }

    /// Whether any of these members is a text that says anything.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.text(name).is_some())
    }

    /// The same, and it has its place now.
    pub(super) fn take(&self, name: &str) -> Option<&str> {
        self.take_if(name, |_| true)
    }

    /// The same, for a text that its place takes.
    pub(super) fn take_if(&self, name: &str, fits: impl Fn(&str) -> bool) -> Option<&str> {
        let member = self.member(name)?;
        let text = member.value.text().filter(|text| fits(text))?;
        member.taken.set(true);
        Some(text)
    }

    /// A member that is a whole number, which has its place now.
    pub(super) fn take_int(&self, name: &str) -> Option<i64> {
        self.take_int_if(name, |_| true)
    }

    /// The same, for a number that its place takes.
    pub(super) fn take_int_if(&self, name: &str, fits: impl Fn(i64) -> bool) -> Option<i64> {
        let member = self.member(name)?;
        let number = member.value.int().filter(|number| fits(*number))?;
        member.taken.set(true);
        Some(number)
    }

    /// A member that is a whole number.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.member(name).and_then(|member| member.value.int())
    }

    /// A member that is any number, which has its place now.
    pub(super) fn take_number(&self, name: &str) -> Option<&Number> {
        let member = self.member(name)?;
        let Node::Number(number) = &member.value else {
            return None;
        };
        member.taken.set(true);
        Some(number)
    }

    /// A time in milliseconds since 1970. Those cut Graph's digits off, so its text is not taken.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        millis(self.text(name)?)
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<&Self> {
        match &self.member(name)?.value {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[Node<'a>] {
        match self.member(name).map(|member| &member.value) {
            Some(Node::List(list)) => list,
            _ => &[],
        }
    }

    /// The items of a member that is a list, which have their place now.
    pub(super) fn take_list(&self, name: &str) -> &[Node<'a>] {
        if let Some(member) = self.member(name)
            && matches!(member.value, Node::List(_))
        {
            member.taken.set(true);
        }
        self.list(name)
    }

    /// The objects of a member that is a list.
    pub(super) fn objects(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.list(name).iter().filter_map(|node| match node {
            Node::Object(object) => Some(object),
            _ => None,
        })
    }

    /// The texts of a member that is a list.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.list(name).iter().filter_map(Node::text)
    }

    /// The same, and they have their place now if every one of them fits.
    pub(super) fn take_texts(&self, name: &str, fits: impl Fn(&str) -> bool) -> Vec<&str> {
        let texts: Vec<&str> = self.texts(name).filter(|text| fits(text)).collect();
        if let Some(member) = self.member(name)
            && texts.len() == self.list(name).len()
        {
            member.taken.set(true);
        }
        texts
    }

    /// Whether nothing is left that says anything and has no place yet.
    pub(super) fn is_used_up(&self) -> bool {
        self.0.iter().all(Member::is_used_up)
    }
}

impl Member<'_> {
    pub(super) fn is_used_up(&self) -> bool {
        self.taken.get() || self.value.is_used_up()
    }
}

impl Node<'_> {
    /// A text that says anything: not empty, and not the date of the year 1 that Graph sends where
    /// it has none.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() && !text.starts_with("0001-01-01T") => Some(text),
            _ => None,
        }
    }

    fn int(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Whether nothing is left of it; what says nothing is nothing.
    pub(super) fn is_used_up(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Flag(_) | Self::Number(_) => false,
            Self::Text(_) => self.text().is_none(),
            Self::List(list) => list.iter().all(Node::is_used_up),
            Self::Object(object) => object.is_used_up(),
        }
    }
}

/// A time as milliseconds since 1970; none for the placeholder and for a text that is no time.
fn millis(text: &str) -> Option<i64> {
    let instant = Timestamp::new(Text::from(text))?.instant?;
    Some(instant.as_millisecond())
}

fn strict(json: &str, depth: u8) -> Result<Node<'_>, serde_json::Error> {
    Depth(depth).deserialize(&mut serde_json::Deserializer::from_str(json))
}

/// Reads piece by piece, and keeps the pieces that cannot be read as their text.
fn lenient(json: &str, depth: u8) -> Node<'_> {
    if let Ok(node) = strict(json, depth) {
        return node;
    }
    let as_text = || Node::Text(Cow::Borrowed(json));
    if depth >= MAX_DEPTH {
        return as_text();
    }
    if let Ok(pieces) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let pieces = pieces.into_iter();
        return Node::List(
            pieces
                .map(|piece| lenient(piece.get(), depth + 1))
                .collect(),
        );
    }
    match serde_json::from_str::<Pieces<'_>>(json) {
        Ok(Pieces(pieces)) => {
            let members = pieces.into_iter().map(|(name, piece)| Member {
                name,
                value: lenient(piece.get(), depth + 1),
                taken: Cell::new(false),
            });
            Node::Object(Object(members.collect()))
        }
        Err(_) => as_text(),
    }
}

/// Reads a value at a depth.
struct Depth(u8);

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        if self.0 >= MAX_DEPTH {
            let raw = <&RawValue>::deserialize(deserializer)?;
            return Ok(Node::Text(Cow::Borrowed(raw.get())));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(Self(self.0 + 1))? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some(Name(name)) = map.next_key()? {
            members.push(Member {
                name,
                value: map.next_value_seed(Self(self.0 + 1))?,
                taken: Cell::new(false),
            });
        }
        Ok(Node::Object(Object(members)))
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object whose values may be unreadable.
struct Pieces<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pieces<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PiecesVisitor;
        impl<'de> Visitor<'de> for PiecesVisitor {
            type Value = Pieces<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pieces<'de>, A::Error> {
                let mut pieces = Vec::new();
                while let Some((Name(name), piece)) = map.next_entry::<Name<'de>, &RawValue>()? {
                    pieces.push((name, piece));
                }
                Ok(Pieces(pieces))
            }
        }
        deserializer.deserialize_map(PiecesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_kept_as_text() {
        let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        let json = format!(
            r#"{{"id":"da1","evidence":[{{"a":"\ud800","b":"kept"}},{{"n":1e999,"d":{deep}}}]}}"#
        );
        let alert = Object::read(&json);
        assert_eq!(alert.text("id"), Some("da1"));
        let evidence: Vec<_> = alert.objects("evidence").collect();
        assert_eq!(evidence[0].text("a"), Some("\"\\ud800\""));
        assert_eq!(evidence[0].text("b"), Some("kept"));
        assert_eq!(evidence[1].text("n"), Some("1e999"));
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        let json = r#"{"a":null,"b":"","c":[],"d":{"e":[null,{}]},"f":"0001-01-01T00:00:00Z"}"#;
        assert!(Object::read(json).is_used_up());
        assert!(!Object::read(r#"{"a":[{"b":false}]}"#).is_used_up());
    }

    #[test]
    fn a_text_is_taken_once_it_has_its_place() {
        let object = Object::read(r#"{"a":"x","list":["1","2"],"mixed":["1",2]}"#);
        assert_eq!(object.take("a"), Some("x"));
        assert_eq!(object.take_texts("list", |_| true), ["1", "2"]);
        assert!(!object.is_used_up());
        assert_eq!(object.take_texts("mixed", |_| true), ["1"]);
        assert!(!object.is_used_up());
    }
}
