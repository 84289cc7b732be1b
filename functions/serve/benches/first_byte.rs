//! How soon an answer begins: `cargo bench -p drawbridge-serve`. The function's binary, by Lambda's Runtime API,
//! over the emulated S3.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops when it cannot go on"
)]

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use drawbridge_emulator::Emulator;
use drawbridge_issuer::Issuer;
use drawbridge_queue::{Message, Queue as _, ServedQueue};
use drawbridge_store::{S3Store, Store as _};
use drawbridge_time::Clock;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

const BUCKET: &str = "state";
const DIRECTORY: &str = "00000000-0000-0000-0000-00000000000d";
const API: &str = "00000000-0000-0000-0000-00000000000a";
const CLIENT: &str = "00000000-0000-0000-0000-00000000000c";

/// As long as the poll function makes segments, and as many as an answer has at most.
const SEGMENT_BYTES: usize = 2 << 20;
const SEGMENTS: usize = 72;

/// When an answer's first byte came, and its last one, and how many there were.
#[derive(Clone, Copy)]
struct Times {
    first: Instant,
    last: Instant,
    bytes: usize,
}

#[derive(Clone)]
struct Runtime {
    events: Arc<Mutex<mpsc::UnboundedReceiver<Value>>>,
    answers: mpsc::UnboundedSender<Times>,
}

async fn next(State(runtime): State<Runtime>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + Duration::from_secs(120);
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let headers = [
        ("lambda-runtime-aws-request-id", "1".to_owned()),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:serve".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

/// The prelude ends with eight NULs; what comes behind them is the answer.
async fn response(State(runtime): State<Runtime>, body: Body) -> StatusCode {
    let (mut stream, mut head, mut first, mut bytes) =
        (body.into_data_stream(), Vec::new(), None, 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        if first.is_some() {
            bytes += chunk.len();
            continue;
        }
        head.extend_from_slice(&chunk);
        if let Some(at) = head.windows(8).position(|bytes| bytes == [0; 8])
            && head.len() > at + 8
        {
            assert!(head.starts_with(b"{\"statusCode\":200"));
            bytes = head.len() - at - 8;
            first = Some(Instant::now());
        }
    }
    let times = Times {
        first: first.unwrap(),
        last: Instant::now(),
        bytes,
    };
    let _ = runtime.answers.send(times);
    StatusCode::ACCEPTED
}

struct World {
    emulator: Emulator,
    issuer: Issuer,
    address: String,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Times>,
}

impl World {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, offered) = mpsc::unbounded_channel();
        let (told, answers) = mpsc::unbounded_channel();
        let runtime = Runtime {
            events: Arc::new(Mutex::new(offered)),
            answers: told,
        };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/1/response", post(response))
            .with_state(runtime);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            emulator: Emulator::start().await.unwrap(),
            issuer: Issuer::start().await.unwrap(),
            address,
            events,
            answers,
        }
    }

    fn function(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_serve"))
            .env_clear()
            .envs(self.emulator.env())
            .env("AWS_LAMBDA_RUNTIME_API", &self.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "serve")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("DRAWBRIDGE_BUCKET", BUCKET)
            .env("DRAWBRIDGE_LOGIN_URL", self.issuer.url())
            .env("DRAWBRIDGE_GRAPH_URL", self.issuer.url())
            .env("DRAWBRIDGE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Asks, and gives the times from `since` on to the first and the last byte, and how many there are.
    async fn ask(&mut self, query: &str, since: Instant) -> (Duration, Duration, usize) {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "ver": "2.0", "iss": format!("{}/{DIRECTORY}/v2.0", self.issuer.url()), "tid": DIRECTORY,
            "aud": API, "azp": CLIENT, "nbf": now - 60, "exp": now + 3600,
        });
        let token = self.issuer.sign(&claims).unwrap();
        let event = json!({
            "version": "2.0", "rawPath": "/api/alerts", "rawQueryString": query,
            "headers": {"authorization": format!("Bearer {token}")},
            "requestContext": {"http": {"method": "GET", "path": "/api/alerts"}},
        });
        self.events.send(event).unwrap();
        let times = self.answers.recv().await.unwrap();
        (times.first - since, times.last - since, times.bytes)
    }
}

/// A text that hardly gets shorter by being compressed.
fn noise(bytes: usize, seed: &mut u64) -> String {
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        let _ = write!(text, "{seed:016x}");
    }
    text
}

/// A hundred tenants, and the segments of one of them, of an hour ago and of a minute ago.
async fn fill(emulator: &Emulator) {
    let s3 = drawbridge_store::s3_client(&emulator.sdk_config().await);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let store = Arc::new(S3Store::new(s3, BUCKET));
    for n in 0..100 {
        let (name, directory) = match n {
            0 => ("contoso".to_owned(), DIRECTORY.to_owned()),
            n => (
                format!("tenant-{n}"),
                format!("00000000-0000-0000-0000-0000000001{n:02}"),
            ),
        };
        let text = format!(
            "tenant_id = \"{directory}\"\nclient_id = \"{CLIENT}\"\nsecret = \"drawbridge/s/{name}\"\n\
             outputs = [\"siem-served\"]\n[serve]\naudiences = [\"{API}\"]\nclients = [\"{CLIENT}\"]\n"
        );
        let key = format!("tenants/{name}.toml");
        store
            .put(&key, Bytes::from(text), "application/toml")
            .await
            .unwrap();
    }
    let mut seed = 0x9E37_79B9_7F4A_7C15;
    for (minutes, segments, bytes) in [(60, SEGMENTS, SEGMENT_BYTES), (1, 1, 40_000)] {
        let then = Timestamp::now() - SignedDuration::from_mins(minutes);
        let clock: Arc<dyn Clock> = Arc::new(move || then);
        let queue = ServedQueue::new(store.clone(), clock, "contoso", DIRECTORY, "siem");
        for id in 0..segments {
            let text = noise(bytes, &mut seed);
            let body = json!({"FullId": id, "LastProcessedTimeUtc": "", "Description": text});
            let message = Message {
                key: id.to_string(),
                group: String::new(),
                time: None,
                body: body.to_string(),
                attributes: Vec::new(),
            };
            assert_eq!(queue.send(&[message]).await.unwrap(), []);
            queue.flush().await.unwrap();
        }
    }
}

/// The fastest, the median and the slowest.
fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "| {what}, of {}: fastest, median, slowest | {:.0} ms, {:.0} ms, {:.0} ms |",
        times.len(),
        ms(times[0]),
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1])
    );
}

#[tokio::main]
async fn main() {
    let mut world = World::start().await;
    fill(&world.emulator).await;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let start = Instant::now();
        let mut child = world.function();
        cold.push(world.ask("ago=PT10M", start).await.0);
        for _ in 0..5 {
            warm.push(world.ask("ago=PT10M", Instant::now()).await.0);
        }
        child.kill().await.unwrap();
    }
    let mut child = world.function();
    let (mut first, mut last, mut length) = (Vec::new(), Vec::new(), 0);
    for _ in 0..5 {
        let (to_first, to_last, bytes) = world.ask("ago=PT2H", Instant::now()).await;
        first.push(to_first);
        last.push(to_last);
        length = bytes;
    }
    child.kill().await.unwrap();
    println!("| what | number |\n|---|---|");
    print("start of the process to the first byte of an answer", cold);
    print("a later request to the first byte", warm);
    let megabytes = length / 1_000_000;
    print(
        &format!("an answer of {megabytes} MB to its first byte"),
        first,
    );
    print(
        &format!("an answer of {megabytes} MB to its last byte"),
        last,
    );
}
