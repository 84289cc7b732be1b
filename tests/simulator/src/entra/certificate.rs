//! Assertions that an application signs itself (Microsoft identity platform, "Application
//! authentication certificate credentials").
//!
//! Stricter than Entra in three things that its documentation asks for and does not enforce: the
//! header is PS256 with `x5t#S256` only, the life is ten minutes at most, and a `jti` is taken once.

use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::assertion::Assertion;
use super::{Credential, Refusal, Request, Used};

const LONGEST_LIFE_SECS: i64 = 600;

pub(super) fn check(
    credentials: &[Credential],
    assertion: &Assertion<'_>,
    request: &Request<'_>,
    used: &Used,
) -> Result<(), Refusal> {
    let header = &assertion.header;
    let (Algorithm::PS256, Some("JWT"), Some(thumbprint)) =
        (header.alg, header.typ.as_deref(), &header.x5t_s256)
    else {
        return Err(Refusal::WRONG_HEADER);
    };
    let der = credentials
        .iter()
        .find_map(|credential| match credential {
            Credential::Certificate { der } => {
                let known = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
                (known == *thumbprint).then_some(der)
            }
            _ => None,
        })
        .ok_or(Refusal::UNKNOWN_CERTIFICATE)?;
    let certificate = Certificate::from_der(der).map_err(|_| Refusal::UNKNOWN_CERTIFICATE)?;
    let certificate = certificate.tbs_certificate();
    let end = certificate.validity().not_after.to_unix_duration();
    let now = request.now.as_second();
    if i64::try_from(end.as_secs()).is_ok_and(|end| end < now) {
        return Err(Refusal::EXPIRED_CERTIFICATE);
    }
    let public = &certificate.subject_public_key_info().subject_public_key;
    let key = DecodingKey::from_rsa_der(public.raw_bytes());
    if !assertion.is_signed_by(&key, Algorithm::PS256) {
        return Err(Refusal::WRONG_SIGNATURE);
    }
    let claims = &assertion.claims;
    if claims.sub != request.client_id {
        return Err(Refusal::WRONG_APPLICATION);
    }
    if claims.audience() != Some(request.audience) {
        return Err(Refusal::WRONG_AUDIENCE);
    }
    let (Some(nbf), Some(_), Some(exp)) = (claims.nbf, claims.iat, claims.exp) else {
        return Err(Refusal::WRONG_TIME);
    };
    if exp - nbf > LONGEST_LIFE_SECS {
        return Err(Refusal::WRONG_TIME);
    }
    claims.check_time(request.now)?;
    if claims.jti.is_empty() || !used.note(&claims.jti) {
        return Err(Refusal::REUSED);
    }
    Ok(())
}
