//! What may leave this process as a secret, and what looks like something else.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Bytes of the longest bare secret. Client secrets have 40, tokens of SIEMs a few dozen; a private
/// key without its PEM lines has more than a thousand.
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
