//! Each target against a server of the test's own that checks what the real one checks and
//! misbehaves as they do; and the handlers around them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

#[cfg(feature = "lambda")]
mod backlog;
mod bounds;
mod file;
mod file_formats;
#[cfg(feature = "lambda")]
mod function;
#[cfg(feature = "lambda")]
mod handler;
#[cfg(feature = "lambda")]
mod lossless;
mod network;
mod rotation;
mod secret_shapes;
mod sentinel;
mod sentinel_identity;
mod sentinel_template;
mod splunk_hec;
mod splunk_soar;
mod support;
mod syslog;
mod webhook;

use drawbridge_intakes as fake;
