use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use drawbridge_config::check_variables;
use drawbridge_telemetry::survive;
use drawbridge_time::Deadline;
use futures::Stream;
use lambda_runtime::{Context, Error, IntoFunctionResponse, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The commit that the function was built from, if whoever built it said so.
const COMMIT: Option<&str> = option_env!("DRAWBRIDGE_COMMIT");

/// Answers invocations with `handle` until the process ends. A panic is an error without its message,
/// which could quote an alert. An answer is what serde makes of it, or a
/// [`StreamResponse`](lambda_runtime::StreamResponse).
///
/// # Errors
/// What the Lambda runtime fails with.
pub async fn serve<E, R, B, S, D, X>(
    handle: impl AsyncFn(LambdaEvent<E>) -> Result<R, Error>,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    R: IntoFunctionResponse<B, S>,
    B: Serialize,
    S: Stream<Item = Result<D, X>> + Unpin + Send + 'static,
    D: Into<Bytes> + Send,
    X: Into<Error> + Send + Debug,
{
    // Once for each process: the answer to what is running in the cloud.
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        commit = COMMIT,
        "started"
    );
    // Not refused: while a stack is updated, code and variables are of two releases for a moment.
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    if let Err(error) = check_variables(names, |name| std::env::var(name).ok()) {
        tracing::warn!("{error}");
    }
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
