//! How deeply a JSON text is nested, and how many values it holds.

use memchr::{memchr2, memchr2_iter};

/// The deepest nesting of an alert that is passed on. Graph's own alerts have about ten levels.
/// Many parsers stop at 64 (System.Text.Json) or 128 (`serde_json`), and a format may put the alert
/// into a record of its own: a deeper one would be lost at the reader, where nobody looks for it.
pub(crate) const MAX_DEPTH: usize = 60;

/// Whether `json`, a valid JSON text, is nested deeper than `max` levels.
pub(crate) fn is_deeper_than(max: usize, json: &str) -> bool {
    let bytes = json.as_bytes();
    // Nearly always enough, and much faster than to look at each byte in turn.
    if memchr2_iter(b'[', b'{', bytes).nth(max).is_none() {
        return false;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at += string_length(bytes.get(at..).unwrap_or_default()),
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// How many bytes a string has, with the quote that ends it, of which `rest` is what follows the first
/// quote. Most of an alert lies in strings, and this looks at many of their bytes at once.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if rest.get(at - 1) == Some(&b'"') {
            return at;
        }
        // What is escaped ends nothing.
        at += 1;
    }
    rest.len()
}

/// The most JSON values of an alert that is read. Graph's own have some thousands. Bytes bound the
/// text only: an empty object has two, and takes forty times as much memory once a format has made a
/// tree of the alert. What an alert of this many takes is a part of what the poll function leaves
/// beside the state.
pub const MAX_VALUES: usize = 150_000;

/// Whether `json` has more than `max` values, those inside of others counted. What is no valid JSON
/// has some answer or other, and takes no memory either.
#[must_use]
pub fn has_more_values_than(max: usize, json: &str) -> bool {
    // A value has a byte, and one more before it.
    if json.len() / 2 < max {
        return false;
    }
    // The first one of a container follows its opening, each other one a comma.
    let (mut values, mut is_first) = (1_usize, false);
    let (mut is_string, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        if is_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_string = false,
                _ => {}
            }
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        if byte == b',' || (is_first && !matches!(byte, b']' | b'}')) {
            values += 1;
        }
        is_first = matches!(byte, b'[' | b'{');
        is_string = byte == b'"';
    }
    values > max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_wherever_they_are_and_what_texts_hold_does_not() {
        for (json, values) in [
            ("1", 1),
            ("[]", 1),
            ("[ ]", 1),
            ("[1]", 2),
            (r#"["a,[b\",",{}]"#, 3),
            (r#"{ "a" : [1, 2] , "b" : {} }"#, 5),
            (r#"[[],[[]],{"a":null}]"#, 6),
        ] {
            // Blanks, so that the length decides nothing.
            let json = format!("{json}{}", " ".repeat(100));
            assert!(!has_more_values_than(values, &json), "{json}");
            assert!(has_more_values_than(values - 1, &json), "{json}");
        }
        assert!(!has_more_values_than(50, &" ".repeat(99)));
    }

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
