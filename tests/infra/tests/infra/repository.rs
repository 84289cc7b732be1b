//! The repository stands on its own: no file of it reads what lies beside it, and what is for tests is
//! in nothing that is released.

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

#[test]
fn what_is_for_tests_is_in_nothing_that_is_released() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for (package, as_packed) in [
        // As `infra/package` builds it, which is tested there.
        ("drawbridge", Some("--no-default-features")),
        ("drawbridge-dispatch", None),
        ("drawbridge-poll", None),
        ("drawbridge-deliver", None),
        ("drawbridge-serve", None),
    ] {
        let tree = Command::new(&cargo)
            .args(["tree", "--locked", "--offline", "--edges", "normal,build"])
            .args(["--prefix", "none", "--format", "{p} [{f}]"])
            .args(["--package", package])
            .args(as_packed)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .output()
            .unwrap();
        let tree = String::from_utf8(tree.stdout).unwrap();
        let ours: Vec<&str> = tree
            .lines()
            .filter(|line| line.starts_with("drawbridge"))
            .collect();
        assert!(ours.len() > 5, "{package}: {ours:?}");
        for line in ours {
            let features = line.rsplit_once('[').unwrap().1;
            assert!(!features.contains("testing"), "{package}: {line}");
            assert!(!line.contains("drawbridge-one-build"), "{package}");
        }
        let tokio = tree.lines().find(|line| line.starts_with("tokio v"));
        assert!(
            !tokio.unwrap().contains("test-util"),
            "{package}: {tokio:?}"
        );
    }
}

/// A source archive has no git to ask: the commit is written into it, for `drawbridge --version`.
#[test]
fn a_source_archive_says_its_commit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&root)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    let head = git(&["rev-parse", "HEAD"]);
    let attributes = ["--worktree-attributes", "HEAD"];
    let archive = git(&[
        "archive",
        attributes[0],
        attributes[1],
        "functions/local/commit",
    ]);
    let has_it = archive.windows(head.len()).any(|window| window == head);
    assert!(has_it, "{}", String::from_utf8_lossy(&archive));
}
