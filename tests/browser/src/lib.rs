//! Looks at pages with a real browser: a Chromium without a window, driven by Selenium from a short script
//! in `python/`. Each run is a browser of its own, which calls nobody but this machine: the script fails
//! if it tried.
#![allow(
    clippy::panic,
    reason = "only tests use this crate; it says what is wrong by failing"
)]

mod chromium;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs one check of `python/<script>` with `args`.
///
/// # Panics
/// When there is no browser, or when the check fails: with what it said.
pub fn check(script: &str, check: &str, args: &[&str]) {
    let requirements = include_str!("../requirements.txt");
    let python = drawbridge_emulator::python_environment("browser", requirements)
        .unwrap_or_else(|error| panic!("{error}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("python")
        .join(script);
    let mut command = Command::new(python);
    command.arg(&script).arg(check).args(args);
    command
        .envs(chromium::environment())
        .env("DRAWBRIDGE_SCREENSHOTS", screenshots())
        .stdin(Stdio::null());
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("python does not start: {error}"));
    assert!(
        output.status.success(),
        "{} {check}: {}{}",
        script.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Where pictures of the pages are kept, each time anew under the same names.
#[must_use]
pub fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots")
}
