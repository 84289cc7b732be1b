//! JSON strings as every format writes them.

/// Writes a JSON string. Control characters are escaped, and so are the two characters above them
/// that SQS refuses: U+FFFE and U+FFFF.
pub(crate) fn string(text: &str, json: &mut String) {
    json.push('"');
    let mut plain_from = 0;
    let bytes = text.as_bytes();
    let mut at = plain_blocks(bytes);
    while let Some(&byte) = bytes.get(at) {
        let here = at;
        at += 1;
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        let (escaped, length) = match (escape, &bytes[here..]) {
            (b'u', _) => (format!("\\u{byte:04x}"), 1),
            (b'?', [0xef, 0xbf, last @ (0xbe | 0xbf), ..]) => {
                (format!("\\uff{:02x}", last.wrapping_add(0x40)), 3)
            }
            (b'?', _) => continue,
            (short, _) => (format!("\\{}", char::from(short)), 1),
        };
        json.push_str(&text[plain_from..here]);
        json.push_str(&escaped);
        plain_from = here + length;
        at = plain_from + plain_blocks(&bytes[plain_from..]);
    }
    json.push_str(&text[plain_from..]);
    json.push('"');
}

/// How many bytes at the beginning, in whole blocks, need no look one by one. Most texts need none
/// at all; a block is compared at once.
#[inline]
fn plain_blocks(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<16>();
    let is_plain = |block: &&[u8; 16]| {
        // No branch in it, so that the compiler compares sixteen bytes at a time.
        let special = block.iter().fold(0, |found, &byte| {
            let is_special = (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (byte == 0xef);
            found | u8::from(is_special)
        });
        special == 0
    };
    blocks.iter().take_while(is_plain).count() * 16
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
