//! A client assertion before anything of it is believed.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Refusal;

/// How far clocks may be apart.
const SKEW_SECS: i64 = 300;

/// A token, its header and its claims.
pub(super) struct Assertion<'a> {
    text: &'a str,
    pub(super) header: Header,
    pub(super) claims: Claims,
}

#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    pub(super) iss: String,
    #[serde(default)]
    pub(super) sub: String,
    #[serde(default)]
    aud: Value,
    #[serde(default)]
    pub(super) jti: String,
    pub(super) nbf: Option<i64>,
    pub(super) iat: Option<i64>,
    pub(super) exp: Option<i64>,
}

impl<'a> Assertion<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        Some(Self {
            text,
            header: jsonwebtoken::decode_header(text).ok()?,
            claims: jsonwebtoken::dangerous::insecure_decode(text).ok()?.claims,
        })
    }

    /// Whether `key` made the signature.
    pub(super) fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let mut validation = Validation::new(algorithm);
        // Signature only: the claims are checked against the caller's clock.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode::<Value>(self.text, key, &validation).is_ok()
    }
}

impl Claims {
    /// The one audience.
    pub(super) fn audience(&self) -> Option<&str> {
        match &self.aud {
            Value::String(one) => Some(one),
            Value::Array(several) if several.len() == 1 => several[0].as_str(),
            _ => None,
        }
    }

    /// Refuses a token outside of its time; `exp` is needed, `nbf` and `iat` if they are there.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let now = now.as_second();
        let has_ended = self.exp.is_none_or(|exp| exp + SKEW_SECS <= now);
        let begun = |at: Option<i64>| at.is_none_or(|at| at - SKEW_SECS <= now);
        if has_ended || !begun(self.nbf) || !begun(self.iat) {
            return Err(Refusal::WRONG_TIME);
        }
        Ok(())
    }
}
