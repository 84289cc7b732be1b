//! Secrets for tests.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{SecretError, SecretSource, Secrets};

/// A secret that is always the same, whatever its name.
pub struct FixedSecret(pub String);

#[async_trait]
impl Secrets for FixedSecret {
    async fn get(&self, _name: &str) -> Result<SecretString, SecretError> {
        Ok(self.0.as_str().into())
    }
}

#[async_trait]
impl SecretSource for FixedSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        Ok(self.0.as_str().into())
    }
}
