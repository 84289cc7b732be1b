use std::sync::Arc;

use drawbridge_secrets::{NotBare, Secrets, check_bare_secret, check_token};
use secrecy::{ExposeSecret as _, SecretString};

use crate::Later;
use crate::http::Verdict;

/// A token or key of a target, by the name under which it is kept.
#[derive(Clone)]
pub(crate) struct Credential {
    secrets: Arc<dyn Secrets>,
    name: String,
    check: fn(&SecretString) -> Result<(), NotBare>,
}

impl Credential {
    /// A token, which is sent as it is.
    pub(crate) fn token(secrets: Arc<dyn Secrets>, name: impl Into<String>) -> Self {
        Self {
            secrets,
            name: name.into(),
            check: check_token,
        }
    }

    /// A key to sign with, which never leaves and may be a sentence.
    pub(crate) fn key(secrets: Arc<dyn Secrets>, name: impl Into<String>) -> Self {
        Self {
            check: check_bare_secret,
            ..Self::token(secrets, name)
        }
    }

    /// The value, as the secrets' own cache has it.
    pub(crate) async fn value(&self) -> Result<SecretString, Later> {
        let value = self.secrets.get(&self.name).await;
        value.map_err(|error| Later::because(error.to_string()))
    }

    /// Sends with the value. If that is refused, sends once more with the value that was stored since.
    pub(crate) async fn send_with<F: Future<Output = Verdict>>(
        &self,
        send: impl Fn(SecretString) -> F,
    ) -> Verdict {
        let value = match self.value().await {
            Ok(value) => value,
            Err(later) => return Verdict::Later(later),
        };
        let reason = match self.check(&value) {
            Ok(()) => match send(value.clone()).await {
                Verdict::Unauthorised(reason) => reason,
                other => return other,
            },
            Err(reason) => reason,
        };
        match self.secrets.refresh(&self.name).await {
            Ok(fresh) if fresh.expose_secret() != value.expose_secret() => {
                if let Err(reason) = self.check(&fresh) {
                    return Verdict::Later(Later::because(reason));
                }
                match send(fresh).await {
                    Verdict::Unauthorised(reason) => Verdict::Later(Later::because(reason)),
                    other => other,
                }
            }
            Ok(_) => Verdict::Later(Later::because(reason)),
            Err(error) => Verdict::Later(Later::because(format!("{reason}; {error}"))),
        }
    }

    /// Checks that the value can be what it is to be; anything else is never used.
    fn check(&self, value: &SecretString) -> Result<(), String> {
        (self.check)(value).map_err(|what| {
            format!(
                "what is stored as the secret of the target is {what}, and was not sent: the setting \
                 secret names a token or a key, stored alone as one line; a certificate belongs into \
                 certificate, which sentinel alone has"
            )
        })
    }
}
