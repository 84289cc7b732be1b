//! The secrets port, with its Secrets Manager and its local implementations.
//!
//! A secret is asked for by name each time it is used, so that rotating it needs no restart. The
//! value is a [`secrecy::SecretString`] from the first byte on: no log line, error or debug output
//! shows it.
//!
//! - [`EnvSecrets`]: the name is that of an environment variable.
//! - [`FileSecrets`]: the name is a path (a mounted secret).
//! - [`SecretsManager`] (feature `aws`): the name is a secret's name or ARN.

#[cfg(feature = "aws")]
mod cache;
mod env;
mod error;
mod file;
#[cfg(feature = "aws")]
mod manager;
#[cfg(feature = "aws")]
mod shape;
mod stored;

use async_trait::async_trait;
use secrecy::SecretString;

pub use drawbridge_access::AccessError;
pub use env::EnvSecrets;
pub use error::SecretError;
pub use file::FileSecrets;
#[cfg(feature = "aws")]
pub use manager::SecretsManager;
pub use stored::StoredSecret;

/// A place that keeps secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret's current value, without blanks around it; never empty.
    async fn get(&self, name: &str) -> Result<SecretString, SecretError>;

    /// The secret's value as it is now, whatever was kept: for when the value at hand was refused.
    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        self.get(name).await
    }
}
