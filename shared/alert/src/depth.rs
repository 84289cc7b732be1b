//! How deeply a JSON text is nested.

/// The deepest nesting of an alert that is passed on. Graph's own alerts have about ten levels.
/// Many parsers stop at 64 (System.Text.Json) or 128 (`serde_json`), and a format may put the alert
/// into a record of its own: a deeper one would be lost at the reader, where nobody looks for it.
pub(crate) const MAX_DEPTH: usize = 60;

/// Whether `json`, a valid JSON text, is nested deeper than `max` levels.
pub(crate) fn is_deeper_than(max: usize, json: &str) -> bool {
    let bytes = json.as_bytes();
    let opening = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{'));
    // Nearly always enough, and much faster than to look at each byte in turn.
    if opening.count() <= max {
        return false;
    }
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'[' | b'{' if !is_string => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_count_and_brackets_in_strings_do_not() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!is_deeper_than(3, &nested(3)));
        assert!(is_deeper_than(3, &nested(4)));
        let flat = format!("[{}{{}}]", "[[]],{},".repeat(50));
        assert!(!is_deeper_than(3, &flat));
        assert!(is_deeper_than(2, &flat));
        let text = format!(
            r#"{{"a":"{}\\\"{}","b":[[]]}}"#,
            "[".repeat(9),
            "{".repeat(9)
        );
        assert!(!is_deeper_than(3, &text));
        assert!(is_deeper_than(2, &text));
    }
}
