use drawbridge_access::AccessError;

/// Does work that blocks on a thread that may block. `place` is what to call it where the runtime is
/// shutting down.
///
/// # Errors
/// Those of the work, and [`AccessError::Unavailable`].
pub async fn off_thread<T, E>(
    place: impl FnOnce() -> String,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<AccessError> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            // A panic goes on where it is seen.
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
            Err(AccessError::unavailable(place(), "the runtime is shutting down").into())
        })
}
