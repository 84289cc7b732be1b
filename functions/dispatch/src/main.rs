//! The dispatch function on Lambda's `provided.al2023` runtime.

use std::sync::Arc;

use drawbridge_dispatch::{Dispatcher, Settings, Tick};
use drawbridge_lambda::serve;
use drawbridge_queue::SqsQueue;
use drawbridge_store::S3Store;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    drawbridge_telemetry::log_to_cloudwatch();
    let settings = Settings::read(|name| std::env::var(name).ok())
        .inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = drawbridge_aws::sdk_config().await;
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let jobs = Arc::new(SqsQueue::new(sqs, settings.jobs_queue_url));
    let store = S3Store::new(drawbridge_store::s3_client(&aws), settings.bucket);
    let dispatcher = Dispatcher::new(settings.tenants, Arc::new(store), jobs);
    serve(async |event: LambdaEvent<Value>| tick(&dispatcher, &event.payload).await).await
}

async fn tick(dispatcher: &Dispatcher, event: &Value) -> Result<Value, Error> {
    let tick = Tick::of(event, jiff::Timestamp::now())?;
    let jobs = dispatcher
        .dispatch(tick)
        .await
        .inspect_err(|error| tracing::error!(%error, "not every tenant has its job"))?;
    tracing::info!(jobs, "dispatched");
    Ok(json!({ "jobs": jobs }))
}
