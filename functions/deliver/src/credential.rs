use std::sync::Arc;

use drawbridge_secrets::Secrets;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Later;
use crate::http::Verdict;

/// A token or key of a target, by the name under which it is kept.
#[derive(Clone)]
pub(crate) struct Credential {
    secrets: Arc<dyn Secrets>,
    name: String,
}

impl Credential {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, name: impl Into<String>) -> Self {
        Self {
            secrets,
            name: name.into(),
        }
    }

    /// The value, as the secrets' own cache has it.
    pub(crate) async fn value(&self) -> Result<SecretString, Later> {
        let value = self.secrets.get(&self.name).await;
        value.map_err(|error| Later::because(error.to_string()))
    }

    /// Sends with the value; where that is refused, once more with the one stored since.
    pub(crate) async fn used<F: Future<Output = Verdict>>(
        &self,
        send: impl Fn(SecretString) -> F,
    ) -> Verdict {
        let value = match self.value().await {
            Ok(value) => value,
            Err(later) => return Verdict::Later(later),
        };
        let reason = match send(value.clone()).await {
            Verdict::Unauthorised(reason) => reason,
            other => return other,
        };
        match self.secrets.refresh(&self.name).await {
            Ok(fresh) if fresh.expose_secret() != value.expose_secret() => {
                match send(fresh).await {
                    Verdict::Unauthorised(reason) => Verdict::Later(Later::because(reason)),
                    other => other,
                }
            }
            Ok(_) => Verdict::Later(Later::because(reason)),
            Err(error) => Verdict::Later(Later::because(format!("{reason}; {error}"))),
        }
    }
}
