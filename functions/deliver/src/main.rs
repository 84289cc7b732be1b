//! The deliver function on Lambda's `provided.al2023` runtime.

use drawbridge_deliver::lambda::Function;
use drawbridge_lambda::serve;
use lambda_runtime::Error;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start()
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    serve(async |event| Ok(function.handle(event).await)).await
}
