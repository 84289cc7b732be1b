//! The outside of a page: where each alert lies in the text, and what comes next.
//!
//! The alerts themselves are only scanned, never built: one that is odd costs only itself. The
//! scan of `serde_json` for ignored and raw values is a loop, so no nesting can exhaust the stack.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The parts of a page that the client needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Where each element of `value` lies in the text.
    pub(crate) alerts: Vec<Range<usize>>,
    /// `@odata.nextLink` as written.
    pub(crate) next: Option<String>,
}

/// Why a text is not a page. Never quotes the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeProblem {
    /// Broken JSON, or JSON that contradicts itself: asking again may help.
    Malformed(String),
    /// Sound JSON of another kind: whoever answered is not Graph.
    NotGraph,
}

/// Graph serves at most 1000 alerts per page; far more than that is not a page, and each costs
/// memory even if it is only a digit.
const MAX_ALERTS: usize = 20_000;

/// Scans `text`.
pub(crate) fn scan(text: &str) -> Result<Envelope, EnvelopeProblem> {
    let malformed = |what: &str| EnvelopeProblem::Malformed(what.to_owned());
    let outline: Outline<'_> = serde_json::from_str(text).map_err(|error| {
        // The parser's own message may quote what it read.
        let what = match error.classify() {
            Category::Eof => "the JSON ends too early",
            Category::Data => "a member occurs twice, or value has too many elements",
            Category::Syntax | Category::Io => "the JSON is broken",
        };
        let (line, column) = (error.line(), error.column());
        malformed(&format!("{what} at line {line}, column {column}"))
    })?;
    let Outline::Object { value, next, error } = outline else {
        return Err(EnvelopeProblem::NotGraph);
    };
    let alerts = match value {
        Some(Elements::Array(alerts)) => alerts,
        None if error => return Err(malformed("an error where a page was expected")),
        Some(Elements::Other) | None => return Err(EnvelopeProblem::NotGraph),
    };
    let next = match next {
        None | Some(Link::Null) => None,
        Some(Link::Text(link)) => Some(link),
        Some(Link::Other) => return Err(malformed("@odata.nextLink is not a string")),
    };
    let start = text.as_ptr() as usize;
    let range = |raw: &RawValue| {
        let begin = raw.get().as_ptr() as usize - start;
        begin..begin + raw.get().len()
    };
    Ok(Envelope {
        alerts: alerts.into_iter().map(range).collect(),
        next,
    })
}

/// The top level of the text.
enum Outline<'a> {
    Object {
        value: Option<Elements<'a>>,
        next: Option<Link>,
        error: bool,
    },
    Other,
}

enum Elements<'a> {
    Array(Vec<&'a RawValue>),
    Other,
}

enum Link {
    Text(String),
    Null,
    Other,
}

/// Takes any JSON; each kind of value that is not overridden ends in `$other`.
macro_rules! anything_else_is {
    ($other:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Deserialize<'de> for Outline<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;
        impl<'de> Visitor<'de> for Top {
            type Value = Outline<'de>;
            anything_else_is!(Outline::Other);

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                skip_seq(seq)?;
                Ok(Outline::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut value, mut next, mut error) = (None, None, false);
                while let Some(Key(key)) = map.next_key()? {
                    match key {
                        Known::Value if value.is_none() => value = Some(map.next_value()?),
                        Known::Next if next.is_none() => next = Some(map.next_value()?),
                        Known::Value | Known::Next => return Err(A::Error::custom("twice")),
                        Known::Error => {
                            error = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                        Known::None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Outline::Object { value, next, error })
            }
        }
        deserializer.deserialize_any(Top)
    }
}

struct Key(Known);

enum Known {
    Value,
    Next,
    Error,
    None,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(Key(match name {
                    "value" => Known::Value,
                    "@odata.nextLink" => Known::Next,
                    "error" => Known::Error,
                    _ => Known::None,
                }))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;
        impl<'de> Visitor<'de> for Array {
            type Value = Elements<'de>;
            anything_else_is!(Elements::Other);

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Elements::Other)
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Elements::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                skip_map(map)?;
                Ok(Elements::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element::<&'de RawValue>()? {
                    if elements.len() == MAX_ALERTS {
                        return Err(A::Error::custom("too many"));
                    }
                    elements.push(element);
                }
                Ok(Elements::Array(elements))
            }
        }
        deserializer.deserialize_any(Array)
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Link;
            anything_else_is!(Link::Other);

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Link::Null)
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Link::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                skip_map(map)?;
                Ok(Link::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                skip_seq(seq)?;
                Ok(Link::Other)
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(text: &str) -> Vec<&str> {
        let envelope = scan(text).unwrap();
        envelope
            .alerts
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    fn malformed(text: &str) -> String {
        match scan(text) {
            Err(EnvelopeProblem::Malformed(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_element_is_found_as_it_was_sent() {
        let text = r#" {"@odata.context":"c","value":[ {"a": 1.50e2} ,{"b":"ü\u00fc"}, 7, null]} "#;
        assert_eq!(
            alerts(text),
            [r#"{"a": 1.50e2}"#, r#"{"b":"ü\u00fc"}"#, "7", "null"]
        );
        assert!(alerts(r#"{"value":[]}"#).is_empty());
    }

    #[test]
    fn the_next_link_is_read_wherever_it_stands() {
        for text in [
            r#"{"@odata.nextLink":"https:\/\/x\/?a=\u0062","value":[]}"#,
            r#"{"value":[],"@odata.nextLink":"https://x/?a=b"}"#,
        ] {
            assert_eq!(scan(text).unwrap().next.as_deref(), Some("https://x/?a=b"));
        }
        assert_eq!(
            scan(r#"{"value":[],"@odata.nextLink":null}"#).unwrap().next,
            None
        );
    }

    #[test]
    fn sound_json_of_another_kind_is_not_graph() {
        for text in [
            "{}",
            "[]",
            "[[1],{}]",
            "null",
            "1",
            "-1",
            "1.5",
            "true",
            "\"x\"",
            r#"{"value":{"a":[1]}}"#,
            r#"{"value":null}"#,
            r#"{"value":"x"}"#,
            r#"{"value":3}"#,
        ] {
            assert_eq!(scan(text), Err(EnvelopeProblem::NotGraph), "{text}");
        }
    }

    #[test]
    fn broken_json_says_where_and_quotes_nothing() {
        for text in [
            "",
            r#"{"value":[{"MARKER":1}"#,
            r#"{"value":[{"MARKER":tru}]}"#,
            r#"{"value":[]} MARKER"#,
            r#"{"value":[],"value":["MARKER"]}"#,
            r#"{"value":[],"@odata.nextLink":"MARKER","@odata.nextLink":"MARKER"}"#,
            r#"{"value":[],"@odata.nextLink":["MARKER"]}"#,
            r#"{"value":[],"@odata.nextLink":{"MARKER":1}}"#,
            r#"{"value":[],"@odata.nextLink":12}"#,
            r#"{"error":{"code":"MARKER"}}"#,
        ] {
            let problem = malformed(text);
            assert!(!problem.contains("MARKER"), "{problem}");
        }
        assert!(malformed("{\n\"value\":[tru]}").contains("line 2"));
    }

    #[test]
    fn depth_does_not_exhaust_the_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(alerts(&format!(r#"{{"value":[{deep},1]}}"#)).len(), 2);
        assert_eq!(
            alerts(&format!(r#"{{"other":{deep},"value":[]}}"#)).len(),
            0
        );
        assert_eq!(scan(&deep), Err(EnvelopeProblem::NotGraph));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        assert_eq!(
            scan(&format!(r#"{{"value":{objects}}}"#)),
            Err(EnvelopeProblem::NotGraph)
        );
        malformed(&format!(r#"{{"value":[{}"#, "[".repeat(100_000)));
        malformed(&format!(r#"{{"value":[],"@odata.nextLink":{deep}}}"#));
    }

    #[test]
    fn a_page_of_crumbs_is_refused_before_it_costs_memory() {
        let text = format!(r#"{{"value":[0{}]}}"#, ",0".repeat(MAX_ALERTS));
        assert!(malformed(&text).contains("too many"));
    }
}
