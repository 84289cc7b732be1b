//! End to end: the functions in the emulated cloud, and the command on one machine.
//!
//! The library deploys the stack there, for the tests and for `emulate`, which leaves it running.

mod build;
mod bundle;
mod consumer;
mod python;
mod stack;

pub use build::{command, functions};
pub use bundle::Bundle;
pub use consumer::{Consumer, Received};
pub use python::Python;
pub use stack::{Stack, create_secret, read_from, tenant_document};

/// What went wrong, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
