//! The secrets port, with its Secrets Manager and its local implementations.
//!
//! A secret is asked for by name each time it is used, so that rotating it needs no restart. The
//! value is a [`secrecy::SecretString`] from the first byte on: no log line, error or debug output
//! shows it.
//!
//! - [`EnvSecrets`]: the name is that of an environment variable.
//! - [`FileSecrets`]: the name is a path (a mounted secret).
//! - [`SecretsManager`] (feature `aws`): the name is a secret's name or ARN.
//!
//! [`OwnMember`] gives a tenant its own of a secret that many share.
//!
//! [`StoredSecret`] is one of them as a [`SecretSource`]. [`check_client_secret`] and [`check_token`] tell
//! what they are named after from what was stored in its place by mistake, and [`check_bare_secret`] a
//! key to sign with; ask one of them before a secret is used.

mod assignment;
mod bare_secret;
#[cfg(feature = "aws")]
mod cache;
mod damaged_jwt;
mod distinct;
mod document;
mod encoded;
mod entra_secret;
mod env;
mod error;
mod fields;
mod file;
mod jwt;
mod key_marks;
#[cfg(feature = "aws")]
mod manager;
mod no_text;
mod not_bare;
mod own_member;
mod piece;
mod placeholder;
mod secret_itself;
#[cfg(feature = "aws")]
mod shape;
mod source;
mod stored;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token;

use async_trait::async_trait;
use secrecy::SecretString;

pub use bare_secret::{check_bare, check_bare_secret};
pub use damaged_jwt::DamagedJwt;
pub use drawbridge_access::AccessError;
pub use env::EnvSecrets;
pub use error::SecretError;
pub use file::FileSecrets;
#[cfg(feature = "aws")]
pub use manager::{MAX_KEPT_BYTES, SecretsManager};
pub use not_bare::{MAX_BARE_SECRET_BYTES, NotBare};
pub use own_member::{MAX_SHARED_SECRET_BYTES, MemberKind, OwnMember};
pub use secret_itself::secret_itself;
pub use source::SecretSource;
pub use stored::StoredSecret;
pub use token::{check_client_secret, check_jwt, check_token};

/// A place that keeps secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret's current value, without blanks around it; never empty.
    async fn get(&self, name: &str) -> Result<SecretString, SecretError>;

    /// The secret's value as it is now, whatever was kept: for when the value at hand was refused.
    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        self.get(name).await
    }

    /// The whole text of a secret that many tenants share, for [`OwnMember`] alone: where asking has
    /// its price, it is kept for all of them.
    async fn shared(&self, name: &str) -> Result<SecretString, SecretError> {
        self.get(name).await
    }

    /// The same for when what was in it was refused: as it is now, or was a few minutes ago, so that
    /// one tenant whose member is wrong does not have it read again and again.
    async fn refresh_shared(&self, name: &str) -> Result<SecretString, SecretError> {
        self.shared(name).await
    }
}
