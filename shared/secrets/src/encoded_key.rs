//! Certificates and keys that lost the lines around them, in base64 of either alphabet: with blanks or
//! `\n` inside, cut off, or behind other words.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;

/// Base64 of either alphabet, with its padding or without.
pub(crate) const BASE64: [GeneralPurpose; 2] = {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    [
        GeneralPurpose::new(&STANDARD, config),
        GeneralPurpose::new(&URL_SAFE, config),
    ]
};

/// How base64 of OpenSSH's private keys (`openssh-key-v1`) and public ones begins.
const OPENSSH: [&str; 4] = [
    "b3BlbnNzaC1rZXktdjE",
    "AAAAB3NzaC1",
    "AAAAC3NzaC1",
    "AAAAE2VjZHNhLXNoYTIt",
];

/// How a key of age begins, in capitals.
const AGE: &str = "AGE-SECRET-KEY-1";

/// The fewest bytes in hexadecimal that are looked at: no key is shorter.
const MIN_HEX_BYTES: usize = 32;

/// Characters of base64 in which a structure's beginning is looked for: twelve bytes.
const HEAD_CHARS: usize = 16;

/// The text without blanks, line breaks and the two characters that stand for a break in JSON.
pub(crate) fn without_blanks(text: &str) -> Zeroizing<String> {
    let text = Zeroizing::new(text.replace("\\n", "").replace("\\r", ""));
    Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect())
}

/// Whether `text`, which has no blanks, is base64 of PEM text.
pub(crate) fn is_pem_in_base64(text: &str) -> bool {
    decoded(text).any(|bytes| bytes.windows(7).any(|part| part == b"-BEGIN "))
}

/// Whether `text` is base64 of a certificate, a key or a key store, or has words that are.
pub(crate) fn is_encoded_key(text: &str) -> bool {
    let whole = without_blanks(text);
    if whole.to_ascii_uppercase().contains(AGE) || is_der_in_hex(&whole) {
        return true;
    }
    let is_key = |part: &str| is_der(part) || OPENSSH.iter().any(|mark| part.starts_with(mark));
    // Padding stands between two that were put on one line. A tilde and a dot are of Entra's client
    // secrets, whose parts may be anything.
    let words = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/-_~.".contains(c))
            .any(is_key)
    };
    is_key(&whole) || words(text) || words(&whole)
}

fn decoded(text: &str) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let each = BASE64.iter();
    each.filter_map(move |base64| base64.decode(text).ok().map(Zeroizing::new))
}

/// Certificates, keys and key stores (PKCS#12) of every kind are a sequence, in ASN.1, that begins with
/// another one or with a version. Most are told by that alone, so that they may be cut off. One that
/// goes on otherwise has to be short and of the length that it says: one random key of millions is
/// either.
fn is_der(text: &str) -> bool {
    let head = text.get(..HEAD_CHARS);
    head.is_some_and(|head| decoded(head).any(|bytes| is_head(&bytes)))
        || decoded(text).any(|bytes| is_short(&bytes))
}

/// The same in hexadecimal, as `openssl` and editors show it: with colons, `0x` or commas, or behind a
/// name.
fn is_der_in_hex(text: &str) -> bool {
    let is_hex = |part: &str| {
        let digits = Zeroizing::new(
            part.replace("0x", "")
                .replace("0X", "")
                .replace([':', ',', '-'], ""),
        );
        let bytes = from_hex(&digits).filter(|bytes| bytes.len() >= MIN_HEX_BYTES);
        bytes.is_some_and(|bytes| is_head(&bytes) || is_short(&bytes))
    };
    text.split(['=', '"', '\'', '{', '}', '[', ']', ';'])
        .any(is_hex)
        || text.split(':').any(is_hex)
}

/// The bytes that `digits` stand for; `None` where others stand among them.
fn from_hex(digits: &str) -> Option<Zeroizing<Vec<u8>>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    };
    pairs
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .map(Zeroizing::new)
}

/// Whether `text`, which has no blanks, is base64 of a JSON object, or of the beginning of one.
pub(crate) fn is_json_in_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    // A last character alone is less than a byte.
    let whole = text.len() - usize::from(text.len() % 4 == 1);
    let is_object = |bytes: Zeroizing<Vec<u8>>| {
        let text = std::str::from_utf8(&bytes).map(str::trim_start);
        text.is_ok_and(|text| text.starts_with('{') && text.contains('"'))
    };
    text.get(..whole)
        .is_some_and(|text| decoded(text).any(is_object))
}

fn is_head(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x82, _, _, content @ ..]
        | [0x30, 0x81, _, content @ ..]
        | [0x30, 0..=0x80, content @ ..] => is_start(content),
        _ => false,
    }
}

fn is_short(bytes: &[u8]) -> bool {
    let content = sequence(bytes).filter(|(_, rest)| rest.is_empty());
    content
        .is_some_and(|(content, _)| matches!(content, [0x02, 1, ..]) || sequence(content).is_some())
}

/// Whether a structure goes on as one of these does, whatever became of its end.
fn is_start(content: &[u8]) -> bool {
    matches!(
        content,
        [0x02, 1, 0..=3, ..] | [0x30, 0x80..=0x82, ..] | [0x30, 3..=32, 0x06 | 0xa0 | 0x02, ..]
    )
}

/// What is in a short sequence at the front, and what follows it.
fn sequence(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [0x30, length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x30, 0x81, length, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NotBare, check_bare};

    /// Keys, with 7s for what is secret. What is before it is the same in each.
    fn keys() -> Vec<Vec<u8>> {
        let ed25519 = [
            &[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32][..],
            &[7; 32],
        ];
        let p256 = [
            &[
                0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8,
            ][..],
            &[
                42, 134, 72, 206, 61, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 32,
            ],
            &[7; 32],
            &[0xa1, 0x44, 3, 66, 0, 4],
            &[7; 64],
        ];
        let sec1 = [
            &[0x30, 49, 2, 1, 1, 4, 32][..],
            &[7; 32],
            &[160, 10, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7],
        ];
        let public = [
            &[0x30, 42, 0x30, 5, 6, 3, 43, 101, 112, 3, 33, 0][..],
            &[7; 32],
        ];
        vec![
            ed25519.concat(),
            p256.concat(),
            sec1.concat(),
            public.concat(),
        ]
    }

    /// What is longer than 255 bytes, by how it begins: it may go on as it likes.
    fn long() -> Vec<Vec<u8>> {
        let heads: [&[u8]; 5] = [
            // A certificate; an RSA key as PKCS#8 and as PKCS#1.
            &[0x30, 0x82, 3, 9, 0x30, 0x82, 2, 0, 0xa0, 3, 2, 1],
            &[0x30, 0x82, 4, 189, 2, 1, 0, 0x30, 13, 6, 9, 42],
            &[0x30, 0x82, 4, 163, 2, 1, 0, 2, 0x82, 1, 1, 0],
            // PKCS#12, with its length and without.
            &[0x30, 0x82, 9, 9, 2, 1, 3, 0x30, 0x82, 9, 0, 6],
            &[0x30, 0x80, 2, 1, 3, 0x30, 0x80, 6, 9, 42, 134, 72],
        ];
        heads.map(|head| [head, &[7; 300]].concat()).to_vec()
    }

    #[test]
    fn a_key_without_its_lines_is_no_secret() {
        for der in keys() {
            for base64 in &BASE64 {
                let text = base64.encode(&der);
                for text in [text.trim_end_matches('='), &text, &format!(" {text}")] {
                    assert_eq!(check_bare(text), Err(NotBare::Der), "{text}");
                }
            }
            // With something behind it, or cut off within its second line.
            let longer = BASE64[0].encode([&der[..], &[0]].concat());
            assert_eq!(check_bare(&longer), Err(NotBare::Der));
            let shorter = BASE64[0].encode(&der[..40]);
            assert_eq!(check_bare(&shorter), Err(NotBare::Der));
        }
    }

    #[test]
    fn nor_is_one_with_blanks_inside_cut_off_or_behind_a_word() {
        let spaced = |text: &str, every: usize, by: &str| {
            let parts: Vec<_> = text.as_bytes().chunks(every).collect();
            let parts = parts.iter().map(|part| std::str::from_utf8(part).unwrap());
            parts.collect::<Vec<_>>().join(by)
        };
        for der in keys().into_iter().chain(long()) {
            let text = BASE64[0].encode(&der);
            for (every, by) in [(64, " "), (4, " "), (7, "  "), (64, "\\n"), (64, "\t")] {
                let text = spaced(&text, every, by);
                assert_eq!(check_bare(&text), Err(NotBare::Der), "{text}");
            }
            for text in [
                format!("key={text}"),
                format!("key: {text}"),
                format!("{text} {text}"),
            ] {
                assert_eq!(check_bare(&text), Err(NotBare::Der), "{text}");
            }
        }
        for der in long() {
            let text = BASE64[1].encode(&der);
            assert_eq!(check_bare(&text[..100]), Err(NotBare::Der), "{text}");
        }
    }

    #[test]
    fn nor_is_one_in_hexadecimal_or_of_age() {
        for der in keys() {
            let by = |before: &str, between: &str| {
                let bytes = der.iter().map(|byte| format!("{before}{byte:02x}"));
                bytes.collect::<Vec<_>>().join(between)
            };
            let plain = by("", "");
            for text in [
                plain.clone(),
                plain.to_uppercase(),
                format!("0x{plain}"),
                format!("key={plain}"),
                format!("key:{plain}"),
                by("", ":"),
                by("", " "),
                by("0x", ", "),
            ] {
                assert_eq!(check_bare(&text), Err(NotBare::Der), "{text}");
            }
        }
        let age = "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ";
        for text in [age, &age.to_lowercase(), &format!("key: {age}")] {
            assert_eq!(check_bare(text), Err(NotBare::Der), "{text}");
        }
        // A key of no structure is what a token is.
        for byte in ["07", "30", "a5"] {
            assert_eq!(check_bare(&byte.repeat(32)), Ok(()));
        }
    }

    #[test]
    fn nor_is_json_in_base64() {
        let json = "{\"type\":\"service_account\",\"private_key\":\"7777\"}";
        for json in [
            json.to_owned(),
            format!("\n {json}"),
            json.replace("{", "{\n  "),
        ] {
            for base64 in &BASE64 {
                let text = base64.encode(&json);
                for text in [&text, text.trim_end_matches('='), &text[..45], &text[..44]] {
                    assert_eq!(check_bare(text), Err(NotBare::Json), "{text}");
                }
            }
        }
    }

    #[test]
    fn nor_is_one_of_openssh_or_pem_in_base64() {
        let key = BASE64[0].encode([b"openssh-key-v1\0\0\0\0\x04none", &[7; 64][..]].concat());
        let public = BASE64[0].encode(b"\0\0\0\x0bssh-ed25519\0\0\0 7777777777777777");
        for text in [
            key.clone(),
            key.replace("b3Bl", "b3 Bl"),
            format!("ssh-ed25519 {public} user@host"),
        ] {
            assert_eq!(check_bare(&text), Err(NotBare::Der), "{text}");
        }
        let pem = "Bag Attributes\n-----BEGIN PRIVATE KEY-----\nMC4C";
        let text = BASE64[0].encode(pem);
        for text in [text.clone(), text.replace('R', "R ")] {
            assert_eq!(check_bare(&text), Err(NotBare::Pem), "{text}");
        }
    }
}
