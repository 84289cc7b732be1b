use async_trait::async_trait;
use secrecy::SecretString;

/// Where a client secret, or a certificate with its key, lies. Asked at each fetch, so that a new
/// one is used without a restart.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// The secret as it is now.
    ///
    /// # Errors
    /// A sentence for the operator: what could not be read, and what to do. Never the secret.
    async fn secret(&self) -> Result<SecretString, String>;

    /// Called when the secret was refused: a source that keeps a copy should read it anew.
    fn forget(&self) {}
}
