//! Values and lists as text.

use serde_json::Value;

/// The most characters of a value that a report shows.
pub const MAX_SHOWN_CHARS: usize = 300;

/// A value as text. The parts of a list are joined as the record joins them.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(";"),
        value => value.to_string(),
    }
}

/// The parts of a list, sorted and without duplicates.
pub(crate) fn parts(list: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = list
        .split([';', ',', '|', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The beginning of a text, and how much there is more of it.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            format!("{}… ({more} characters more)", &text[..end])
        }
    }
}
