//! Reads a document and says where and how it is wrong, without repeating a value of it.

use std::fmt;

use drawbridge_store::{Object, Store, StoreError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ConfigError;

/// Where a document lies, for its errors.
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn variable(name: &str) -> Self {
        Self(format!("the variable {name}"))
    }

    pub(crate) fn object(key: &str) -> Self {
        Self(key.to_owned())
    }

    fn unreadable(&self, path: impl fmt::Display, reason: &str) -> ConfigError {
        ConfigError::Unreadable {
            place: self.0.clone(),
            path: printable(&path.to_string()),
            reason: printable(reason),
        }
    }
}

/// The object under `key`, if it has at most `most` bytes; more of it is not read.
pub(crate) async fn at_most(
    store: &dyn Store,
    key: &str,
    most: usize,
) -> Result<Option<Object>, ConfigError> {
    let object = store.get_at_most(key, most).await;
    object.map_err(|error| match error {
        StoreError::TooLarge { .. } => too_long(key, most),
        error => error.into(),
    })
}

/// That the object under `key` has more than `most` bytes.
pub(crate) fn too_long(key: &str, most: usize) -> ConfigError {
    Place::object(key).unreadable(".", &format!("it is longer than {most} bytes"))
}

/// Reads JSON.
pub(crate) fn read_json<T: DeserializeOwned>(place: &Place, text: &str) -> Result<T, ConfigError> {
    let value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = format!("it is not valid JSON (line {line}, column {column})");
        place.unreadable(".", &reason)
    })?;
    read_value(place, value)
}

/// Reads TOML.
pub(crate) fn read_toml<T: DeserializeOwned>(place: &Place, text: &str) -> Result<T, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // Its message would show the line.
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        place.unreadable(".", &format!("it is not valid TOML (line {line})"))
    })?;
    let value = serde_json::to_value(table)
        .map_err(|_| place.unreadable(".", "it holds a value that JSON does not have"))?;
    read_value(place, value)
}

/// The entries of a list that is separated by commas.
pub(crate) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

fn read_value<T: DeserializeOwned>(place: &Place, value: Value) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| place.unreadable(error.path(), &reason(error.inner())))
}

/// The most characters of a name, or of what serde says about names, that an error repeats.
const MAX_CHARS: usize = 700;

/// Names as they may stand in a log: printable ASCII, and not too much of it.
pub(crate) fn printable(text: &str) -> String {
    let plain = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    text.chars().take(MAX_CHARS).map(plain).collect()
}

/// What serde says, where that repeats names only; else the kind of trouble.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("unknown field") || text.starts_with("unknown variant") {
        return suggestion(&text);
    }
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        return text;
    }
    "the value has a wrong type".into()
}

/// serde's sentence about an unknown word, with the nearest one that there is. An unknown variant
/// is a value and not repeated.
fn suggestion(text: &str) -> String {
    let mut words = text.split('`').skip(1).step_by(2);
    let found = words.next().unwrap_or_default();
    let known: Vec<&str> = words.collect();
    let nearest = known
        .iter()
        .map(|word| (strsim::jaro_winkler(found, word), *word))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let all = known.join(", ");
    match (text.starts_with("unknown field"), nearest) {
        (true, Some((_, nearest))) => {
            format!("unknown field `{found}`; did you mean `{nearest}`? There is {all}")
        }
        (true, None) => format!("unknown field `{found}`; there is {all}"),
        (false, _) => format!("the value must be one of {all}"),
    }
}
