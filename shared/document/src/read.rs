use serde::de::DeserializeOwned;
use serde_json::Value;

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
        path: printable(&error.path().to_string()),
        reason: printable(&reason(&error.inner().to_string())),
    })
}

/// What serde says, where that repeats names only; otherwise the kind of mistake.
fn reason(message: &str) -> String {
    if message.starts_with("missing field") || message.starts_with("duplicate field") {
        return message.to_owned();
    }
    let is_field = message.starts_with("unknown field");
    if !is_field && !message.starts_with("unknown variant") {
        return "the value has a wrong type or form".to_owned();
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
    match nearest(given, known) {
        Some(name) => format!("unknown field `{given}`; did you mean `{name}`? There is {all}"),
        None => format!("unknown field `{given}`; there is {all}"),
    }
}

/// The names in backticks in a message such as ``unknown field `x`, expected one of `a`, `b` ``.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
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
    fn an_error_names_the_field_and_the_right_name_and_no_value() {
        for (document, path, words) in [
            (json!({"url": 17}), "url", "a wrong type or form"),
            (json!({}), ".", "missing field `url`"),
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
