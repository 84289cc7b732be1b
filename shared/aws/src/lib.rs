//! What every AWS client shares: its settings, and what an AWS error means.
//!
//! Which error code means what is decided here once: a [`Fault`] at a place is an [`AccessError`], which
//! the errors of the store, the queue and the secrets hold.
//!
//! [`AccessError`]: drawbridge_access::AccessError

mod advice;
mod denied;
mod fault;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

pub use advice::Advice;
pub use fault::{Fault, Kind};

/// How long a connection may take.
const CONNECT_SECS: u64 = 5;
/// How long one try of a call may take; the answers are small and the clouds' own limits higher.
const ATTEMPT_SECS: u64 = 20;
/// How often a call is tried, the first time included (the SDK's "standard" mode).
const ATTEMPTS: u32 = 4;

/// The settings of every client: region, credentials and endpoint as the environment says, and
/// a time limit on each try, which the SDK does not set by itself.
pub async fn sdk_config() -> SdkConfig {
    aws_config::from_env()
        .timeout_config(timeouts())
        .retry_config(retries())
        .load()
        .await
}

/// Time limits for a client that is configured in another way.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(CONNECT_SECS))
        .operation_attempt_timeout(Duration::from_secs(ATTEMPT_SECS))
        .build()
}

/// Retries for a client that is configured in another way.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}
