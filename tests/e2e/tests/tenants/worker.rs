//! The poll function in a process of its own, with the environment that Lambda would give it: a
//! line with an event in, lines of logs and metrics and at last the answer out.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use drawbridge_poll::lambda::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Set for the processes that are the function.
const IS_WORKER: &str = "DRAWBRIDGE_TEST_WORKER";

/// What comes before the answer.
const ANSWER: &str = "answer ";

/// What the function may take of time.
const TIMEOUT: Duration = Duration::from_secs(25);

pub(crate) fn is_worker() -> bool {
    std::env::var_os(IS_WORKER).is_some()
}

/// Answers events until there are no more.
pub(crate) async fn serve() {
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
        writeln!(out, "{ANSWER}{answer}").unwrap();
        out.flush().unwrap();
    }
}

/// A process of the function.
pub(crate) struct Worker {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// What an invocation left behind.
pub(crate) struct Invoked {
    pub(crate) answer: Value,
    /// Lines of metrics.
    pub(crate) metrics: Vec<Value>,
    /// All other lines.
    pub(crate) log: Vec<String>,
}

impl Worker {
    pub(crate) fn spawn(environment: &[(&str, String)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env_clear()
            .env(IS_WORKER, "1")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            stdin: child.stdin.take().unwrap(),
            lines: stdout.lines(),
            _child: child,
        }
    }

    pub(crate) async fn invoke(&mut self, event: &Value) -> Invoked {
        let event = format!("{event}\n");
        self.stdin.write_all(event.as_bytes()).await.unwrap();
        let (mut metrics, mut log) = (Vec::new(), Vec::new());
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if let Some(answer) = line.strip_prefix(ANSWER) {
                let answer = serde_json::from_str(answer).unwrap();
                return Invoked {
                    answer,
                    metrics,
                    log,
                };
            }
            match serde_json::from_str::<Value>(&line) {
                Ok(value) if value.get("_aws").is_some() => metrics.push(value),
                _ => log.push(line),
            }
        }
        panic!("the function ended:\n{}", log.join("\n"));
    }
}
