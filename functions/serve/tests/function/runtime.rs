use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Lambda's Runtime API, as far as a bootstrap uses it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
pub(crate) struct Runtime {
    pub(crate) address: String,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Result<Bytes, Bytes>>,
}

#[derive(Clone)]
struct Shared {
    events: Arc<Mutex<mpsc::UnboundedReceiver<Value>>>,
    answers: mpsc::UnboundedSender<Result<Bytes, Bytes>>,
}

impl Runtime {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, offered) = mpsc::unbounded_channel();
        let (told, answers) = mpsc::unbounded_channel();
        let shared = Shared {
            events: Arc::new(Mutex::new(offered)),
            answers: told,
        };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/1/response", post(response))
            .route("/2018-06-01/runtime/invocation/1/error", post(error))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            events,
            answers,
        }
    }

    /// Offers an event to the process and waits for its answer: the prelude and the body.
    pub(crate) async fn offer(&mut self, event: Value) -> (Value, Vec<u8>) {
        self.events.send(event).unwrap();
        let answer = self.answers.recv().await.unwrap();
        let answer = answer.expect_ok();
        let at = answer.windows(8).position(|bytes| bytes == [0; 8]).unwrap();
        let prelude = serde_json::from_slice(&answer[..at]).unwrap();
        (prelude, answer[at + 8..].to_vec())
    }
}

trait ExpectOk {
    fn expect_ok(self) -> Bytes;
}

impl ExpectOk for Result<Bytes, Bytes> {
    fn expect_ok(self) -> Bytes {
        let text = self
            .as_ref()
            .err()
            .map(|error| String::from_utf8_lossy(error).into_owned());
        assert_eq!(text, None, "the function failed");
        self.unwrap()
    }
}

async fn next(State(shared): State<Shared>) -> Response {
    let Some(event) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + Duration::from_secs(60);
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:serve";
    let headers = [
        ("lambda-runtime-aws-request-id", "1".to_owned()),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(shared): State<Shared>, body: Bytes) -> StatusCode {
    let _ = shared.answers.send(Ok(body));
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Shared>, body: Bytes) -> StatusCode {
    let _ = shared.answers.send(Err(body));
    StatusCode::ACCEPTED
}
