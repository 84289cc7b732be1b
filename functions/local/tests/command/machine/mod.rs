//! What a machine does to a poll that runs for weeks: it rotates its files, sends it signals, takes
//! its terminal away.
#![cfg(unix)]

mod hang_up;
mod on_disk;
mod open_files;
mod rotation;
mod streams;
#[cfg(target_os = "linux")]
mod unit;

use std::path::{Path, PathBuf};

/// A file that a machine is set up with.
fn shipped(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/machine");
    std::fs::read_to_string(path.join(file)).unwrap()
}

/// A program of the system; some are not on every user's path.
#[cfg(target_os = "linux")]
fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let program = folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    assert!(
        program.is_some(),
        "{name} is needed for this test: apt-get install {package}"
    );
    program.unwrap()
}
