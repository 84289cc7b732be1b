//! A record as one line, whatever is in it.

/// The record on one line: a JSON object with its line breaks between tokens made spaces, or text
/// with every line break and control character but the tab made a space.
///
/// # Errors
/// What starts like a JSON object and is none.
pub(crate) fn one_line(body: &str) -> Result<String, String> {
    let body = body.trim();
    if !body.starts_with('{') {
        return Ok(body.replace(breaks, " "));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
        return Err("the record is not valid JSON".to_owned());
    }
    // JSON has no raw line feed or carriage return inside of a string, so no value changes.
    Ok(body.replace(['\n', '\r'], " "))
}

/// Characters that end a line for somebody, or that a parser trips over.
fn breaks(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_record_breaks_out_of_its_line(body in prop_oneof![
            any::<String>(),
            "[\u{0}-\u{20}\u{7f}-\u{9f}\u{2028}\u{2029}|=\\\\a{}\"]{0,40}",
        ]) {
            if let Ok(line) = one_line(&body) {
                prop_assert!(!line.contains(['\n', '\r']));
                if !line.starts_with('{') {
                    prop_assert!(!line.contains(breaks));
                }
            }
        }

        #[test]
        fn a_json_object_keeps_its_value(texts in prop::collection::vec(any::<String>(), 0..4)) {
            let value = json!({ "texts": texts });
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let line = one_line(&text).unwrap();
                prop_assert!(!line.contains(['\n', '\r']));
                prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value.clone());
            }
        }
    }
}
