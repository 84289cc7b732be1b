//! Secrets for tests.
#![allow(
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{SecretError, SecretSource, Secrets};

/// A secret that is always the same, whatever its name.
pub struct FixedSecret(pub String);

#[async_trait]
impl Secrets for FixedSecret {
    async fn get(&self, _name: &str) -> Result<SecretString, SecretError> {
        Ok(self.0.as_str().into())
    }
}

#[async_trait]
impl SecretSource for FixedSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        Ok(self.0.as_str().into())
    }
}

/// A secret that is rotated, whatever its name: the copy that is kept stays the same until it is read
/// anew, which gives the next value. The last value stays.
pub struct RotatedSecret {
    values: Mutex<VecDeque<String>>,
    refreshes: Mutex<usize>,
}

impl RotatedSecret {
    /// A secret with these values, the oldest first. Without any, there is no such secret.
    pub fn of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            values: Mutex::new(values.into_iter().map(Into::into).collect()),
            refreshes: Mutex::default(),
        }
    }

    /// How often it was read anew.
    pub fn refreshes(&self) -> usize {
        *self.refreshes.lock().unwrap()
    }

    fn kept(&self) -> Option<SecretString> {
        let values = self.values.lock().unwrap();
        values.front().map(|value| value.as_str().into())
    }
}

#[async_trait]
impl Secrets for RotatedSecret {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        self.kept().ok_or_else(|| SecretError::Missing {
            place: format!("the secret {name}"),
            fix: "store it".to_owned(),
        })
    }

    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        self.forget();
        self.get(name).await
    }
}

#[async_trait]
impl SecretSource for RotatedSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        self.kept()
            .ok_or_else(|| "no secret named x: store one".to_owned())
    }

    fn forget(&self) {
        *self.refreshes.lock().unwrap() += 1;
        let mut values = self.values.lock().unwrap();
        if values.len() > 1 {
            values.pop_front();
        }
    }
}
