//! The poll function in a process of its own, with the environment that Lambda would give it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What comes before the answer.
const ANSWER: &str = "answer ";

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
        let mut child = Command::new(env!("CARGO_BIN_EXE_poll_worker"))
            .env_clear()
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
