//! The poll function on Lambda's `provided.al2023` runtime.

use drawbridge_lambda::serve;
use drawbridge_poll::lambda::Function;
use lambda_runtime::Error;

// Two: one fetches and unpacks the next page while the other maps this one. Ten tenants have enough of
// that: nearly all that a poll does is wait, a page is mapped in tens of milliseconds, and with each
// megabyte of records that is sent the others have their turn. What watches over the polls is on the
// main thread, so that none of them can keep it from ending the invocation in time.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start()
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    serve(async |event| function.handle(event).await).await
}
