//! Secrets in environment variables.

use std::env::{self, VarError};

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::secret_itself::shown_place;
use crate::{SecretError, Secrets};

/// Secrets in environment variables: the name of one is the variable's.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvSecrets;

#[async_trait]
impl Secrets for EnvSecrets {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let place = format!("the environment variable {}", shown_place(name));
        let fix = "set it to the secret's value before starting".to_owned();
        // `var` panics on such names rather than answering that there is none.
        if name.is_empty() || name.contains(['=', '\0']) {
            let reason = "an environment variable cannot have that name".to_owned();
            return Err(SecretError::BadShape { place, reason });
        }
        let value = match env::var(name) {
            Ok(value) => Zeroizing::new(value),
            Err(VarError::NotPresent) => return Err(SecretError::Missing { place, fix }),
            Err(VarError::NotUnicode(_)) => {
                let reason = "its value is not UTF-8 text".to_owned();
                return Err(SecretError::BadShape { place, reason });
            }
        };
        let secret = SecretString::from(value.trim());
        if secret.expose_secret().is_empty() {
            return Err(SecretError::Empty { place, fix });
        }
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_variable_that_is_set_is_read() {
        // Set by cargo for every test; its value is no secret.
        let value = EnvSecrets.get("CARGO_PKG_NAME").await.unwrap();
        assert_eq!(value.expose_secret(), "drawbridge-secrets");
        assert!(!format!("{value:?}").contains("drawbridge-secrets"));
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_named() {
        let error = EnvSecrets.get("DRAWBRIDGE_NOT_SET").await.unwrap_err();
        assert!(matches!(error, SecretError::Missing { .. }));
        assert!(error.to_string().contains("DRAWBRIDGE_NOT_SET"), "{error}");
    }

    #[tokio::test]
    async fn names_that_cannot_be_do_not_panic() {
        for name in ["", "A=B", "A\0"] {
            assert!(matches!(
                EnvSecrets.get(name).await,
                Err(SecretError::BadShape { .. })
            ));
        }
    }
}
