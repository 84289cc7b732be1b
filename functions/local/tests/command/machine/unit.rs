//! The systemd unit, as far as it can be looked at without a systemd that runs.

use std::fs;
use std::process::Command;

use super::{program, shipped};
use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;

const PROGRAM: &str = "/usr/local/bin/drawbridge";

/// What `systemd-analyze security` may find at most, of 10.0; a unit without any hardening has 9.6.
const MOST_EXPOSURE: &str = "15";

/// The unit with a program that is there.
fn unit(folder: &Folder) -> std::path::PathBuf {
    let unit = shipped("drawbridge.service");
    assert!(unit.contains(PROGRAM));
    let path = folder.path().join("drawbridge.service");
    fs::write(
        &path,
        unit.replace(PROGRAM, env!("CARGO_BIN_EXE_drawbridge")),
    )
    .unwrap();
    path
}

#[test]
fn systemd_finds_nothing_wrong_with_it() {
    let folder = Folder::new();
    for arguments in [
        &["verify", "--man=no"][..],
        &["security", "--offline=true", "--threshold", MOST_EXPOSURE],
    ] {
        let output = Command::new(program("systemd-analyze", "systemd"))
            .args(arguments)
            .arg(unit(&folder))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {said}{told}");
        assert_eq!(said, "", "{arguments:?}");
    }
}

#[test]
fn the_command_takes_its_arguments() {
    let unit = shipped("drawbridge.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .unwrap();
    let folder = Folder::new();
    let place = folder.path().display().to_string();
    let arguments: Vec<&str> = start
        .split_whitespace()
        .skip(1)
        .map(|argument| match argument {
            "/var/lib/drawbridge" => place.as_str(),
            argument => argument,
        })
        .collect();
    let mut command = drawbridge(&arguments);
    command.arg("--once");
    run(command).failed(1, &["there is no tenant to poll", &place]);
}
