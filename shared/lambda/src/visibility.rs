use std::time::Duration;

use async_trait::async_trait;

/// Changes the visibility timeout of messages that are to be delivered again. A port, so that tests
/// see what is asked.
#[async_trait]
pub trait VisibilityControl: Send + Sync {
    /// Hides each message, named by its receipt handle, for that long. Where that fails, it comes
    /// back after the queue's own visibility timeout, so there is no error.
    async fn hide(&self, messages: &[(String, Duration)]);
}
