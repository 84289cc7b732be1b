//! An access token, and the port through which one is fetched.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::error::SignInError;

/// An access token for Graph.
#[derive(Clone)]
pub struct Token {
    /// The bearer token.
    pub secret: SecretString,
    /// How long it is valid from the moment it was asked for.
    pub lifetime: Duration,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("secret", &"[REDACTED]")
            .field("lifetime", &self.lifetime)
            .finish()
    }
}

/// Fetches a token, once: no cache, no second try. One implementation per kind of identity.
#[async_trait]
pub trait TokenProvider: Send + Sync {
    /// Asks for a new token.
    ///
    /// # Errors
    /// Whatever kept the login host from handing one out, or the credential from being read.
    async fn fetch(&self) -> Result<Token, SignInError>;

    /// When the credential ends that was last used, where it says so itself: a certificate does.
    fn credential_expires(&self) -> Option<Timestamp> {
        None
    }

    /// The host that hands the tokens out, for errors.
    fn host(&self) -> Option<String> {
        None
    }

    /// How many bytes it keeps of the credential that was last used: a certificate keeps its key.
    fn kept_bytes(&self) -> usize {
        0
    }
}
