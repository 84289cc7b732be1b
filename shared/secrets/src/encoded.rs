//! What a text may stand for: bytes in hexadecimal or base64, whatever stands around the digits and
//! between them.

use percent_encoding::percent_decode_str;
use secrecy::zeroize::Zeroizing;

/// The fewest bytes that are looked at: no key and no document is shorter.
const MIN_BYTES: usize = 8;

/// A way to write bytes.
struct Notation {
    /// What a character stands for.
    digit: fn(u8) -> Option<u8>,
    /// The bits of a digit.
    bits: u32,
    /// The digits after which a byte ends with one: it may begin with any of so many.
    period: usize,
}

const HEX: Notation = Notation {
    digit: |c| char::from(c).to_digit(16).and_then(|d| d.try_into().ok()),
    bits: 4,
    period: 2,
};
const BASE64: Notation = Notation {
    digit: |c| base64_digit(c, *b"+/"),
    bits: 6,
    period: 4,
};
const BASE64_URL: Notation = Notation {
    digit: |c| base64_digit(c, *b"-_"),
    bits: 6,
    period: 4,
};

/// The text without what may stand between its characters: blanks, line breaks, the two characters that
/// stand for a break in JSON, the backslashes of quotation marks in quotation marks, and whatever is not
/// ASCII, such as a byte order mark.
pub(crate) fn squeezed(text: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for escape in ["\\n", "\\r", "\\t"] {
        text = Zeroizing::new(text.replace(escape, ""));
    }
    text.retain(|c| c.is_ascii_graphic() && c != '\\');
    text
}

/// The bytes that a squeezed text may stand for. Other characters than digits are passed over, and since
/// letters of a word in front are digits, too, the bytes are read from each of the first digits on.
pub(crate) fn readings(squeezed: &str) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let hex = HEX.readings(squeezed);
    // A zero before an x is no digit, unless it is the last one of the byte before.
    let prefixed = squeezed.contains(['x', 'X']).then(|| {
        let digits = Zeroizing::new(squeezed.replace("0x", "").replace("0X", ""));
        HEX.readings(&digits)
    });
    let hex = hex.into_iter().chain(prefixed.into_iter().flatten());
    let base64 = BASE64.readings(squeezed);
    let is_url = squeezed.contains(['-', '_']);
    let url = is_url.then(|| BASE64_URL.readings(squeezed));
    let percent = squeezed.contains('%').then(|| {
        let bytes: Vec<u8> = percent_decode_str(squeezed).collect();
        Zeroizing::new(bytes)
    });
    let digits = hex.chain(base64);
    digits.chain(url.into_iter().flatten()).chain(percent)
}

/// The texts in `bytes`: all of it, or the parts between what is no text. Every other byte of UTF-16 is
/// a zero.
pub(crate) fn texts(bytes: &[u8]) -> Vec<Zeroizing<String>> {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let bytes = Zeroizing::new(bytes);
    if let Ok(text) = std::str::from_utf8(&bytes) {
        return vec![Zeroizing::new(text.to_owned())];
    }
    let parts = bytes.split(|byte| !matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n'));
    let parts = parts.filter(|part| part.len() >= MIN_BYTES);
    let text = |part: &[u8]| part.iter().copied().map(char::from).collect();
    parts.map(|part| Zeroizing::new(text(part))).collect()
}

impl Notation {
    fn readings(&self, text: &str) -> Vec<Zeroizing<Vec<u8>>> {
        let digits: Vec<u8> = text.bytes().filter_map(self.digit).collect();
        let digits = Zeroizing::new(digits);
        let from = |start| self.bytes(digits.get(start..).unwrap_or_default());
        let readings = (0..self.period).map(from);
        readings.filter(|bytes| bytes.len() >= MIN_BYTES).collect()
    }

    fn bytes(&self, digits: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len()));
        let (mut held, mut bits) = (0_u16, 0);
        for digit in digits {
            held = held << self.bits | u16::from(*digit);
            bits += self.bits;
            if bits >= 8 {
                bits -= 8;
                let [_, byte] = (held >> bits).to_be_bytes();
                bytes.push(byte);
            }
        }
        bytes
    }
}

fn base64_digit(c: u8, last: [u8; 2]) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        _ if c == last[0] => Some(62),
        _ if c == last[1] => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str, bytes: &[u8]) -> bool {
        readings(&squeezed(text)).any(|read| read.windows(bytes.len()).any(|part| part == bytes))
    }

    #[test]
    fn bytes_are_read_whatever_stands_around_their_digits() {
        let bytes = b"\xff\xfe\xfdbytes of no \xfb";
        for text in [
            "//79Ynl0ZXMgb2Ygbm8g+++",
            "__79Ynl0ZXMgb2Ygbm8g--+-",
            "key=//79Ynl0ZXMgb2Ygbm8g++++",
            "(xyz//79Yn l0ZX\\nMgb2\r\nYgbm8g++++)",
            "%FF%FE%fdbytes%20of%20no%20%fb%EF",
            "fffefd6279746573206f66206e6f20fbefbe",
            "key=FFFEFD6279746573206F66206E6F20FBEFBE",
            "0xff, 0xfe, 0xfd, 0x62, 0x79, 0x74, 0x65, 0x73, 0x20, 0x6f, 0x66, 0x20, 0x6e, 0x6f, 0x20, 0xfb, 0xef, 0xbe",
            "\\xff\\xfe\\xfd\\x62\\x79\\x74\\x65\\x73\\x20\\x6f\\x66\\x20\\x6e\\x6f\\x20\\xfb\\xef\\xbe",
        ] {
            assert!(reads(text, bytes), "{text}");
        }
    }

    #[test]
    fn texts_are_what_is_printable() {
        let of = |bytes: &[u8]| -> Vec<String> {
            texts(bytes).iter().map(|text| text.to_string()).collect()
        };
        assert_eq!(of("é".as_bytes()), ["é"]);
        assert_eq!(of(b"\xff\xfeU\0T\0F\0-\x001\x006\0 \0\n\0"), ["UTF-16 \n"]);
        assert_eq!(of(b"\x80seven_\xb7eight__8\x07short"), ["eight__8"]);
        assert!(of(b"\xfd\xfeseven_\xb7").is_empty());
    }
}
