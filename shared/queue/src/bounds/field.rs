//! The longest field of a record.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The bytes of the longest member of a record: of a text as it reads without quotes and escapes,
/// of anything else as it is written. What is not a JSON object is one field.
///
/// Reads all of the record: ask only about one that is long as a whole.
pub(super) fn longest_bytes(body: &str) -> usize {
    let members: HashMap<String, &RawValue> = match serde_json::from_str(body) {
        Ok(members) => members,
        Err(_) => return body.len(),
    };
    members
        .values()
        .map(|value| bytes(value.get()))
        .max()
        .unwrap_or(0)
}

fn bytes(value: &str) -> usize {
    let is_text = value.starts_with('"');
    let text = is_text.then(|| serde_json::from_str::<String>(value).ok());
    text.flatten().map_or(value.len(), |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::longest_bytes;

    #[test]
    fn a_text_counts_as_it_reads_and_the_rest_as_it_is_written() {
        for (body, bytes) in [
            (r#"{"a":"é\n\u00e9","b":1}"#, 5),
            (r#"{"a":"x","b":["\n",12]}"#, 9),
            (r#"{"a":{"b":"c"}}"#, 9),
            (r#"{"a":"\ud800"}"#, 8),
            ("{}", 0),
            (r#"["a","b"]"#, 9),
            ("CEF:0|a", 7),
        ] {
            assert_eq!(longest_bytes(body), bytes, "{body}");
        }
    }
}
