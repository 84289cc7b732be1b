//! What may leave this process as a secret, and what looks like something else.

use secrecy::{ExposeSecret, SecretString};

use crate::assignment::is_assignment;
use crate::document::{Expected, TextForm, has_lines, is_api_key, is_json, is_text, is_xml};
use crate::encoded::{readings, squeezed, texts};
use crate::fields::is_line_of_fields;
use crate::jwt::Jwt;
use crate::key_marks::{has_key, key_in_text};
use crate::not_bare::{MAX_BARE_SECRET_BYTES, NotBare};
use crate::piece::is_piece;

/// How many times a text may be encoded to be looked into: once more than anybody does by mistake.
const MAX_ENCODINGS: usize = 3;

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
    check(text, Expected::Bare)
}

/// The same for what may be no part of a document, either.
pub(crate) fn check(text: &str, expected: Expected) -> Result<(), NotBare> {
    if let Some(what) = found(text.as_bytes(), TextForm::Whole, expected, MAX_ENCODINGS) {
        return Err(what);
    }
    if text.chars().any(char::is_control) {
        return Err(NotBare::Lines);
    }
    if text.len() > MAX_BARE_SECRET_BYTES {
        return Err(NotBare::Long);
    }
    Ok(())
}

/// What is in `bytes` that is no bare secret, or in what they stand for: what is refused as it is, is
/// refused in base64 and in hexadecimal, too, with anything around it and cut off behind its beginning.
///
/// Each encoding makes the text shorter and leaves hardly a text but by the one reading that is right,
/// so that the work is in proportion to the length.
pub(crate) fn found(
    bytes: &[u8],
    form: TextForm,
    expected: Expected,
    encodings: usize,
) -> Option<NotBare> {
    if has_key(bytes) {
        return Some(NotBare::Der);
    }
    let texts = texts(bytes);
    texts
        .iter()
        .find_map(|text| found_in_text(text, form, expected, encodings))
}

fn found_in_text(
    text: &str,
    form: TextForm,
    expected: Expected,
    encodings: usize,
) -> Option<NotBare> {
    if let Ok(jwt) = Jwt::parse(text) {
        // Each member, and the signature, is looked into like a text that was encoded once.
        return jwt.found(&|bytes| {
            let fewer = encodings.checked_sub(1)?;
            found(bytes, TextForm::Encoded, Expected::Claim, fewer)
        });
    }
    let squeezed = squeezed(text);
    if let Some(what) = key_in_text(&squeezed) {
        return Some(what);
    }
    if !is_api_key(text, form) {
        if is_json(text, &squeezed, form, expected) {
            return Some(NotBare::Json);
        }
        if expected == Expected::Token && is_assignment(text, form) {
            return Some(NotBare::Assignment);
        }
        if expected == Expected::Token && is_text(text, form) {
            if is_piece(text, form) {
                return Some(NotBare::Piece);
            }
            if is_line_of_fields(text, form) {
                return Some(NotBare::Fields);
            }
        }
    }
    if is_xml(&squeezed) {
        return Some(NotBare::Xml);
    }
    let deeper = encodings.checked_sub(1).and_then(|fewer| {
        let mut readings = readings(&squeezed);
        readings.find_map(|bytes| found(&bytes, TextForm::Encoded, expected, fewer))
    });
    deeper.or_else(|| has_lines(text, form).then_some(NotBare::Lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_hand_out_is_bare() {
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "zzz8Q~-BEGIN_-END.PRIVATE-KEY-7hJ2mNb4Vc",
            "<xY7@:/=?*>",
            "MIIEvQIB",
            "[xY7@:/=?*{}z",
            "{xY7@:/=?*z",
            "{xY7@/=?*z}",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "a passphrase of words, with é",
            "{not json",
            &"f".repeat(MAX_BARE_SECRET_BYTES),
            // A key of no structure is what a token is.
            &"07".repeat(32),
            &"30".repeat(32),
            &"a5".repeat(32),
            // Names of keys are no keys.
            "/run/secrets/openssh-key-v1",
            "drawbridge/prod/age-secret-key-1",
            "prod--front-end--certificate-2026",
        ] {
            assert_eq!(check_bare(text), Ok(()), "{text}");
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
            ("----BEGINPRIVATEKEY----MIIE", NotBare::Pem),
            ("---- BEGIN SSH2 PUBLIC KEY ---- AAAAB3", NotBare::Pem),
            ("PuTTY-User-Key-File-3: ssh-ed25519", NotBare::Pem),
            ("<RSAKeyValue><D>x</D></RSAKeyValue>", NotBare::Xml),
            ("<?xml version=\"1.0\"?><a/>", NotBare::Xml),
            ("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", NotBare::Pem),
            // The same in hexadecimal; the beginning of OpenSSH's; a key of age's in base64.
            (
                "2d2d2d2d2d424547494e2050524956415445204b45592d2d2d2d2d",
                NotBare::Pem,
            ),
            (
                "\"6f70656e7373682d6b65792d763100000000046e6f6e65\"",
                NotBare::Json,
            ),
            (
                "(6f70656e7373682d6b65792d763100000000046e6f6e65)",
                NotBare::Der,
            ),
            (
                "QUdFLVNFQ1JFVC1LRVktMVFZUVNaUUdQUVlRU1pRR1BRWVFTWlFHUA==",
                NotBare::Der,
            ),
            (
                "AGE-SECRET-KEY-PQ-1K30MYPZAHAXHR22YHH27EGDVLU0QNSUH3DSV7J7NR3X6D9LHXNWSDLTV4T",
                NotBare::Der,
            ),
            // Ed25519 in hexadecimal, cut off and behind a stray character or a word.
            ("a302e020100300506032b65700422042007", NotBare::Der),
            ("[key 0x302e020100300506032b657004220420", NotBare::Der),
            // {"a":"b","c":"d"} behind a word, in a list, and behind a byte order mark.
            ("key=eyJhIjoiYiIsImMiOiJkIn0=", NotBare::Json),
            ("W3siYSI6ImIiLCJjIjoiZCJ9XQ==", NotBare::Json),
            ("77u/eyJhIjoiYiIsImMiOiJkIn0=", NotBare::Json),
            // Two lines of a file.
            ("Y2xpZW50X3NlY3JldDogeApjbGllbnRfaWQ6IHkK", NotBare::Lines),
            (r#"{"client_secret":"x"}"#, NotBare::Json),
            ("\u{feff}{ \"client_secret\": \"x", NotBare::Json),
            // A shell took the quotation marks, an editor or a template made others of them.
            ("{client_secret:x}", NotBare::Json),
            ("{client_secret: x, client_id: y}", NotBare::Json),
            // Its end was lost as well, or its beginning.
            ("{client_secret:abc8Q~defGhi_jkl", NotBare::Json),
            ("\"abc8Q~defGhi_jkl\",", NotBare::Json),
            ("\"abc8Q~defGhi_jkl\"]", NotBare::Json),
            ("\"abc8Q~defGhi_jkl\"}", NotBare::Json),
            ("x\",\"client_secret\":\"abc8Q~defGhi", NotBare::Json),
            (
                "e2NsaWVudF9zZWNyZXQ6YWJjOFF+ZGVmR2hpX2prbA==",
                NotBare::Json,
            ),
            (
                "{\u{201c}client_secret\u{201d}:\u{201c}x\u{201d}}",
                NotBare::Json,
            ),
            ("{&quot;client_secret&quot;:&quot;x&quot;}", NotBare::Json),
            (r"{\u0022client_secret\u0022:\u0022x\u0022}", NotBare::Json),
            (
                "e2NsaWVudF9zZWNyZXQ6IHgsIGNsaWVudF9pZDogeX0=",
                NotBare::Json,
            ),
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
