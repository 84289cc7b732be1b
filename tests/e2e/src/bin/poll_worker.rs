//! The poll function as a process that tests speak with: a line with an event in, lines of logs and
//! metrics and at last the answer out.
#![allow(
    clippy::unwrap_used,
    reason = "only tests run it; it says what is wrong by failing"
)]

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use drawbridge_poll::lambda::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::json;

/// What the function may take of time.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Answers events until there are no more.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    drawbridge_telemetry::log_to_cloudwatch();
    let function = Function::start().await.unwrap();
    // Nothing else is to be done while it waits for an event.
    for event in std::io::stdin().lines() {
        let event = event.unwrap();
        let deadline = SystemTime::now() + TIMEOUT;
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut context = Context::default();
        context.deadline = u64::try_from(deadline.as_millis()).unwrap();
        let event = LambdaEvent::new(serde_json::from_str(&event).unwrap(), context);
        let answer = match function.handle(event).await {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error.to_string() }),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "answer {answer}").unwrap();
        out.flush().unwrap();
    }
}
