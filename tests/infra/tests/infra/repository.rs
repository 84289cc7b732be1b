//! The repository stands on its own: no file of it reads what lies beside it.

use std::path::Path;
use std::process::Command;

/// What is read of others is written down in the project as facts, with its source and licence beside
/// it. A test that looks for a folder beside the repository runs on the machines that have that
/// folder, and passes on all others without running.
#[test]
fn no_file_names_a_folder_beside_the_repository() {
    // In two parts, so that this file does not name it.
    let folder = ["shared", "reference"].join("/");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output()
        .unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<&str> = files.split_terminator('\0').collect();
    assert!(files.contains(&"Cargo.toml"), "git lists {files:?}");
    let names_it = |file: &&str| {
        let bytes = std::fs::read(root.join(file)).unwrap_or_default();
        bytes
            .windows(folder.len())
            .any(|window| window == folder.as_bytes())
    };
    let guilty: Vec<&str> = files.into_iter().filter(names_it).collect();
    assert!(guilty.is_empty(), "{folder} is named in {guilty:?}");
}
