//! The knobs of the Graph client.

use std::time::Duration;

use drawbridge_http::RetryPolicy;

use crate::resource::{ALERTS, Resource};

/// Limits of one Graph client. The defaults suit a function with a few hundred megabytes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is read.
    pub resource: Resource,
    /// Largest page in bytes, after decompression.
    pub max_body_bytes: usize,
    /// Time for one try of one request, from connecting to the last byte.
    pub request_timeout: Duration,
    /// When and how often to try again.
    pub retry: RetryPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resource: ALERTS,
            max_body_bytes: 32 * 1024 * 1024,
            request_timeout: Duration::from_secs(100),
            retry: RetryPolicy::default(),
        }
    }
}
