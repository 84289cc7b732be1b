use async_trait::async_trait;
use drawbridge_secrets::{EnvSecrets, FileSecrets, SecretError, Secrets};
use secrecy::SecretString;

/// The secrets of a single machine: `env:NAME` is a variable and `file:PATH` a file, as for
/// `deliver`. Without one of these, what could be the name of a variable is one, and anything else,
/// as with a slash or a dot, is a file.
pub(super) struct FolderSecrets;

#[async_trait]
impl Secrets for FolderSecrets {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        if let Some(variable) = name.strip_prefix("env:") {
            EnvSecrets.get(variable).await
        } else if let Some(path) = name.strip_prefix("file:") {
            FileSecrets.get(path).await
        } else if is_variable(name) {
            EnvSecrets.get(name).await
        } else {
            FileSecrets.get(name).await
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[tokio::test]
    async fn a_prefix_says_which_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("SECRET");
        std::fs::write(&path, "from a file").unwrap();
        let file = format!("file:{}", path.display());
        let secret = FolderSecrets.get(&file).await.unwrap();
        assert_eq!(secret.expose_secret(), "from a file");
        let error = FolderSecrets.get("env:DRAWBRIDGE_NOT_SET").await;
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("DRAWBRIDGE_NOT_SET")
        );
    }

    #[test]
    fn variables_and_files_are_told_apart_by_their_names() {
        assert!(is_variable("CONTOSO_SECRET"));
        for file in [
            "/run/contoso",
            "contoso.pem",
            "./contoso",
            "drawbridge/contoso",
        ] {
            assert!(!is_variable(file), "{file}");
        }
    }
}
