//! What a JSON Web Token says about itself. Nothing is verified here: that is the receiver's part.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Some issuers pad, although RFC 7515 forbids it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// The header's `alg`; `None` for what is not a signed token of three parts.
pub fn algorithm(token: &str) -> Option<String> {
    let header: Header = part(token, 0)?;
    Some(header.alg)
}

/// The claims that `T` asks for, if the token has them in that shape.
pub fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    part(token, 1)
}

fn part<T: DeserializeOwned>(token: &str, index: usize) -> Option<T> {
    if token.split('.').count() != 3 {
        return None;
    }
    let part = token.split('.').nth(index)?;
    let json = Zeroizing::new(LENIENT.decode(part).ok()?);
    serde_json::from_slice(&json).ok()
}

/// Bytes as RFC 7515 writes them.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }

    #[test]
    fn header_and_claims_are_read_with_and_without_padding() {
        for padding in ["", "="] {
            let header = base64url(r#"{"alg":"RS256"}"#);
            let claims_part = base64url(r#"{"sub":"a"}"#);
            let token = format!("{header}.{claims_part}{padding}.c2ln");
            assert_eq!(algorithm(&token).as_deref(), Some("RS256"));
            assert_eq!(claims::<Subject>(&token).unwrap().sub, "a");
        }
    }

    #[test]
    fn what_is_no_token_says_nothing() {
        for text in [
            "",
            "a",
            "..",
            "a.b.c",
            "e30.e30",
            "e30.e30.e30.e30",
            "e30.e30.x",
        ] {
            assert_eq!(algorithm(text), None, "{text}");
            assert!(claims::<Subject>(text).is_none(), "{text}");
        }
    }
}
