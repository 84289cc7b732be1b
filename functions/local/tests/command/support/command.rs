//! The command as a process.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

use super::alerts::CONTENT;
use super::tenant::SECRET;

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command with these arguments, in an environment of which it knows nothing.
pub(crate) fn drawbridge(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drawbridge"));
    command
        .args(args)
        .env_remove("DRAWBRIDGE_CLIENT_SECRET")
        .env_remove("DRAWBRIDGE_LOG")
        .env_remove("DRAWBRIDGE_ALLOWED_HOSTS")
        .env_remove("DRAWBRIDGE_LOGIN_URL")
        .env_remove("DRAWBRIDGE_GRAPH_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Outcome {
    Outcome::of(command.output().unwrap())
}

/// Runs a command to its end with `input` on its standard input.
pub(crate) fn run_with_input(mut command: Command, input: &[u8]) -> Outcome {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    writer.join().unwrap().unwrap();
    outcome
}

/// A process that goes on until somebody ends it. It does not outlive its test, not even one that fails.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        signal(self.0.as_ref().unwrap(), name);
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> Outcome {
        let child = self.0.take().unwrap();
        Outcome::of(child.wait_with_output().unwrap())
    }

    /// Ends it at once.
    pub(crate) fn killed(mut self) -> Outcome {
        self.child().kill().unwrap();
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal, as `-INT` for Ctrl-C, to a process that is still running.
#[cfg(unix)]
pub(crate) fn signal(child: &std::process::Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        let outcome = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome
    }

    /// It went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// It failed with this exit code, and standard error says each of `words`.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no {word:?} in: {}",
                self.stderr
            );
        }
        self
    }

    /// It told neither the secret nor what the alerts say.
    #[track_caller]
    pub(crate) fn discreet(self) -> Self {
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.contains(SECRET), "the secret is in: {text}");
            assert!(!text.contains(CONTENT), "alert content is in: {text}");
        }
        self
    }
}
