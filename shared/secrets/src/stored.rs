use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;

use crate::{SecretSource, Secrets};

/// A secret that is asked for at each sign-in, so that a new one is used at once.
pub struct StoredSecret {
    secrets: Arc<dyn Secrets>,
    name: String,
    /// Set when the value was refused: the next one is not to come out of a cache.
    is_stale: AtomicBool,
}

impl StoredSecret {
    /// The secret of that name.
    #[must_use]
    pub fn new(secrets: Arc<dyn Secrets>, name: &str) -> Self {
        Self {
            secrets,
            name: name.to_owned(),
            is_stale: AtomicBool::new(false),
        }
    }
}

#[async_trait::async_trait]
impl SecretSource for StoredSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        let secret = if self.is_stale.swap(false, Ordering::Relaxed) {
            self.secrets.refresh(&self.name).await
        } else {
            self.secrets.get(&self.name).await
        };
        secret.map_err(|error| error.to_string())
    }

    fn forget(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::RotatedSecret;
    use secrecy::ExposeSecret as _;

    #[tokio::test]
    async fn a_refused_secret_is_looked_up_anew() {
        let source = StoredSecret::new(Arc::new(RotatedSecret::of(["old", "new", "newest"])), "n");
        let mut seen = Vec::new();
        for refused in [false, true, false] {
            if refused {
                source.forget();
            }
            seen.push(source.secret().await.unwrap().expose_secret().to_owned());
        }
        assert_eq!(seen, ["old", "new", "new"]);
    }
}
