use std::time::{Duration, SystemTime};

use drawbridge_telemetry::survive;
use drawbridge_time::Deadline;
use lambda_runtime::{Context, Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The commit that the function was built from, if whoever built it said so.
const COMMIT: Option<&str> = option_env!("DRAWBRIDGE_COMMIT");

/// Answers invocations with `handle` until the process ends. A panic is an error without its message,
/// which could quote an alert.
///
/// # Errors
/// What the Lambda runtime fails with.
pub async fn serve<E, R>(
    handle: impl AsyncFn(LambdaEvent<E>) -> Result<R, Error>,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    R: Serialize,
{
    // Once for each process: the answer to what is running in the cloud.
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        commit = COMMIT,
        "started"
    );
    let handle = &handle;
    run(service_fn(async move |event| survive(handle(event)).await)).await
}

/// When the work of an invocation has to end, so that there is `closing_time` left for what ends it.
#[must_use]
pub fn deadline(context: &Context, closing_time: Duration) -> Deadline {
    let left = context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    Deadline::after(left.saturating_sub(closing_time))
}
