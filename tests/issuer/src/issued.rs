//! What an issuer and its STS know and note.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::key::{Error, SigningKey};

pub(crate) struct Issued {
    pub(crate) url: String,
    pub(crate) key: SigningKey,
    pub(crate) inner: Mutex<Inner>,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) answer: StsAnswer,
    pub(crate) requests: Vec<StsRequest>,
    pub(crate) count: u64,
}

impl Issued {
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn sign(&self, claims: &Value) -> Result<String, Error> {
        self.key.sign(claims)
    }
}

/// How the STS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StsAnswer {
    /// With a token for this subject, an IAM role's ARN.
    Token {
        /// The `sub` claim.
        subject: String,
    },
    /// With this very text in the place of a token.
    Text(String),
    /// With an error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `AccessDenied`.
        code: String,
    },
}

impl Default for StsAnswer {
    fn default() -> Self {
        Self::Token {
            subject: "arn:aws:iam::000000000000:role/drawbridge-poll".to_owned(),
        }
    }
}

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsRequest {
    /// The members of the form.
    pub form: HashMap<String, String>,
    /// Whether it was signed with Signature Version 4 for STS.
    pub is_signed: bool,
}
