//! The intakes of SIEMs, on loopback, for tests: each checks what the real one is documented to
//! check, and misbehaves as the real ones do.
//!
//! `functions/deliver` tests each target with them; `tests/e2e` puts them at the end of the whole
//! way. What is checked panics: a server that has panicked answers nobody, and fails the test that
//! asks it what has come.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use this crate; it says what is wrong by failing"
)]

pub mod certificate;
pub mod http;
pub mod rsyslog;
pub mod sentinel;
pub mod splunk_hec;
pub mod splunk_soar;
pub mod syslog;
