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
    /// The same of a page that is asked for beside those of other tenants.
    pub max_small_bytes: usize,
    /// The same of a page that may be large: an alert may have so much, where the process has the
    /// memory for it.
    ///
    /// Microsoft documents no limit for an alert. The largest result that it documents for any
    /// request of the Graph security API has 50 MB ("Use the Microsoft Graph security API", quotas of
    /// advanced hunting), so the default is above that.
    pub max_alert_bytes: usize,
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
            max_small_bytes: 256 * 1024,
            max_alert_bytes: 64 * 1024 * 1024,
            request_timeout: Duration::from_secs(100),
            retry: RetryPolicy::default(),
        }
    }
}
