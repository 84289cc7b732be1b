//! The function as it starts. Cargo builds a package's program only for a test such as this one, and the
//! tests of the stack take it from there.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::process::Command;

#[test]
fn a_setting_that_is_missing_is_named() {
    let mut dispatch = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    let output = dispatch.env_clear().output().unwrap();

    assert!(!output.status.success());
    let log = String::from_utf8(output.stdout).unwrap();
    let said = "DRAWBRIDGE_BUCKET is not set: it is the name of the state bucket";
    assert!(log.contains(said), "{log}");
}
