//! Secrets in AWS Secrets Manager.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use drawbridge_access::AccessError;
use drawbridge_aws::{Advice, Fault};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::cache::{Cache, Fetch, Limits};
use crate::secret_itself::shown_place;
use crate::shape::{how_to_put, how_to_put_or_create, value_of};
use crate::{SecretError, Secrets};

/// How long a value is kept before Secrets Manager is asked again.
const DEFAULT_TTL: Duration = Duration::from_secs(5 * 60);

/// How what many tenants share is kept: for as long as a token lasts, and read anew for one whose
/// member was refused, or is missing, every five minutes at most.
pub(crate) const SHARED: Limits = Limits {
    ttl: Duration::from_secs(60 * 60),
    refreshed: DEFAULT_TTL,
    failed: Duration::from_secs(60),
    most_bytes: SHARED_BYTES,
};

/// What a process keeps of secrets that are one tenant's each, in bytes: the client secrets of 1,500
/// tenants. What does not fit is asked for anew at the next sign-in, which is rarer than it is kept.
const OWN_BYTES: usize = 1 << 20;

/// The same for secrets that many tenants share. It is enough for 15 of the largest possible, which hold
/// the client secrets of 14,000 tenants or 200 certificates.
const SHARED_BYTES: usize = 1 << 20;

/// What a process keeps of all secrets, in bytes.
pub const MAX_KEPT_BYTES: usize = OWN_BYTES + SHARED_BYTES;

/// How an ARN begins, and the name of a secret of a tenant's.
const OWN: [&str; 2] = ["arn:", "drawbridge/"];

/// Secrets in AWS Secrets Manager: the name of one is its name or its ARN.
///
/// A secret is the bare value, or a JSON object with the value in `client_secret`. Values are
/// kept for five minutes; after a rotation that made the old value useless, ask with
/// [`Secrets::refresh`]. What many tenants share is kept for an hour. The role needs `secretsmanager:GetSecretValue`.
#[derive(Clone, Debug)]
pub struct SecretsManager {
    source: Source,
    cache: Arc<Cache>,
    whole: Whole,
    shared: Arc<Cache>,
}

impl SecretsManager {
    /// Asks through `client`.
    pub fn new(client: Client) -> Self {
        Self {
            whole: Whole(client.clone()),
            source: Source(client),
            cache: Arc::new(Cache::new(Limits {
                ttl: DEFAULT_TTL,
                refreshed: Duration::ZERO,
                failed: Duration::ZERO,
                most_bytes: OWN_BYTES,
            })),
            shared: Arc::new(Cache::new(SHARED)),
        }
    }
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        self.cache.get(name, &self.source).await
    }

    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        self.cache.refresh(name, &self.source).await
    }

    async fn shared(&self, name: &str) -> Result<SecretString, SecretError> {
        self.shared.get(name, &self.whole).await
    }

    async fn refresh_shared(&self, name: &str) -> Result<SecretString, SecretError> {
        self.shared.refresh(name, &self.whole).await
    }
}

/// Gives the value of a secret that is one tenant's.
#[derive(Clone, Debug)]
struct Source(Client);

#[async_trait]
impl Fetch for Source {
    async fn fetch(&self, name: &str) -> Result<SecretString, SecretError> {
        let place = place(name);
        value_of(&text(&self.0, name).await?, &place)
    }
}

/// Gives the text of one that many share.
#[derive(Clone, Debug)]
struct Whole(Client);

#[async_trait]
impl Fetch for Whole {
    async fn fetch(&self, name: &str) -> Result<SecretString, SecretError> {
        Ok(SecretString::from(text(&self.0, name).await?.as_str()))
    }
}

/// What an error calls it. What is called otherwise than Drawbridge's own may be the secret itself.
fn place(name: &str) -> String {
    let is_name = OWN.iter().any(|start| name.starts_with(start));
    format!(
        "the secret {}",
        if is_name { name } else { shown_place(name) }
    )
}

async fn text(client: &Client, name: &str) -> Result<Zeroizing<String>, SecretError> {
    let place = place(name);
    let answer = client.get_secret_value().secret_id(name).send().await;
    let answer = answer.map_err(|error| secret_error(place.clone(), Fault::of(&error)))?;
    match answer.secret_string {
        Some(text) => Ok(Zeroizing::new(text)),
        None => {
            let reason = format!("it is binary; it must be text: {}", how_to_put(&place));
            Err(SecretError::BadShape { place, reason })
        }
    }
}

fn secret_error(place: String, fault: Fault) -> SecretError {
    let missing = format!(
        "check its name, the account and the region; {}",
        how_to_put_or_create(&place)
    );
    let advice = Advice {
        allow: "allow secretsmanager:GetSecretValue on it to the role (and kms:Decrypt on its key if it has one)",
        missing: &missing,
        codes: &[(
            "InvalidRequestException",
            "it may be marked for deletion: restore it with aws secretsmanager restore-secret",
        )],
    };
    match fault.at(place, &advice) {
        // Also the answer for a secret that was created without a value.
        AccessError::Missing { place, fix, .. } => SecretError::Missing {
            place,
            fix: fix.into_owned(),
        },
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_aws::Kind;

    use super::*;

    #[test]
    fn what_may_be_the_secret_itself_is_not_repeated() {
        for name in [
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:drawbridge/x-AbCdEf",
            "drawbridge/prod/0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "contoso",
        ] {
            assert_eq!(place(name), format!("the secret {name}"));
        }
        for name in [
            "abC8Q~hunter289012345678901234567890",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
        ] {
            for (code, kind) in [("ValidationException", Kind::Other), ("x", Kind::Missing)] {
                let text = secret_error(place(name), Fault::new(code, kind)).to_string();
                assert!(!text.contains(name), "{text}");
                assert!(!text.contains("--secret-id ("), "{text}");
            }
        }
    }

    #[test]
    fn errors_name_the_secret_and_what_to_do() {
        for (code, kind, hint, retryable) in [
            (
                "AccessDeniedException",
                Kind::Denied,
                "secretsmanager:GetSecretValue",
                false,
            ),
            (
                "ResourceNotFoundException",
                Kind::Missing,
                "put-secret-value",
                false,
            ),
            (
                "InvalidRequestException",
                Kind::Other,
                "restore-secret",
                false,
            ),
            ("ExpiredTokenException", Kind::Credentials, "sign in", false),
            ("InternalServiceError", Kind::Unavailable, "again", true),
        ] {
            let error = secret_error("the secret contoso".to_owned(), Fault::new(code, kind));
            assert_eq!(error.is_retryable(), retryable, "{code}");
            let text = error.to_string();
            assert!(text.contains("contoso") && text.contains(hint), "{text}");
        }
    }
}
