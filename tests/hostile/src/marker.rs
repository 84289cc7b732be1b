use std::fmt::{Debug, Display};

/// A word that stands for content: planted in a value, no error and no debug output may hold it.
pub const MARKER: &str = "MARKER";

/// Asserts that neither form of an error holds the marker, unless the input has it in a place that
/// errors may name: the name of a property.
pub(crate) fn assert_discreet<E: Display + Debug>(error: &E, input: &str) {
    if is_in_values_only(input) {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(MARKER), "an error repeats a value: {shown}");
    }
}

/// Asserts that an error is fit for a log: one line, and short whatever the input was.
pub(crate) fn assert_fit_for_a_log<E: Display>(error: &E) {
    let shown = error.to_string();
    let is_plain = |c: char| !c.is_control() && !('\u{2028}'..='\u{202e}').contains(&c);
    assert!(
        shown.chars().all(is_plain),
        "an error is not one plain line: {shown:?}"
    );
    assert!(shown.len() <= 4096, "an error of {} bytes", shown.len());
}

/// Whether the marker is in the input, and nowhere where a property's name stands. The input need
/// not be whole JSON.
pub(crate) fn is_in_values_only(input: &str) -> bool {
    let (mut containers, mut name_is_next) = (Vec::new(), false);
    let mut rest = input;
    while let Some(at) = rest.find(['{', '[', '}', ']', ',', ':', '"']) {
        let (token, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match token {
            b'"' => {
                let end = end_of_string(after);
                if name_is_next && after[..end].contains(MARKER) {
                    return false;
                }
                name_is_next = false;
                rest = after.get(end + 1..).unwrap_or_default();
            }
            b'{' | b'[' => {
                containers.push(token);
                name_is_next = token == b'{';
            }
            b'}' | b']' => {
                containers.pop();
                name_is_next = false;
            }
            b',' => name_is_next = containers.last() == Some(&b'{'),
            _ => name_is_next = false,
        }
    }
    input.contains(MARKER)
}

/// Where the string that `text` begins in ends: at its closing quote or at the end of it all.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let ends = |byte: u8| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    };
    text.bytes().position(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_told_apart() {
        for (input, expected) in [
            (r#"{"a":"xMARKERx"}"#, true),
            (r#"{"xMARKER" : 1}"#, false),
            (r#"{"a":"MARKER","MARKER":1}"#, false),
            (r#"{"a":"x","MARKER"}"#, false),
            (r#"{"a":"x","MARKER"#, false),
            (r#"["a","MARKER",{"b":["MARKER"]}]"#, true),
            (r#"{"a":"\"MARKER\\","b":1}"#, true),
            (r#"{"a":1}"#, false),
            ("MARKER", true),
        ] {
            assert_eq!(is_in_values_only(input), expected, "{input}");
        }
    }

    #[test]
    #[should_panic(expected = "repeats a value")]
    fn a_repeated_value_is_noticed() {
        assert_discreet(&"no MARKER here", r#"{"a":"MARKER"}"#);
    }

    #[test]
    #[should_panic(expected = "not one plain line")]
    fn a_line_break_is_noticed() {
        assert_fit_for_a_log(&"a\nb");
    }
}
