//! The identity of an application that another identity provider vouches for: nothing is stored.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_http::wire_text::{name, printable};
use drawbridge_secrets::check_jwt;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::aadsts::Meaning;
use crate::error::SignInError;
use crate::jwt;
use crate::token::{Token, TokenProvider};
use crate::token_endpoint::{Credential, TokenEndpoint};

/// Where assertions of another identity provider come from. Asked at each fetch.
#[async_trait]
pub trait AssertionSource: Send + Sync {
    /// A signed token (JWT, RS256) that Entra will take as the application's credential.
    ///
    /// # Errors
    /// [`AssertionError`]: what could not be had, and what to do. Never the token.
    async fn assertion(&self) -> Result<SecretString, AssertionError>;
}

/// Why there is no assertion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AssertionError {
    /// A sentence for the operator: what happened, to what, and what to do.
    pub reason: String,
    /// Whether asking again a little later may succeed with nothing changed.
    pub is_retryable: bool,
}

/// Client credentials grant with the assertion of another identity provider (workload identity
/// federation).
///
/// Entra takes assertions signed RS256 only, so any other is refused here, in words. Source:
/// Microsoft Entra Workload ID, "Workload identity federation".
pub struct Federated {
    endpoint: TokenEndpoint,
    source: Arc<dyn AssertionSource>,
}

impl Federated {
    /// Signs in at `endpoint` with what `source` says.
    pub fn new(endpoint: TokenEndpoint, source: Arc<dyn AssertionSource>) -> Self {
        Self { endpoint, source }
    }
}

#[async_trait]
impl TokenProvider for Federated {
    async fn fetch(&self) -> Result<Token, SignInError> {
        self.endpoint.url()?;
        let assertion = self
            .source
            .assertion()
            .await
            .map_err(|error| SignInError::Assertion {
                reason: printable(&error.reason, 600),
                transient: error.is_retryable,
            })?;
        check(&assertion)?;
        let credential = Credential::Assertion(&assertion);
        let answer = self.endpoint.exchange(&credential).await;
        answer.map_err(|error| with_claims(error, assertion.expose_secret()))
    }

    fn host(&self) -> Option<String> {
        self.endpoint.host()
    }
}

impl fmt::Debug for Federated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Federated")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Refuses what Entra would refuse with less of an explanation, and what is no token, or a token with
/// something else behind it, such as a key.
fn check(assertion: &SecretString) -> Result<(), SignInError> {
    let refused = |reason: String| SignInError::Assertion {
        reason,
        transient: false,
    };
    let Some(algorithm) = jwt::algorithm(assertion.expose_secret()) else {
        let reason = "it is not a signed JWT: check what issues it";
        return Err(refused(reason.to_owned()));
    };
    if algorithm == "RS256" {
        return check_jwt(assertion).map_err(|what| {
            refused(format!(
                "it is, or has in it, {what}, and was not sent: check what issues it"
            ))
        });
    }
    let algorithm = name(&algorithm).unwrap_or_else(|| "another algorithm".to_owned());
    Err(refused(format!(
        "it is signed {algorithm}, and Entra takes RS256 only: have the issuer sign RS256 \
         (an emulated STS cannot)"
    )))
}

/// The claims that a federated credential is compared with; none of them is a secret.
#[derive(Deserialize)]
struct Compared {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    aud: serde_json::Value,
}

/// Adds to a refusal what the assertion says, so that both sides can be compared.
fn with_claims(error: SignInError, assertion: &str) -> SignInError {
    let SignInError::Refused {
        exchange,
        code,
        mut explanation,
        trace_id,
        correlation_id,
        transient,
    } = error
    else {
        return error;
    };
    if code.is_some_and(Meaning::is_about_federation)
        && let Some(claims) = jwt::claims::<Compared>(assertion)
    {
        let audience = match &claims.aud {
            serde_json::Value::String(one) => one.clone(),
            other => other.to_string(),
        };
        let shown = |text: &str| printable(text, 600);
        explanation.push_str(&format!(
            "; the assertion says issuer '{}', subject '{}', audience '{}'",
            shown(&claims.iss),
            shown(&claims.sub),
            shown(&audience),
        ));
    }
    SignInError::Refused {
        exchange,
        code,
        explanation,
        trace_id,
        correlation_id,
        transient,
    }
}
