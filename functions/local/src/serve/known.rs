//! Whether it is still known who is served.

use std::sync::{Mutex, PoisonError};

use drawbridge_served::TENANTS_KNOWN_FOR;
use tokio::time::Instant;

/// When the documents were read last.
pub(super) struct Known(Mutex<Instant>);

impl Known {
    /// They were read now.
    pub(super) fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// They were read once more.
    pub(super) fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether that is so long ago that what they said may not hold any more.
    pub(super) fn is_over(&self) -> bool {
        let read_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        read_at.elapsed() >= TENANTS_KNOWN_FOR
    }
}
