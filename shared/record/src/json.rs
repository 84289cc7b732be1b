//! JSON strings as every format writes them.

/// Writes a JSON string. Control characters are escaped, and so are the two characters above them
/// that SQS refuses: U+FFFE and U+FFFF.
pub(crate) fn string(text: &str, json: &mut String) {
    json.push('"');
    let mut plain_from = 0;
    let plain = plain_bytes(text.as_bytes());
    for (at, byte) in text.bytes().enumerate().skip(plain) {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        let last = match (escape, &text.as_bytes()[at..]) {
            (b'?', [0xef, 0xbf, last @ (0xbe | 0xbf), ..]) => Some(*last),
            (b'?', _) => continue,
            _ => None,
        };
        json.push_str(&text[plain_from..at]);
        plain_from = at + if last.is_some() { 3 } else { 1 };
        match last {
            Some(last) => json.push_str(&format!("\\uff{:02x}", last.wrapping_add(0x40))),
            None if escape == b'u' => json.push_str(&format!("\\u{byte:04x}")),
            None => json.extend(['\\', char::from(escape)]),
        }
    }
    json.push_str(&text[plain_from..]);
    json.push('"');
}

/// How many bytes at the start need no escape, in whole chunks: the compiler looks at a chunk at once.
fn plain_bytes(text: &[u8]) -> usize {
    let is_plain = |chunk: &&[u8; CHUNK]| {
        let escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (byte == 0xef);
        !chunk.iter().fold(false, |any, byte| any | escaped(*byte))
    };
    let (chunks, _) = text.as_chunks::<CHUNK>();
    chunks.iter().take_while(is_plain).count() * CHUNK
}

const CHUNK: usize = 8;

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
        fn what_is_written_reads_back(text in "\\PC*|[a-z]{0,40}(.|\u{fffe}|\u{ffff}|[\u{0}-\u{ff}]){0,40}") {
            let json = written(&text);
            let refused = |c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}');
            prop_assert!(!json.contains(refused));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
