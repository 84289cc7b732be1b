//! What may leave this process as a secret, and what looks like something else.

use secrecy::{ExposeSecret, SecretString};

use crate::damaged_jwt::DamagedJwt;
use crate::document::{Expected, Place, has_lines, is_api_key, is_json, is_text, is_xml};
use crate::encoded::{readings, squeezed, texts};
use crate::jwt::Jwt;
use crate::key_marks::{has_key, key_in_text};
use crate::piece::is_piece;
use crate::token::TOO_LONG_FOR_A_TOKEN;

/// Bytes of the longest bare secret. Client secrets have 40, tokens of SIEMs a few dozen; an RSA key
/// without its PEM lines has more than a thousand. Shorter keys are told by what they are made of.
pub const MAX_BARE_SECRET_BYTES: usize = 1024;

/// What a text is, or stands for in base64 or hexadecimal, that was stored, or given, in the place of a
/// password, a token or a key to sign with. Its words never hold any part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBare {
    /// A certificate, a key, or both.
    #[error("PEM text, that is a certificate or a private key")]
    Pem,
    /// The same without the lines around it; what marks it is in `key_marks`.
    #[error("an encoded certificate, key or key store (DER, PKCS#12, OpenSSH, OpenPGP or age)")]
    Der,
    /// An object, a list or a string in quotation marks.
    #[error("a JSON document")]
    Json,
    /// What was cut out of such a document, of XML, or of PEM text.
    #[error(
        "a part of a document or of a key, by its quotation marks, brackets or dashes, or a secret that \
         looks like one (a new one does not)"
    )]
    Piece,
    /// One element or more.
    #[error("an XML document")]
    Xml,
    /// Line breaks, tabs, or other control characters; line breaks alone where a text is encoded.
    #[error("a text of several lines, such as a whole file")]
    Lines,
    /// Longer than [`MAX_BARE_SECRET_BYTES`].
    #[error("longer than {MAX_BARE_SECRET_BYTES} bytes, such as a whole file")]
    Long,
    /// Blanks, where there are none in what is expected.
    #[error("a text with blanks inside, such as a part of a key or of a file")]
    Blanks,
    /// Longer than what is expected.
    #[error(
        "a text of too many characters, such as a part of a key in base64 or hexadecimal (a client secret \
         has at most 64, a token less than {TOO_LONG_FOR_A_TOKEN})"
    )]
    Encoded,
    /// A path, a variable's name, an address.
    #[error("the name of a place, such as a file, a variable or an ARN")]
    Place,
    /// What Entra makes as a client secret, where the name of one is expected.
    #[error("a client secret of Entra")]
    ClientSecret,
    /// What Drawbridge makes as a secret of its own token endpoint, where the name of one is expected.
    #[error("a secret of Drawbridge's own token endpoint")]
    OwnSecret,
    /// A token, where the name of one is expected.
    #[error("a token (JWT)")]
    Token,
    /// A token that was cut off, changed or put together.
    #[error("a token (JWT) that is not whole ({0}: copy it anew)")]
    Damaged(DamagedJwt),
    /// A token in which something lies that is no part of one.
    #[error(
        "a token (JWT) with a member that is called a secret, a password or a key, or with a private key"
    )]
    SecretInToken,
    /// Something else, where a token is expected that is signed.
    #[error("no signed token (JWT) of three parts in base64")]
    NoJwt,
    /// Other characters than those of a token.
    #[error(
        "a text with a quotation mark, a backslash or a letter that is not ASCII, as no token and no new \
         client secret has"
    )]
    Foreign,
}

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
    if let Some(what) = found(text.as_bytes(), Place::Whole, expected, MAX_ENCODINGS) {
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
    place: Place,
    expected: Expected,
    encodings: usize,
) -> Option<NotBare> {
    if has_key(bytes) {
        return Some(NotBare::Der);
    }
    let texts = texts(bytes);
    texts
        .iter()
        .find_map(|text| found_in_text(text, place, expected, encodings))
}

fn found_in_text(
    text: &str,
    place: Place,
    expected: Expected,
    encodings: usize,
) -> Option<NotBare> {
    if let Ok(jwt) = Jwt::parse(text) {
        return jwt.found(encodings);
    }
    let squeezed = squeezed(text);
    if let Some(what) = key_in_text(&squeezed) {
        return Some(what);
    }
    if !is_api_key(text, place) {
        if is_json(text, &squeezed, place, expected) {
            return Some(NotBare::Json);
        }
        if expected == Expected::Token && is_text(text, place) && is_piece(text, place) {
            return Some(NotBare::Piece);
        }
    }
    if is_xml(&squeezed) {
        return Some(NotBare::Xml);
    }
    let deeper = encodings.checked_sub(1).and_then(|fewer| {
        let mut readings = readings(&squeezed);
        readings.find_map(|bytes| found(&bytes, Place::Encoded, expected, fewer))
    });
    deeper.or_else(|| has_lines(text, place).then_some(NotBare::Lines))
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
