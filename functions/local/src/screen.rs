//! What the command writes for a person, or as JSON: no text from outside does anything there.

use std::io::{self, IsTerminal as _, StderrLock, StdoutLock};

use drawbridge_telemetry::Escaped;

/// Standard output.
pub(crate) fn stdout() -> Escaped<StdoutLock<'static>> {
    let out = io::stdout();
    let colours = out.is_terminal();
    Escaped::new(out.lock(), colours)
}

/// Standard error.
pub(crate) fn stderr() -> Escaped<StderrLock<'static>> {
    Escaped::new(io::stderr().lock(), false)
}
