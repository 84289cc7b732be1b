//! The client assertion: a short-lived token that the application signs about itself.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::pem::SigningKey;
use crate::certificate_error::CertificateError;

/// Microsoft asks for 5 to 10 minutes; the longer bears a clock that is slow.
const LIFE_SECS: i64 = 600;

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

/// Signs an assertion for the token endpoint `audience`, good from `now` for ten minutes and for
/// one use.
pub(super) fn sign(
    key: &SigningKey,
    audience: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<SecretString, CertificateError> {
    let now = now.as_second();
    let claims = Claims {
        aud: audience,
        iss: client_id,
        sub: client_id,
        jti: Uuid::new_v4().to_string(),
        nbf: now,
        iat: now,
        exp: now + LIFE_SECS,
    };
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(key.thumbprint.clone());
    jsonwebtoken::encode(&header, &claims, &key.key)
        .map(SecretString::from)
        .map_err(|_| CertificateError::NotSigned)
}
