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

/// Whether the marker is in the input, and nowhere followed by what follows a property's name.
pub(crate) fn is_in_values_only(input: &str) -> bool {
    let mut parts = input.split(MARKER);
    let first = parts.next();
    let mut is_there = false;
    for after in parts {
        is_there = true;
        let Some((_, rest)) = after.split_once('"') else {
            continue;
        };
        if rest.trim_start().starts_with(':') {
            return false;
        }
    }
    is_there && first.is_some()
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
