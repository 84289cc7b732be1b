//! The identity of an application with a client secret.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_http::wire_text::printable;
use drawbridge_secrets::{NotBare, SecretSource, check_client_secret};
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use crate::aadsts::Meaning;
use crate::error::SignInError;
use crate::token::{Token, TokenProvider};
use crate::token_endpoint::{Credential, TokenEndpoint};

/// Client credentials grant with a client secret.
pub struct ClientSecret {
    endpoint: TokenEndpoint,
    source: Arc<dyn SecretSource>,
}

impl ClientSecret {
    /// Signs in at `endpoint` with the secret in `source`.
    pub fn new(endpoint: TokenEndpoint, source: Arc<dyn SecretSource>) -> Self {
        Self { endpoint, source }
    }

    /// The secret. If the source gives something else, it is read again once: it may have been corrected.
    async fn read(&self) -> Result<SecretString, SignInError> {
        let secret = self.read_once().await?;
        if check(&secret).is_ok() {
            return Ok(secret);
        }
        self.source.forget();
        let secret = self.read_once().await?;
        check(&secret).map_err(|reason| credential(&reason))?;
        Ok(secret)
    }

    async fn read_once(&self) -> Result<SecretString, SignInError> {
        let secret = self.source.secret().await;
        let secret = secret.map_err(|reason| credential(&printable(&reason, 300)))?;
        if secret.expose_secret().is_empty() {
            return Err(credential(
                "the client secret is empty: store the secret's Value",
            ));
        }
        Ok(secret)
    }
}

fn credential(reason: &str) -> SignInError {
    SignInError::Credential {
        reason: reason.to_owned(),
    }
}

/// Checks that what is stored may be a client secret; if not, says what it is and where that belongs.
fn check(secret: &SecretString) -> Result<(), String> {
    let Err(what) = check_client_secret(secret) else {
        return Ok(());
    };
    let fix = match what {
        NotBare::Pem | NotBare::Der | NotBare::Encoded => {
            "name a certificate with its key under certificate and not under secret (for the first \
             tenant of a stack: TenantIdentity=certificate)"
        }
        NotBare::Piece | NotBare::Foreign => {
            "store the secret's Value alone; if that is all there is, make a new one in Entra, which has \
             nothing of the kind"
        }
        NotBare::Location | NotBare::Placeholder => "store the secret's Value itself there",
        _ => "store the secret's Value alone, as one line without blanks",
    };
    Err(format!(
        "what is stored as the client secret is {what}, and was not sent: {fix}"
    ))
}

#[async_trait]
impl TokenProvider for ClientSecret {
    async fn fetch(&self) -> Result<Token, SignInError> {
        self.endpoint.url()?;
        let secret = self.read().await?;
        let error = match self.endpoint.exchange(&Credential::Secret(&secret)).await {
            Err(
                error @ SignInError::Refused {
                    code: Some(code), ..
                },
            ) if Meaning::secret_is_at_fault(code) => error,
            other => return other,
        };
        // The secret may just have been rotated, and the source may hold the one before.
        self.source.forget();
        let again = self.read().await?;
        if again.expose_secret() == secret.expose_secret() {
            return Err(error);
        }
        warn!("the client secret was refused; using the one stored since");
        self.endpoint.exchange(&Credential::Secret(&again)).await
    }

    fn host(&self) -> Option<String> {
        self.endpoint.host()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
