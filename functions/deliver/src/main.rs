//! The deliver function on Lambda's `provided.al2023` runtime.

use aws_lambda_events::sqs::SqsEvent;
use drawbridge_deliver::lambda::Function;
use drawbridge_telemetry::survive;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start()
        .await
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let function = &function;
    run(service_fn(async move |event: LambdaEvent<SqsEvent>| {
        survive(async { Ok::<_, Error>(function.handle(event).await) }).await
    }))
    .await
}
