//! The systemd units, as far as they can be looked at without a systemd that runs.

use std::fs;

use super::{program, shipped};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::folder::Folder;

const PROGRAM: &str = "/usr/local/bin/drawbridge";

/// What `systemd-analyze security` may find at most, of 10.0; a unit without any hardening has 9.6.
const MOST_EXPOSURE: &str = "15";

const UNITS: [&str; 2] = ["drawbridge.service", "drawbridge-deliver@.service"];

/// The unit with a program that is there.
fn unit(name: &str, folder: &Folder) -> std::path::PathBuf {
    let unit = shipped(name);
    assert!(unit.contains(PROGRAM));
    let path = folder.path().join(name);
    fs::write(
        &path,
        unit.replace(PROGRAM, env!("CARGO_BIN_EXE_drawbridge")),
    )
    .unwrap();
    path
}

#[test]
fn systemd_finds_nothing_wrong_with_them() {
    let folder = Folder::new();
    for name in UNITS {
        for arguments in [
            &["verify", "--man=no"][..],
            &["security", "--offline=true", "--threshold", MOST_EXPOSURE],
        ] {
            let output = program("systemd-analyze", &["systemd", "libsystemd-shared"])
                .args(arguments)
                .arg(unit(name, &folder))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success(),
                "{name} {arguments:?}: {said}{told}"
            );
            assert_eq!(said, "", "{name} {arguments:?}");
        }
    }
}

/// Runs what a unit starts once, for the tenant contoso, with the folders of this machine in one.
fn started(name: &str, folder: &Folder) -> Outcome {
    let unit = shipped(name);
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .unwrap();
    let place = folder.path().display().to_string();
    let arguments = start
        .replace("/var/lib/drawbridge", &place)
        .replace("/etc/drawbridge", &place)
        .replace("%i", "contoso");
    let arguments: Vec<&str> = arguments.split_whitespace().skip(1).collect();
    let mut command = drawbridge(&arguments);
    command.arg("--once");
    run(command)
}

#[test]
fn the_command_takes_the_arguments_of_poll() {
    let folder = Folder::new();
    let place = folder.path().display().to_string();
    let outcome = started("drawbridge.service", &folder);
    outcome.failed(1, &["there is no tenant to poll", &place]);
}

#[test]
fn the_command_takes_the_arguments_of_deliver() {
    let folder = Folder::new();
    // Nobody listens there, and there is nothing to send.
    let target = r#"{"target":"webhook","url":"http://127.0.0.1:1/","secret":"env:HOOK"}"#;
    fs::write(folder.path().join("deliver.json"), target).unwrap();
    fs::create_dir(folder.path().join("contoso")).unwrap();
    fs::write(folder.path().join("contoso/siem.ndjson"), "").unwrap();
    started("drawbridge-deliver@.service", &folder).well();
}
