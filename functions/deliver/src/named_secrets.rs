use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_secrets::{EnvSecrets, FileSecrets, SecretError, Secrets};
use secrecy::SecretString;

/// Secrets by a name that says where they are kept: `env:VARIABLE`, `file:PATH`, and any other
/// name in the usual place.
pub struct NamedSecrets {
    usual: Option<Arc<dyn Secrets>>,
}

impl NamedSecrets {
    /// Names without a prefix are looked up in `usual`; without it they are refused.
    #[must_use]
    pub fn new(usual: Option<Arc<dyn Secrets>>) -> Self {
        Self { usual }
    }

    fn place<'n>(&self, name: &'n str) -> Result<(&dyn Secrets, &'n str), SecretError> {
        if let Some(variable) = name.strip_prefix("env:") {
            return Ok((&EnvSecrets, variable));
        }
        if let Some(path) = name.strip_prefix("file:") {
            return Ok((&FileSecrets, path));
        }
        match &self.usual {
            Some(usual) => Ok((&**usual, name)),
            // The name itself is not repeated: it may be the secret, put in the wrong place.
            None => Err(SecretError::Missing {
                place: "the place of the secret".to_owned(),
                fix: "name it as env:VARIABLE or file:PATH".to_owned(),
            }),
        }
    }
}

#[async_trait]
impl Secrets for NamedSecrets {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let (secrets, name) = self.place(name)?;
        secrets.get(name).await
    }

    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        let (secrets, name) = self.place(name)?;
        secrets.refresh(name).await
    }
}
