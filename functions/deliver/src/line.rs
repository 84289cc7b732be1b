//! A record as one line, whatever is in it.

use crate::Record;
use crate::format::format;

/// Whether a record looks like a JSON object; otherwise it is a line of text.
///
/// # Errors
/// The record does not begin as those of its format do, for example the tail of a line whose beginning is in a
/// file that was copied away and truncated.
pub(crate) fn is_json(record: &Record) -> Result<bool, String> {
    let body = record.body.trim_start();
    match format(&record.format) {
        Some(format) if !format.begins(body) => Err(match format.is_json() {
            true => "the record is no JSON object: its beginning is missing".to_owned(),
            false => format!(
                "the record is no line of {}: its beginning is missing",
                format.name
            ),
        }),
        _ => Ok(body.starts_with('{')),
    }
}

/// The record on one line: a JSON object with its line breaks between tokens made spaces, or text
/// with every line break and control character but the tab made a space.
///
/// # Errors
/// The record starts like a JSON object, or has to be one, and cannot be parsed as JSON.
pub(crate) fn one_line(record: &Record) -> Result<String, String> {
    let body = record.body.trim();
    if !is_json(record)? {
        return Ok(body.replace(breaks, " "));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
        return Err("the record is not valid JSON".to_owned());
    }
    // JSON has no raw line feed or carriage return inside of a string, so no value changes.
    Ok(body.replace(['\n', '\r'], " "))
}

/// Whether a text is a record of the format of that name, as far as its beginning and its notation tell. A format
/// that is not known has any.
#[must_use]
pub fn is_record(format: &str, body: &str) -> bool {
    let record = Record {
        format: format.to_owned(),
        body: body.to_owned(),
        ..Record::default()
    };
    one_line(&record).is_ok()
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

    fn record(format: &str, body: &str) -> Record {
        Record {
            format: format.to_owned(),
            body: body.to_owned(),
            ..Record::default()
        }
    }

    #[test]
    fn the_rest_of_a_line_is_no_record_of_a_format() {
        for rest in ["tle\":\"x\"}", "0|4f64 cat=Exfiltration", "EF:0|Microsoft"] {
            for format in drawbridge_record::names() {
                let refused = one_line(&record(format, rest)).unwrap_err();
                assert!(refused.contains("beginning is missing"), "{refused}");
            }
            assert_eq!(one_line(&record("of-a-queue", rest)).unwrap(), rest);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_record_breaks_out_of_its_line(body in prop_oneof![
            any::<String>(),
            "[\u{0}-\u{20}\u{7f}-\u{9f}\u{2028}\u{2029}|=\\\\a{}\"]{0,40}",
        ]) {
            let cef = one_line(&record("cef", &format!("CEF:{body}"))).unwrap();
            prop_assert!(!cef.contains(breaks));
            if let Ok(line) = one_line(&record("of-a-queue", &body)) {
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
                let line = one_line(&record("siem", &text)).unwrap();
                prop_assert!(!line.contains(['\n', '\r']));
                prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value.clone());
            }
        }
    }
}
