//! Reads what Drawbridge writes with code that others wrote: parsers and validators from PyPI, each
//! driven by a short script in `python/`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate; it says what is wrong by failing"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// Runs `python/<script>` with `args` on `input` and gives what it prints.
///
/// # Panics
/// When the environment cannot be made, or when the script fails: with what it said.
#[must_use]
pub fn run(script: &str, args: &[&str], input: &str) -> String {
    let requirements = include_str!("../requirements.txt");
    let python = drawbridge_emulator::python_environment("readers", requirements)
        .unwrap_or_else(|error| panic!("{error}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("python")
        .join(script);
    let mut child = Command::new(python)
        .arg(&script)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    // The script may print before it has read everything.
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let _ = writer.join();
    assert!(
        output.status.success(),
        "{}: {}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// The program of Tenzir, from an environment of its own. Its wheels are for Linux on x86-64.
///
/// # Panics
/// When the environment cannot be made.
#[must_use]
pub fn tenzir() -> PathBuf {
    let requirements = include_str!("../tenzir.txt");
    let python = drawbridge_emulator::python_environment("tenzir", requirements)
        .unwrap_or_else(|error| panic!("{error}"));
    python.with_file_name("tenzir")
}
