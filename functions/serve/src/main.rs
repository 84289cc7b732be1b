//! The serve function on Lambda's `provided.al2023` runtime.

use drawbridge_lambda::serve;
use drawbridge_serve::Function;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;

// Two: one unpacks a segment while the other sends the one before it.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start()
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    serve(async |event: LambdaEvent<Value>| Ok(function.answer(&event.payload).await)).await
}
