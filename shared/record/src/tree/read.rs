//! Reads a JSON text whose grammar serde has seen before. It could read the text a second time, but
//! takes about twice as long for it, and refuses all of an alert for one number beyond all bounds.

use std::borrow::Cow;
use std::cell::Cell;

use bumpalo::Bump;

use super::{Member, Node, Object};
use crate::scan::{Quoted, Scan};

/// Reads an alert that was decoded before. What cannot be told deep inside of it, such as half a
/// surrogate pair or a number beyond all bounds, is kept as the text that it was; and so is what
/// lies deeper than `max_depth`, for readers of JSON give up on deep nesting.
pub(crate) fn read<'a>(json: &'a str, max_depth: u8, arena: &'a Bump) -> Node<'a> {
    let mut reader = Reader {
        scan: Scan::of(json),
        arena,
        max_depth,
        items: Vec::with_capacity(16),
        members: Vec::with_capacity(64),
    };
    reader.value(0).unwrap_or(Node::Text(json))
}

struct Reader<'a> {
    scan: Scan<'a>,
    arena: &'a Bump,
    max_depth: u8,
    /// What is read of the lists that have not ended yet.
    items: Vec<Node<'a>>,
    /// The members of open objects.
    members: Vec<Member<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads a value; none where the text is no JSON after all.
    fn value(&mut self, depth: u8) -> Option<Node<'a>> {
        let start = self.scan.skip_blanks();
        match self.scan.peek()? {
            b'"' => Some(Node::Text(self.string()?)),
            b'{' if depth < self.max_depth => self.object(depth + 1),
            b'[' if depth < self.max_depth => self.list(depth + 1),
            b'{' | b'[' => {
                self.scan.skip_nested()?;
                Some(Node::Text(self.scan.json.get(start..self.scan.at)?))
            }
            b'n' => self.word(4, Node::Null),
            b't' => self.word(4, Node::Flag(true)),
            b'f' => self.word(5, Node::Flag(false)),
            _ => self.number(),
        }
    }

    fn word(&mut self, length: usize, node: Node<'a>) -> Option<Node<'a>> {
        self.scan.at += length;
        Some(node)
    }

    fn object(&mut self, depth: u8) -> Option<Node<'a>> {
        let first = self.members.len();
        self.scan.at += 1;
        while self.scan.more(b'}')? {
            let name = self.string()?;
            self.scan.skip_colon();
            let value = self.value(depth)?;
            if !value.is_nothing() {
                self.members.push(Member {
                    name,
                    value,
                    taken: Cell::new(false),
                });
            }
        }
        let members = self.members.drain(first..);
        Some(Node::Object(Object(
            self.arena.alloc_slice_fill_iter(members),
        )))
    }

    fn list(&mut self, depth: u8) -> Option<Node<'a>> {
        let first = self.items.len();
        self.scan.at += 1;
        while self.scan.more(b']')? {
            let item = self.value(depth)?;
            self.items.push(item);
        }
        let items = self.items.drain(first..);
        Some(Node::List(self.arena.alloc_slice_fill_iter(items)))
    }

    /// Reads a string; one with an escape that stands for no text stays as it is, with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        Some(match self.scan.string()? {
            Quoted::Plain(text) => text,
            Quoted::Escaped(quoted) => match serde_json::from_str::<Cow<'_, str>>(quoted) {
                Ok(text) => self.arena.alloc_str(&text),
                Err(_) => quoted,
            },
        })
    }

    /// Reads a number; what is too large for one stays text.
    fn number(&mut self) -> Option<Node<'a>> {
        let number = self.scan.number()?;
        Some(match number.parse() {
            Ok(whole) if number != "-0" => Node::Int(whole),
            _ => serde_json::from_str(number).map_or(Node::Text(number), Node::Number),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_kept_as_text() {
        let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        let json = format!(
            r#"{{"id":"da1","n":1e999,"a\u0062":"c\u0064","list":[{{"a":"\ud800","b":"kept"}},{{"d":{deep}}},"\udc00"]}}"#
        );
        let arena = Bump::new();
        let alert = read(&json, 8, &arena);
        let text = |node: &Node<'_>, name: &str| node.get(name).unwrap().text().unwrap().to_owned();
        assert_eq!(text(&alert, "id"), "da1");
        assert_eq!(text(&alert, "n"), "1e999");
        assert_eq!(text(&alert, "ab"), "cd");
        let Some(Node::List(items)) = alert.get("list") else {
            panic!("no list")
        };
        assert_eq!(text(&items[0], "a"), "\"\\ud800\"");
        assert_eq!(text(&items[0], "b"), "kept");
        assert_eq!(items[2].text(), Some("\"\\udc00\""));
        let mut node = items[1].get("d").unwrap();
        let mut depth = 3;
        while let Node::List([inner]) = node {
            node = inner;
            depth += 1;
        }
        assert_eq!(depth, 8);
        let bracket = node.text().unwrap();
        assert_eq!(
            (bracket.len(), bracket.starts_with("[[")),
            (deep.len() - 10, true)
        );
    }

    #[test]
    fn what_is_null_or_empty_is_left_out() {
        let arena = Bump::new();
        let json = r#"{"a":null,"b":"","c":[],"d":{"e":{}},"f":[null],"g":false,"h":0}"#;
        let Node::Object(object) = read(json, 8, &arena) else {
            panic!("no object")
        };
        let names: Vec<_> = object.members().iter().map(|member| member.name).collect();
        assert_eq!(names, ["f", "g", "h"]);
    }

    /// The value as serde's own tree, without what is left out.
    fn as_serde(node: &Node<'_>) -> Json {
        match node {
            Node::Null => Json::Null,
            Node::Flag(flag) => (*flag).into(),
            Node::Int(number) => (*number).into(),
            Node::Number(number) => number.clone().into(),
            Node::Text(text) => (*text).into(),
            Node::List(items) => items.iter().map(as_serde).collect(),
            Node::Object(object) => {
                let members = object.members().iter();
                members
                    .map(|it| (it.name.to_owned(), as_serde(&it.value)))
                    .collect()
            }
        }
    }

    fn pruned(json: Json) -> Json {
        let is_nothing = |json: &Json| match json {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        match json {
            Json::Array(items) => items.into_iter().map(pruned).collect(),
            Json::Object(members) => {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name, pruned(value)));
                members.filter(|(_, value)| !is_nothing(value)).collect()
            }
            json => json,
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let scalar = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-3i64..3).prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            "\\PC{0,24}|[\"\\\\/\u{0}-\u{1f}é\u{10ffff}]{0,12}".prop_map(Json::from),
        ];
        scalar.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
                prop::collection::hash_map("[a-z\"\\\\{},]{0,12}", inner, 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_serde_reads(value in json(), is_pretty: bool) {
            let text = if is_pretty {
                serde_json::to_string_pretty(&value).unwrap().replace('\n', "\r\n\t")
            } else {
                value.to_string()
            };
            // Read back, since a number may lose its last digit on the way.
            let value: Json = serde_json::from_str(&text).unwrap();
            let arena = Bump::new();
            prop_assert_eq!(as_serde(&read(&text, 8, &arena)), pruned(value));
        }

        #[test]
        fn what_is_no_json_is_no_trouble(text in "[\\[\\]{}\",:\\\\0-9a-z é]{0,32}", depth in 0u8..4) {
            let arena = Bump::new();
            as_serde(&read(&text, depth, &arena));
        }
    }
}
