use async_trait::async_trait;
use drawbridge_secrets::{EnvSecrets, FileSecrets, SecretError, Secrets};
use secrecy::SecretString;

/// The secrets of a single machine whose names do not say where they are kept: what could be the
/// name of a variable is one, anything else, as with a slash or a dot, is a file.
pub(super) struct FolderSecrets;

#[async_trait]
impl Secrets for FolderSecrets {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        if is_variable(name) {
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
    use super::is_variable;

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
