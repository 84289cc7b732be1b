//! The command as a process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// It went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// It failed, and standard error says each of `words`.
    #[track_caller]
    pub(crate) fn failed(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no {word:?} in: {}",
                self.stderr
            );
        }
        self
    }
}

/// The command, as `cargo test --workspace` has built it.
fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| drawbridge_e2e::command().unwrap());
    &BINARY
}

/// `drawbridge` with these arguments in the emulated cloud.
pub(crate) async fn command(args: &[&str]) -> Command {
    let emulator = crate::cloud::emulator().await;
    let mut command = Command::new(binary());
    command
        .args(args)
        .envs(emulator.env())
        .env_remove("DRAWBRIDGE_LOG")
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK")
        .env("DRAWBRIDGE_SECRET_PREFIX", "drawbridge/prod/")
        .env("DRAWBRIDGE_ALLOWED_SECRETS", "s")
        .env("DRAWBRIDGE_TENANTS", "[]")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The same, where the command is told of that tenant of the stack's parameters, or of nothing.
pub(crate) async fn run_told(first: Option<&str>, args: &[&str]) -> Outcome {
    let mut command = command(args).await;
    match first {
        Some(first) => command.env("DRAWBRIDGE_TENANTS", first),
        None => command.env_remove("DRAWBRIDGE_TENANTS"),
    };
    finish(command).await
}

/// Runs it to its end.
pub(crate) async fn run(args: &[&str]) -> Outcome {
    finish(command(args).await).await
}

/// Starts a command and waits until standard error says `word`.
pub(crate) async fn until_told(mut command: Command, word: &'static str) -> Child {
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = lines.any(|line| line.unwrap().contains(word));
        assert!(told, "it ended without a word of {word:?}");
        // Somebody has to read what else it says.
        std::thread::spawn(move || lines.for_each(drop));
        child
    })
    .await
    .unwrap()
}

/// Runs a command to its end.
pub(crate) async fn finish(mut command: Command) -> Outcome {
    finish_child(command.spawn().unwrap()).await
}

/// Waits for the end of a command that was started.
pub(crate) async fn finish_child(child: Child) -> Outcome {
    tokio::task::spawn_blocking(move || {
        let output = child.wait_with_output().unwrap();
        let outcome = Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome
    })
    .await
    .unwrap()
}
