use std::sync::Mutex;

use async_trait::async_trait;
use drawbridge_access::AccessError;
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_served::TokenKey;
use secrecy::SecretString;

/// The secret with the key of the token endpoint, as it is kept for a while, and as it is.
#[derive(Default)]
pub(crate) struct Key {
    kept: Mutex<Option<String>>,
    now: Mutex<Option<String>>,
    is_down: Mutex<bool>,
}

impl Key {
    /// From now on it is this one; a copy that is kept stays until it is read anew.
    pub(crate) fn change(&self, key: &TokenKey) {
        self.write(&key.document().unwrap());
    }

    pub(crate) fn write(&self, text: &str) {
        *self.now.lock().unwrap() = Some(text.to_owned());
    }

    /// The copy is too old to be kept.
    pub(crate) fn forget(&self) {
        *self.kept.lock().unwrap() = None;
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
    }

    /// What is there now.
    pub(crate) fn current(&self) -> TokenKey {
        TokenKey::read(self.now.lock().unwrap().as_ref().unwrap()).unwrap()
    }
}

#[async_trait]
impl Secrets for Key {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        assert_eq!(name, "the key");
        if *self.is_down.lock().unwrap() {
            let error = AccessError::Failed {
                place: "the secret".into(),
                code: "down".into(),
                fix: "wait".into(),
            };
            return Err(error.into());
        }
        let now = self.now.lock().unwrap().clone();
        let now = now.ok_or_else(|| SecretError::Missing {
            place: "the secret".into(),
            fix: "make it".into(),
        })?;
        *self.kept.lock().unwrap() = Some(now.clone());
        Ok(now.into())
    }

    async fn shared(&self, name: &str) -> Result<SecretString, SecretError> {
        let kept = self.kept.lock().unwrap().clone();
        match kept {
            Some(kept) => Ok(kept.into()),
            None => self.get(name).await,
        }
    }

    async fn refresh_shared(&self, name: &str) -> Result<SecretString, SecretError> {
        self.get(name).await
    }
}
