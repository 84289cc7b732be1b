//! The identity of an application with a certificate.

mod assertion;
mod pem;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use drawbridge_http::wire_text::printable;
use drawbridge_secrets::SecretSource;
use drawbridge_time::Clock;
use jiff::Timestamp;
use pem::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use crate::aadsts::Meaning;
use crate::certificate_error::CertificateError;
use crate::error::SignInError;
use crate::token::{Token, TokenProvider};
use crate::token_endpoint::{Credential, TokenEndpoint};

/// Client credentials grant with an assertion signed by a certificate's key.
///
/// The source holds one PEM text: the certificate and its unencrypted RSA private key, in any
/// order; of a chain, the certificate that belongs to the key is used. Source of the assertion's
/// shape: Microsoft identity platform, "Application authentication certificate credentials".
pub struct Certificate {
    endpoint: TokenEndpoint,
    source: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
    parsed: Mutex<Option<(SecretString, Arc<SigningKey>)>>,
}

impl Certificate {
    /// Signs in at `endpoint` with the certificate and key in `source`; `clock` times its assertions.
    pub fn new(
        endpoint: TokenEndpoint,
        source: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            endpoint,
            source,
            clock,
            parsed: Mutex::default(),
        }
    }

    async fn read(&self) -> Result<SecretString, SignInError> {
        let text = self.source.secret().await;
        text.map_err(|reason| SignInError::Credential {
            reason: printable(&reason, 300),
        })
    }

    /// The key in `text`, parsed once for as long as the text stays the same.
    fn signing_key(&self, text: &SecretString) -> Result<Arc<SigningKey>, CertificateError> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, key)) = parsed.as_ref()
            && known.expose_secret() == text.expose_secret()
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::parse(text.expose_secret())?);
        *parsed = Some((text.clone(), Arc::clone(&key)));
        Ok(key)
    }

    async fn try_with(&self, text: &SecretString) -> Result<Token, SignInError> {
        let audience = self.endpoint.url()?;
        let key = self.signing_key(text)?;
        let now = self.clock.now();
        key.check_time(now)?;
        let assertion = assertion::sign(&key, audience.as_str(), self.endpoint.client_id(), now)?;
        let credential = Credential::Assertion(&assertion);
        self.endpoint.exchange(&credential).await
    }
}

#[async_trait]
impl TokenProvider for Certificate {
    async fn fetch(&self) -> Result<Token, SignInError> {
        self.endpoint.url()?;
        let text = self.read().await?;
        let error = match self.try_with(&text).await {
            Err(error) if key_is_at_fault(&error) => error,
            other => return other,
        };
        // The certificate may just have been rotated, and the source may hold the one before.
        self.source.forget();
        let again = self.read().await?;
        if again.expose_secret() == text.expose_secret() {
            return Err(error);
        }
        warn!("the certificate was refused; using the one stored since");
        self.try_with(&again).await
    }

    fn credential_expires(&self) -> Option<Timestamp> {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.as_ref().map(|(_, key)| key.not_after())
    }

    fn host(&self) -> Option<String> {
        self.endpoint.host()
    }

    fn kept_bytes(&self) -> usize {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        // The key is as long as its text at most.
        let of = |(text, _): &(SecretString, Arc<SigningKey>)| 2 * text.expose_secret().len();
        parsed.as_ref().map_or(0, of)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("endpoint", &self.endpoint)
            .field("expires", &self.credential_expires())
            .finish_non_exhaustive()
    }
}

/// Whether another certificate could do better.
fn key_is_at_fault(error: &SignInError) -> bool {
    match error {
        SignInError::Certificate(_) => true,
        SignInError::Refused {
            code: Some(code), ..
        } => Meaning::certificate_is_at_fault(*code),
        _ => false,
    }
}

/// Days from `now` to `end`, rounded down.
pub fn whole_days(now: Timestamp, end: Timestamp) -> i64 {
    (end.as_second() - now.as_second()).div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_rounded_down_and_negative_past_the_end() {
        let day = |secs| Timestamp::from_second(secs).unwrap();
        assert_eq!(whole_days(day(0), day(86_400)), 1);
        assert_eq!(whole_days(day(1), day(86_400)), 0);
        assert_eq!(whole_days(day(1), day(0)), -1);
    }
}
