//! Reads a document that lies in a variable or in an object.

use drawbridge_store::{Object, Store, StoreError};
use serde::de::DeserializeOwned;

use drawbridge_document::{DocumentError, from_value, parse_json};

use crate::ConfigError;

/// Where a document lies, for its errors.
pub(crate) struct DocumentLocation(String);

impl DocumentLocation {
    pub(crate) fn variable(name: &str) -> Self {
        Self(format!("the variable {name}"))
    }

    pub(crate) fn object(key: &str) -> Self {
        Self(key.to_owned())
    }

    fn unreadable(&self, error: DocumentError) -> ConfigError {
        ConfigError::Unreadable {
            place: self.0.clone(),
            path: error.path,
            reason: error.reason,
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
    ConfigError::Unreadable {
        place: key.to_owned(),
        path: ".".to_owned(),
        reason: format!("it is longer than {most} bytes"),
    }
}

/// Reads JSON.
pub(crate) fn read_json<T: DeserializeOwned>(
    location: &DocumentLocation,
    text: &str,
) -> Result<T, ConfigError> {
    parse_json(text)
        .and_then(from_value)
        .map_err(|error| location.unreadable(error))
}

/// Reads TOML.
pub(crate) fn read_toml<T: DeserializeOwned>(
    location: &DocumentLocation,
    text: &str,
) -> Result<T, ConfigError> {
    read_toml_from(location, text, 1)
}

/// Reads a part of a TOML text that begins at that line of the whole.
pub(crate) fn read_toml_from<T: DeserializeOwned>(
    location: &DocumentLocation,
    text: &str,
    first_line: usize,
) -> Result<T, ConfigError> {
    let table = text.parse::<toml::Table>().map_err(|error| {
        // Its message would show the line.
        let at = error.span().map_or(0, |span| span.start);
        let line = first_line + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        DocumentError::of_all(format!("it is not valid TOML (line {line})"))
    });
    table
        .and_then(|table| {
            serde_json::to_value(table)
                .map_err(|_| DocumentError::of_all("it holds a value that JSON does not have"))
        })
        .and_then(from_value)
        .map_err(|error| location.unreadable(error))
}

/// The entries of a list that is separated by commas.
pub(crate) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}
