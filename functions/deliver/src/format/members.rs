use std::borrow::Cow;
use std::collections::HashMap;

use drawbridge_record::Notation;
use serde_json::value::RawValue;

/// The members of a record, each still in its notation.
pub(crate) enum Members<'t> {
    Json(Object<'t>),
    Cef(HashMap<&'t str, &'t str>),
    Leef(HashMap<&'t str, &'t str>),
}

type Object<'t> = HashMap<Cow<'t, str>, &'t RawValue>;

impl<'t> Members<'t> {
    /// Reads a record. Text in another notation has no members.
    pub(super) fn read(notation: Notation, body: &'t str) -> Self {
        match notation {
            Notation::Json => Self::Json(serde_json::from_str(body).unwrap_or_default()),
            Notation::Cef => Self::Cef(extension(body).map(pairs).unwrap_or_default()),
            Notation::Leef => Self::Leef(attributes(body)),
        }
    }

    /// The text or number at `path`, where a dot leads into a JSON object.
    pub(crate) fn text(&self, path: &str) -> Option<Cow<'t, str>> {
        match self {
            Self::Json(object) => inner(object, path),
            Self::Cef(pairs) => Some(unescaped(pairs.get(path)?)),
            Self::Leef(pairs) => Some(Cow::Borrowed(pairs.get(path)?)),
        }
    }
}

fn inner<'t>(object: &Object<'t>, path: &str) -> Option<Cow<'t, str>> {
    let Some((name, rest)) = path.split_once('.') else {
        let value = object.get(path)?.get();
        return match value.as_bytes().first()? {
            b'"' => serde_json::from_str::<Text<'_>>(value)
                .ok()
                .map(|text| text.0),
            b'-' | b'0'..=b'9' => Some(Cow::Borrowed(value)),
            _ => None,
        };
    };
    inner(&serde_json::from_str(object.get(name)?.get()).ok()?, rest)
}

/// A JSON string, copied only where it has escapes.
#[derive(serde::Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// What follows the seven fields of a CEF header, in which `\` escapes a pipe.
fn extension(line: &str) -> Option<&str> {
    const FIELDS: usize = 7;
    let end = plain(line.strip_prefix("CEF:")?, b'|').nth(FIELDS - 1)?;
    line.get("CEF:".len() + end + 1..)
}

/// The pairs of a CEF extension: a value goes up to the blank before the next key.
fn pairs(extension: &str) -> HashMap<&str, &str> {
    let mut pairs = HashMap::new();
    let mut to = extension.len();
    let signs: Vec<usize> = plain(extension, b'=').collect();
    for sign in signs.into_iter().rev() {
        let Some(value) = extension.get(sign + 1..to) else {
            // A sign within what was taken for the key behind it: no line of ours has that.
            continue;
        };
        let key_at = extension[..sign].rfind(' ').map_or(0, |blank| blank + 1);
        pairs.insert(&extension[key_at..sign], value);
        to = key_at.saturating_sub(1);
    }
    pairs
}

/// Where `byte` stands without a backslash before it that is not itself escaped.
fn plain(text: &str, byte: u8) -> impl Iterator<Item = usize> {
    let mut is_escaped = false;
    text.bytes().enumerate().filter_map(move |(at, found)| {
        let is_plain = found == byte && !is_escaped;
        is_escaped = found == b'\\' && !is_escaped;
        is_plain.then_some(at)
    })
}

/// A value of a CEF extension as it was before its escapes.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(escaped) => escaped,
                None => '\\',
            },
            c => c,
        });
    }
    Cow::Owned(text)
}

/// The attributes of a line of LEEF 2.0. No field of its header holds a pipe.
fn attributes(line: &str) -> HashMap<&str, &str> {
    const FIELDS: usize = 6;
    let attributes = line
        .strip_prefix("LEEF:2.0|")
        .and_then(|rest| rest.splitn(FIELDS, '|').nth(FIELDS - 1))
        .unwrap_or_default();
    let pairs = attributes.split('\t').rev();
    pairs.filter_map(|pair| pair.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn whatever_a_line_is_it_is_read(text in prop_oneof![
            any::<String>(),
            "(CEF:0|LEEF:2\\.0)([|\\\\= \\ta-cé]{0,40})",
        ], path in "[a-c.|= ]{0,3}") {
            for notation in [Notation::Json, Notation::Cef, Notation::Leef] {
                let _ = Members::read(notation, &text).text(&path);
            }
        }

        /// A value comes back whatever it is, and none of it is taken for another key.
        #[test]
        fn what_cef_escapes_comes_back(value in "[a-c=|\\\\ \n\ré]{0,30}") {
            let escaped = value.replace('\\', "\\\\").replace('=', "\\=");
            let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r");
            let line = format!("CEF:0|v|p|1|c|n|5|k={escaped} a={escaped} z=1");
            let members = Members::read(Notation::Cef, &line);
            for (path, expected) in [("k", &*value), ("a", &*value), ("z", "1"), ("b", "")] {
                prop_assert_eq!(members.text(path).unwrap_or_default(), expected);
            }
        }
    }

    #[test]
    fn each_notation_has_its_escapes() {
        let json = r#"{"a":"x\ny","b":{"c":"d"},"n":12,"z":null}"#;
        let cef = r"CEF:0|a|b\|c|d|e|f rt=9\\|5|rt=1 msg=a \= b\\ x=y\nz last=w ";
        let leef = "LEEF:2.0|a|b|c|d|0x09|k=a=b|c\tl=\tno pair\tk=second";
        for (notation, body, path, expected) in [
            (Notation::Json, json, "a", Some("x\ny")),
            (Notation::Json, json, "b.c", Some("d")),
            (Notation::Json, json, "n", Some("12")),
            (Notation::Json, json, "z", None),
            (Notation::Json, json, "b", None),
            (Notation::Json, json, "a.b", None),
            (Notation::Cef, cef, "rt", Some("1")),
            (Notation::Cef, cef, "msg", Some("a = b\\")),
            (Notation::Cef, cef, "x", Some("y\nz")),
            (Notation::Cef, cef, "last", Some("w ")),
            (Notation::Leef, leef, "k", Some("a=b|c")),
            (Notation::Leef, leef, "l", Some("")),
            (Notation::Leef, leef, "no pair", None),
        ] {
            let text = Members::read(notation, body).text(path);
            assert_eq!(text.as_deref(), expected, "{path} of {body}");
        }
    }
}
