use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the function may take of time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Lambda's Runtime API, as far as a bootstrap uses it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
pub(crate) struct Runtime {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// The invocation that is offered, by its number, until a process answers it.
    offered: watch::Sender<Option<(u64, Value)>>,
    answered: watch::Sender<(u64, Answer)>,
    invocations: AtomicU64,
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// The message is to be delivered again.
    Failed,
}

impl Runtime {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            offered: watch::Sender::new(None),
            answered: watch::Sender::new((0, Answer::Done)),
            invocations: AtomicU64::new(0),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    /// Offers an event to the process, whichever asks, and waits for its answer.
    pub(crate) async fn offer(&self, event: &Value) -> Answer {
        let number = self.shared.invocations.fetch_add(1, Ordering::Relaxed) + 1;
        let mut answered = self.shared.answered.subscribe();
        self.shared
            .offered
            .send_replace(Some((number, event.clone())));
        let answer = answered.wait_for(|(answered, _)| *answered == number);
        answer.await.unwrap().1
    }
}

impl Shared {
    fn answer(&self, id: &str, answer: Answer) -> StatusCode {
        if let Ok(number) = id.parse() {
            self.answered.send_replace((number, answer));
        }
        StatusCode::ACCEPTED
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let mut offered = shared.offered.subscribe();
    // Whoever asks next gets it; a process that was killed while it waited asked in vain.
    let answered = || shared.answered.borrow().0;
    let offer = offered.wait_for(|offer| offer.as_ref().is_some_and(|(n, _)| *n > answered()));
    let Some((number, event)) = offer.await.ok().and_then(|offer| offer.clone()) else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:poll";
    let headers = [
        ("lambda-runtime-aws-request-id", number.to_string()),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let failures = answer["batchItemFailures"].as_array();
    let is_done = failures.is_some_and(Vec::is_empty);
    let answer = if is_done {
        Answer::Done
    } else {
        Answer::Failed
    };
    shared.answer(&id, answer)
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    shared.answer(&id, Answer::Failed)
}
