//! What may leave this process as a secret, and what looks like something else.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Bytes of the longest bare secret. Client secrets have 40, tokens of SIEMs a few dozen; an RSA key
/// without its PEM lines has more than a thousand. Shorter keys are told by what they are made of.
pub const MAX_BARE_SECRET_BYTES: usize = 1024;

/// How PEM text begins once it has been put through base64.
const PEM_IN_BASE64: &str = "LS0tLS1CRUdJTi";

/// What a text is that was stored, or given, in the place of a password, a token or a key to sign
/// with. Its words never hold any part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBare {
    /// A certificate, a key, or both.
    #[error("PEM text, that is a certificate or a private key")]
    Pem,
    /// The same without the lines around it.
    #[error("base64 of a certificate or a private key (DER)")]
    Der,
    /// An object, a list or a string in quotation marks.
    #[error("a JSON document")]
    Json,
    /// Line breaks, tabs, or other control characters.
    #[error("a text of several lines, such as a whole file")]
    Lines,
    /// Longer than [`MAX_BARE_SECRET_BYTES`].
    #[error("longer than {MAX_BARE_SECRET_BYTES} bytes, such as a whole file")]
    Long,
}

/// Checks that `secret` can be a password, a token or a key as a service handed it out: one line,
/// neither PEM nor JSON. To be asked before it is put into any request.
///
/// # Errors
/// [`NotBare`], which says what it looks like.
pub fn check_bare_secret(secret: &SecretString) -> Result<(), NotBare> {
    check_bare(secret.expose_secret())
}

/// The same for a text that is no secret yet, such as the name of one.
///
/// # Errors
/// As [`check_bare_secret`].
pub fn check_bare(text: &str) -> Result<(), NotBare> {
    let is_pem = ["-BEGIN ", "PRIVATE KEY-", PEM_IN_BASE64]
        .iter()
        .any(|mark| text.contains(mark));
    if is_pem {
        return Err(NotBare::Pem);
    }
    if is_json(text) {
        return Err(NotBare::Json);
    }
    if is_der(text) {
        return Err(NotBare::Der);
    }
    if text.chars().any(char::is_control) {
        return Err(NotBare::Lines);
    }
    if text.len() > MAX_BARE_SECRET_BYTES {
        return Err(NotBare::Long);
    }
    Ok(())
}

/// Secrets may hold brackets and quotation marks, so that a text has to be JSON as a whole, or to
/// begin like an object and name a member.
fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') && text.contains('"') {
        return true;
    }
    text.starts_with(['{', '[', '"']) && serde_json::from_str::<Value>(text).is_ok()
}

/// Base64 of either alphabet, with its padding or without.
const BASE64: [GeneralPurpose; 2] = {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    [
        GeneralPurpose::new(&STANDARD, config),
        GeneralPurpose::new(&URL_SAFE, config),
    ]
};

/// Certificates and keys of every kind are a sequence, in ASN.1, that begins with another one or with
/// a version, and of the length that it says. One random key of millions is.
fn is_der(text: &str) -> bool {
    let text = text.trim();
    BASE64.iter().any(|base64| {
        let bytes = base64.decode(text).map(Zeroizing::new);
        bytes.is_ok_and(|bytes| {
            let content = sequence(&bytes).filter(|(_, rest)| rest.is_empty());
            content.is_some_and(|(content, _)| {
                matches!(content, [0x02, 1, ..]) || sequence(content).is_some()
            })
        })
    })
}

/// What is in a sequence at the front, and what follows it.
fn sequence(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [0x30, length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x30, 0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x30, 0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_hand_out_is_bare() {
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "[xY7@:/=?*{}z",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "a passphrase of words, with é",
            "{not json",
            &"f".repeat(MAX_BARE_SECRET_BYTES),
        ] {
            assert_eq!(check_bare(text), Ok(()), "{text}");
        }
    }

    /// Keys of one line, with 7s for what is secret. What is before it is the same in each.
    #[test]
    fn a_key_without_its_lines_is_no_secret() {
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
        for der in [
            ed25519.concat(),
            p256.concat(),
            sec1.concat(),
            public.concat(),
        ] {
            for base64 in &BASE64 {
                let text = base64.encode(&der);
                for text in [text.trim_end_matches('='), &text, &format!(" {text}")] {
                    assert_eq!(check_bare(text), Err(NotBare::Der), "{text}");
                }
            }
            // What only begins like one.
            let longer = BASE64[0].encode([&der[..], &[0]].concat());
            assert_eq!(check_bare(&longer), Ok(()));
        }
    }

    #[test]
    fn everything_else_is_told_apart() {
        for (text, what) in [
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
                NotBare::Pem,
            ),
            ("-----BEGIN RSA PRIVATE KEY----- MIIE", NotBare::Pem),
            (
                "Bag Attributes\n-----BEGIN PRIVATE KEY-----\nMIIE",
                NotBare::Pem,
            ),
            ("MIIE\n-----END PRIVATE KEY-----", NotBare::Pem),
            ("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", NotBare::Pem),
            (r#"{"client_secret":"x"}"#, NotBare::Json),
            ("\u{feff}{ \"client_secret\": \"x", NotBare::Json),
            ("[1, 2]", NotBare::Json),
            (r#""in quotation marks""#, NotBare::Json),
            ("one\ntwo", NotBare::Lines),
            ("one\0", NotBare::Lines),
            (&"f".repeat(MAX_BARE_SECRET_BYTES + 1), NotBare::Long),
        ] {
            assert_eq!(check_bare(text), Err(what), "{text}");
        }
    }
}
