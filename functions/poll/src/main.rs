//! The poll function on Lambda's `provided.al2023` runtime.

use drawbridge_lambda::serve;
use drawbridge_poll::lambda::Function;
use lambda_runtime::Error;

// Two: one fetches and unpacks the next page while the other maps this one.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start()
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    serve(async |event| function.handle(event).await).await
}
