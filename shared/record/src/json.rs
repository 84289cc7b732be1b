//! JSON strings and numbers as every format writes them.

use std::fmt::Write as _;

use crate::eight::{below, equal};

/// Writes a JSON string. Control characters are escaped, and so are the two characters above them
/// that SQS refuses: U+FFFE and U+FFFF.
pub(crate) fn string(text: &str, json: &mut String) {
    json.reserve(text.len() + 2);
    json.push('"');
    if is_plain(text.as_bytes()) {
        json.push_str(text);
    } else {
        escaped(text, json);
    }
    json.push('"');
}

fn escaped(text: &str, json: &mut String) {
    let bytes = text.as_bytes();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let here = at;
        at += 1;
        let length = match (ESCAPES[usize::from(byte)], &bytes[here..]) {
            (0, _) => continue,
            (b'?', [0xef, 0xbf, 0xbe | 0xbf, ..]) => 3,
            (b'?', _) => continue,
            _ => 1,
        };
        json.push_str(&text[plain_from..here]);
        plain_from = here + length;
        match (ESCAPES[usize::from(byte)], bytes[plain_from - 1]) {
            (b'u', control) => {
                json.push_str("\\u00");
                json.push(char::from(HEX[usize::from(control >> 4)]));
                json.push(char::from(HEX[usize::from(control & 15)]));
            }
            (b'?', 0xbe) => json.push_str("\\ufffe"),
            (b'?', _) => json.push_str("\\uffff"),
            (short, _) => {
                json.push('\\');
                json.push(char::from(short));
            }
        }
        at = plain_from;
    }
    json.push_str(&text[plain_from..]);
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether no byte needs a second look, as in most texts: told eight at a time, of which the last two
/// times may share bytes.
fn is_plain(bytes: &[u8]) -> bool {
    match (bytes.as_chunks::<8>(), bytes.last_chunk::<8>()) {
        ((blocks, _), Some(last)) => blocks.iter().all(block_is_plain) && block_is_plain(last),
        _ => bytes.iter().all(|byte| ESCAPES[usize::from(*byte)] == 0),
    }
}

fn block_is_plain(block: &[u8; 8]) -> bool {
    let block = u64::from_le_bytes(*block);
    let special = below(block, 0x20) | equal(block, b'"') | equal(block, b'\\');
    (special | equal(block, 0xef)) == 0
}

/// What a byte becomes: 0 itself, `u` a `\u` escape, `?` perhaps one, else that letter after `\`.
static ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[0xef] = b'?';
    table
};

/// Writes a whole number.
pub(crate) fn int(number: i64, json: &mut String) {
    json.push_str(itoa::Buffer::new().format(number));
}

/// Writes a number with a fraction, which must be finite.
pub(crate) fn float(number: f64, json: &mut String) {
    let _ = write!(json, "{number:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut json = String::new();
        super::string(text, &mut json);
        json
    }

    #[test]
    fn what_sqs_refuses_is_escaped() {
        assert_eq!(
            written("\u{fffe}\u{ffff}\u{0}\u{1f}\n"),
            r#""\ufffe\uffff\u0000\u001f\n""#
        );
        assert_eq!(written("\u{feff}\u{fffd}ï"), "\"\u{feff}\u{fffd}ï\"");
        assert_eq!(written("C:\\a\"b"), r#""C:\\a\"b""#);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in "\\PC*|(.|\u{fffe}|\u{ffff}|[\u{0}-\u{ff}]){0,40}") {
            let json = written(&text);
            let refused = |c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}');
            prop_assert!(!json.contains(refused));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
