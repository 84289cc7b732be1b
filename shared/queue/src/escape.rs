//! Characters that SQS takes.
//!
//! A message may hold tab, line feed, carriage return, U+0020 to U+D7FF, U+E000 to U+FFFD and
//! everything from U+10000 on. A valid JSON text breaks that rule in one way only: U+FFFE and
//! U+FFFF, which JSON lets stand inside strings as they are. Written as `\ufffe` and `\uffff`
//! they are the same JSON value in characters that every queue takes.

use std::borrow::Cow;

/// The body has a control character that JSON does not allow where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ControlCharacter;

/// The JSON text `body` in characters that a queue takes and without line breaks.
pub(crate) fn for_queue(body: &str) -> Result<Cow<'_, str>, ControlCharacter> {
    if has_control_character(body) {
        return Err(ControlCharacter);
    }
    // Both begin with this byte, which is found faster and is in few texts.
    let may_have_either = body.as_bytes().contains(&0xef);
    if !may_have_either || (!body.contains("\u{fffe}") && !body.contains("\u{ffff}")) {
        return Ok(Cow::Borrowed(body));
    }
    Ok(Cow::Owned(
        body.replace('\u{fffe}', "\\ufffe")
            .replace('\u{ffff}', "\\uffff"),
    ))
}

/// Whether there is a control character other than the tab, a line break for one.
pub(crate) fn has_control_character(body: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && *byte != b'\t';
    let (blocks, rest) = body.as_bytes().as_chunks::<8>();
    let mut suspects = blocks.iter().filter(|block| has_below_blank(block));
    suspects.any(|block| block.iter().any(is_control)) || rest.iter().any(is_control)
}

/// Whether a byte is below the blank, told of all eight at once. It does not hang on what a compiler
/// makes of a loop: a release build is one for size.
fn has_below_blank(block: &[u8; 8]) -> bool {
    const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
    const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    let bytes = u64::from_le_bytes(*block);
    bytes.wrapping_sub(BLANKS) & !bytes & HIGHEST_BITS != 0
}

/// `text`, which is not JSON, with every character that a queue does not take replaced by U+FFFD.
#[cfg(any(test, feature = "aws"))]
pub(crate) fn replaced(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_accepted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|c| if is_accepted(c) { c } else { '\u{fffd}' })
            .collect(),
    )
}

/// SQS's own rule (documentation of `SendMessage`).
#[cfg(any(test, feature = "aws"))]
pub(crate) fn is_accepted(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn plain_bodies_are_not_copied() {
        assert!(matches!(
            for_queue(r#"{"a":"\u0000 é 🦀"}"#),
            Ok(Cow::Borrowed(_))
        ));
    }

    #[test]
    fn both_noncharacters_are_escaped() {
        let escaped = for_queue("\"a\u{fffe}b\u{ffff}\u{1fffe}\"").unwrap();
        assert_eq!(escaped, "\"a\\ufffeb\\uffff\u{1fffe}\"");
    }

    #[test]
    fn raw_control_characters_and_line_breaks_are_refused() {
        for body in ["\"\u{0}\"", "\"\u{1f}\"", "{\n}", "{}\r\n", "\u{b}"] {
            assert_eq!(for_queue(body), Err(ControlCharacter), "{body:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_control_character_is_found_wherever_it_is(
            text in "[\u{8}-\u{a}\u{1f}-\u{21}\u{7e}-\u{80}\u{a1}\u{ffff}]{0,40}",
        ) {
            let expected = text.chars().any(|c| c < ' ' && c != '\t');
            prop_assert_eq!(has_control_character(&text), expected);
        }

        #[test]
        fn escaping_keeps_the_json_value_and_leaves_only_accepted_characters(
            texts in prop::collection::vec(
                prop_oneof![any::<String>(), "[\u{0}-\u{20}\u{fff0}-\u{10010}\\\\\"]{0,20}"], 0..4),
        ) {
            let value: Value = json!({ "texts": texts, "\u{ffff}": 1 });
            let body = value.to_string();
            let escaped = for_queue(&body).unwrap();
            prop_assert!(escaped.chars().all(is_accepted));
            prop_assert!(!escaped.contains(['\n', '\r']));
            prop_assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), value);
            prop_assert_eq!(for_queue(&escaped).unwrap(), escaped.as_ref());
        }

        #[test]
        fn replacing_keeps_length_and_accepted_characters(text in any::<String>()) {
            let clean = replaced(&text);
            prop_assert_eq!(clean.chars().count(), text.chars().count());
            for (before, after) in text.chars().zip(clean.chars()) {
                prop_assert_eq!(after, if is_accepted(before) { before } else { '\u{fffd}' });
            }
        }
    }
}
