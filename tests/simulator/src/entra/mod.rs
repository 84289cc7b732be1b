//! Whether an application is who it says it is, judged as Entra judges it.

mod assertion;
mod certificate;
mod federated;
mod refusal;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use assertion::Assertion;
pub(crate) use refusal::Refusal;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an application may prove its identity with; it may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A client secret.
    Secret(String),
    /// A client secret whose time is over.
    ExpiredSecret(String),
    /// A certificate, for assertions that the application signs itself.
    Certificate {
        /// The certificate in DER, as it is uploaded.
        der: Vec<u8>,
    },
    /// A federated credential, for assertions of another identity provider. All three are compared
    /// to the letter; the issuer's discovery document and keys are fetched from its address.
    Federated {
        /// The `iss` claim.
        issuer: String,
        /// The `sub` claim.
        subject: String,
        /// The `aud` claim.
        audience: String,
    },
}

/// What a token request says and when.
pub(crate) struct Request<'a> {
    /// The form as it came.
    pub(crate) form: &'a HashMap<String, String>,
    /// The application, which has been looked up already.
    pub(crate) client_id: &'a str,
    /// The address of the token endpoint.
    pub(crate) audience: &'a str,
    /// The time by which it is judged.
    pub(crate) now: Timestamp,
}

/// The `jti` of every assertion taken so far.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashSet<String>>);

impl Used {
    /// Whether this one is new; it is not the next time.
    fn note(&self, jti: &str) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(jti.to_owned())
    }
}

/// Accepts or refuses the credential in a request.
pub(crate) async fn check(
    credentials: &[Credential],
    request: &Request<'_>,
    used: &Used,
) -> Result<(), Refusal> {
    let field = |name: &str| request.form.get(name).map(String::as_str);
    match (field("client_secret"), field("client_assertion")) {
        (Some(secret), None) => {
            if credentials.contains(&Credential::Secret(secret.to_owned())) {
                Ok(())
            } else if credentials.contains(&Credential::ExpiredSecret(secret.to_owned())) {
                Err(Refusal::EXPIRED_SECRET)
            } else {
                Err(Refusal::WRONG_SECRET)
            }
        }
        (None, Some(text)) => {
            if field("client_assertion_type") != Some(ASSERTION_TYPE) {
                return Err(Refusal::MALFORMED);
            }
            let assertion = Assertion::read(text).ok_or(Refusal::NO_JWT)?;
            // One that an application signs itself names the application as its issuer.
            if assertion.claims.iss == request.client_id {
                certificate::check(credentials, &assertion, request, used)
            } else {
                federated::check(credentials, &assertion, request).await
            }
        }
        (None, None) => Err(Refusal::NO_CREDENTIAL),
        (Some(_), Some(_)) => Err(Refusal::MALFORMED),
    }
}

#[cfg(test)]
mod tests;
