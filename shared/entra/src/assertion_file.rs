//! Assertions in a file that somebody else renews.

use async_trait::async_trait;
use drawbridge_secrets::{FileSecrets, Secrets as _};
use secrecy::SecretString;

use crate::federated::{AssertionError, AssertionSource};

/// A projected token file: Kubernetes writes one into a pod for a service account (and names it in
/// `AZURE_FEDERATED_TOKEN_FILE` under workload identity), a CI job saves its OIDC token to one.
///
/// Read at each sign-in, since the platform renews it.
#[derive(Debug, Clone)]
pub struct AssertionFile {
    path: String,
}

impl AssertionFile {
    /// The file at `path`; it need not be there yet.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl AssertionSource for AssertionFile {
    async fn assertion(&self) -> Result<SecretString, AssertionError> {
        let text = FileSecrets.get(&self.path).await;
        text.map_err(|error| AssertionError {
            reason: error.to_string(),
            is_retryable: error.is_retryable(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[tokio::test]
    async fn the_file_is_read_anew_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let source = AssertionFile::new(path.to_str().unwrap());
        let missing = source.assertion().await.unwrap_err();
        assert!(missing.reason.contains("does not exist"), "{missing}");
        assert!(!missing.is_retryable);
        for token in ["a.b.c", "d.e.f"] {
            std::fs::write(&path, format!("{token}\n")).unwrap();
            let read = source.assertion().await.unwrap();
            assert_eq!(read.expose_secret(), token);
        }
    }
}
