use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::{DocumentError, nearest, printable};

/// Parses JSON text.
///
/// # Errors
/// [`DocumentError`] with the line and the column.
pub fn parse_json(text: &str) -> Result<Value, DocumentError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        DocumentError::of_all(format!(
            "it is not valid JSON (line {line}, column {column})"
        ))
    })
}

/// Reads a parsed document as a `T`.
///
/// # Errors
/// [`DocumentError`] that names the field, and the right name where one was misspelt.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DocumentError> {
    serde_path_to_error::deserialize(value).map_err(|error| DocumentError {
        path: shown_path(
            error.path(),
            error.inner().to_string().starts_with(UNKNOWN_FIELD),
        ),
        reason: printable(&reason(&error.inner().to_string())),
    })
}

/// What serde says, where that repeats names only; otherwise the kind of mistake.
fn reason(message: &str) -> String {
    if message.starts_with("missing field") || message.starts_with("duplicate field") {
        return message.to_owned();
    }
    if message.starts_with("relative URL without a base") {
        return "the value is no address: it has to begin with https://".to_owned();
    }
    let is_field = message.starts_with(UNKNOWN_FIELD);
    if !is_field && !message.starts_with("unknown variant") {
        let wanted = match message.starts_with("invalid type: ") {
            true => wanted(message),
            false => None,
        };
        let wrong = "the value has a wrong type or form";
        return wanted.map_or_else(
            || wrong.to_owned(),
            |wanted| format!("{wrong}: it must be {wanted}"),
        );
    }
    // An unknown variant is a value. What it holds is passed over up to serde's own last words, so
    // that a backtick in it does not show it.
    let known = message
        .rsplit_once("expected ")
        .map_or("", |(_, known)| known);
    let known = quoted(known);
    let all = known.join(", ");
    if !is_field {
        return format!("the value must be one of {all}");
    }
    let given = quoted(message).first().copied().unwrap_or_default();
    let shown = match is_like_a_field(given) {
        true => format!("`{given}`"),
        false => HIDDEN.to_owned(),
    };
    match suggested(given, &known) {
        Some(name) => format!("unknown field {shown}; did you mean `{name}`? There is {all}"),
        None => format!("unknown field {shown}; there is {all}"),
    }
}

/// What a value has to be, by serde's own last words; `None` if they are others than these. What the value holds
/// stands before them.
fn wanted(message: &str) -> Option<&'static str> {
    const WANTED: [(&str, &str); 10] = [
        ("a sequence", "a list, such as [\"…\"]"),
        ("a boolean", "true or false"),
        ("a string", "a text"),
        ("a map", "a table of names and values"),
        ("u8", "a whole number"),
        ("u16", "a whole number"),
        ("u32", "a whole number"),
        ("u64", "a whole number"),
        ("usize", "a whole number"),
        ("i64", "a whole number"),
    ];
    let (_, expected) = message.rsplit_once(", expected ")?;
    let mut wanted = WANTED.iter();
    let (_, wanted) = wanted.find(|(word, _)| *word == expected)?;
    Some(wanted)
}

/// The field that is meant by another name: the one that it ends with, such as `secret` for `client_secret`, or the
/// nearest.
fn suggested<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let ends = |name: &&&str| {
        let before = given.strip_suffix(**name);
        before.is_some_and(|before| before.ends_with('_'))
    };
    let longest = known.iter().filter(ends).max_by_key(|name| name.len());
    longest
        .copied()
        .or_else(|| nearest(given, known.iter().copied()))
}

/// How serde's error for an unknown field begins.
const UNKNOWN_FIELD: &str = "unknown field";

/// What is shown instead of a field name that is not repeated.
const HIDDEN: &str = "(not repeated: it may be a secret)";

/// Whether a text is one that somebody would call a field: letters, and not too many of them. Secrets
/// have digits.
fn is_like_a_field(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
    (1..=40).contains(&text.len()) && text.chars().all(is_plain)
}

/// Whether a text is one that somebody would call a tenant or an output: short words of small letters
/// and digits.
fn is_like_a_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&text.len())
        && text.chars().all(is_plain)
        && text.split('-').all(|word| word.len() < 20)
}

/// Where in a document something is, as serde says it, but for what may be a secret. An unknown field at
/// its end is no tenant's name: it may be an id that is a token.
fn shown_path(path: &Path, ends_in_unknown: bool) -> String {
    let mut shown = String::new();
    let last = path.iter().count().saturating_sub(1);
    for (at, segment) in path.iter().enumerate() {
        let name = match segment {
            Segment::Seq { index } => {
                shown += &format!("[{index}]");
                continue;
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } => name.as_str(),
            Segment::Unknown => "?",
        };
        let may_be_name = at < last || !ends_in_unknown;
        let is_shown = name == "?" || is_like_a_field(name) || may_be_name && is_like_a_name(name);
        if !shown.is_empty() {
            shown.push('.');
        }
        shown += if is_shown { name } else { HIDDEN };
    }
    match shown.is_empty() {
        true => ".".to_owned(),
        false => printable(&shown),
    }
}

/// The names in backticks in a message such as ``unknown field `x`, expected one of `a`, `b` ``.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only errors are looked at")]
    struct Document {
        url: String,
        #[serde(default)]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only errors are looked at")]
    struct Inner {
        shape: Shape,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        Lines,
        Array,
    }

    #[test]
    fn what_is_called_as_no_field_is_not_repeated() {
        for secret in [
            "abC8Q~MARKER289012345678901234567890",
            "MARKER2",
            "mark er",
            "-----BEGIN MARKER-----",
            "`MARKER` expected `MARKER`",
            "MARKERMARKERMARKERMARKERMARKERMARKERMARKER",
            "\u{1b}[2JMARKER",
        ] {
            for document in [
                json!({"url": "x", secret: 1}),
                json!({"url": "x", "inner": {"shape": "lines", secret: 1}}),
            ] {
                let error = from_value::<Document>(document).unwrap_err().to_string();
                assert!(!error.to_lowercase().contains("mark"), "{error}");
                assert!(error.contains("not repeated"), "{error}");
            }
            let entries = json!({secret: {"shape": 1}});
            let error = from_value::<BTreeMap<String, Inner>>(entries).unwrap_err();
            assert!(
                !error.to_string().to_lowercase().contains("mark"),
                "{error}"
            );
            assert!(error.path.ends_with(".shape"), "{error}");
        }
        let digest = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        for (name, is_shown) in [("contoso", true), ("contoso-2026", true), (digest, false)] {
            let entries = json!({name: {"shape": 1}});
            let error = from_value::<BTreeMap<String, Inner>>(entries).unwrap_err();
            assert_eq!(error.path.contains(name), is_shown, "{error}");
        }
        // A token of Splunk's, which a tenant may be called after as well.
        let guid = "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8";
        let document = json!({"url": "x", "inner": {"shape": "lines", guid: 1}});
        let error = from_value::<Document>(document).unwrap_err();
        assert!(!error.to_string().contains(guid), "{error}");
    }

    #[test]
    fn a_wrong_type_says_what_is_wanted() {
        let marked = json!("MARKER, expected a boolean");
        let list = from_value::<Vec<String>>(marked.clone()).unwrap_err();
        let table = from_value::<BTreeMap<String, String>>(marked).unwrap_err();
        for (error, wanted) in [(list, "it must be a list"), (table, "it must be a table")] {
            assert!(error.reason.contains(wanted), "{error}");
            assert!(!error.to_string().contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_the_right_name_and_no_value() {
        for (document, path, words) in [
            (json!({"url": 17}), "url", "a wrong type or form"),
            (json!({}), ".", "missing field `url`"),
            (
                json!({"url": "x", "base_url": "MARKER"}),
                "base_url",
                "did you mean `url`?",
            ),
            (
                json!({"url": "MARKER", "iner": "MARKER"}),
                "iner",
                "unknown field `iner`; did you mean `inner`? There is url, inner",
            ),
            (
                json!({"url": "x", "zzz": 1}),
                "zzz",
                "unknown field `zzz`; there is url, inner",
            ),
            (
                json!({"url": "x", "inner": {"shape": "`MARKER` expected `MARKER`"}}),
                "inner.shape",
                "the value must be one of lines, array",
            ),
        ] {
            let error = from_value::<Document>(document.clone()).unwrap_err();
            assert_eq!(error.path, path, "{document}");
            assert!(error.reason.contains(words), "{error}");
            assert!(!error.to_string().contains("MARKER"), "{error}");
        }
        let error = parse_json("{\n\"MARKER\"").unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("MARKER"),
            "{error}"
        );
    }
}
