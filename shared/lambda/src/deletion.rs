use async_trait::async_trait;

/// Deletes messages before the invocation ends that received them. A port, so that tests see what is
/// asked.
#[async_trait]
pub trait MessageDeletion: Send + Sync {
    /// Deletes each message, named by its receipt handle. Where that fails, the response of the
    /// invocation deletes it, or it is delivered once more, so there is no error.
    async fn delete(&self, receipt_handles: &[String]);
}
