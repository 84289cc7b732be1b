//! The repository stands on its own: no file of it reads what lies beside it, and what is for tests is
//! in nothing that is released.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is read of others is written down in the project as facts, with its source and licence beside
/// it. A test that looks for a folder beside the repository runs on the machines that have that
/// folder, and passes on all others without running.
#[test]
fn no_file_names_a_folder_beside_the_repository() {
    // In two parts, so that this file does not name it.
    let folder = ["shared", "reference"].join("/");
    let files = files();
    let names_it = |file: &&String| {
        let bytes = std::fs::read(root().join(file)).unwrap_or_default();
        bytes
            .windows(folder.len())
            .any(|window| window == folder.as_bytes())
    };
    let guilty: Vec<&String> = files.iter().filter(names_it).collect();
    assert!(guilty.is_empty(), "{folder} is named in {guilty:?}");
}

/// No package looks for tests in its documentation, which takes longer than most packages' tests even where
/// there are none. So no comment has an example in Rust that nobody would run.
#[test]
fn no_documentation_has_an_example_that_nobody_runs() {
    for file in files().iter().filter(|file| file.ends_with(".rs")) {
        let code = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        let fences = code.lines().filter_map(|line| {
            let comment = line.trim_start();
            let text = comment.strip_prefix("///").or(comment.strip_prefix("//!"));
            text?.trim_start().strip_prefix("```")
        });
        for language in fences.step_by(2) {
            let is_rust = ["", "rust", "no_run", "should_panic"].contains(&language);
            assert!(!is_rust, "{file}: say what the example's language is");
        }
    }
    let libraries = files().into_iter().filter(|file| {
        let manifest = file.strip_suffix("Cargo.toml");
        manifest.is_some_and(|folder| root().join(folder).join("src/lib.rs").exists())
    });
    for manifest in libraries {
        let text = std::fs::read_to_string(root().join(&manifest)).unwrap();
        assert!(text.contains("doctest = false"), "{manifest}");
    }
}

/// A library or program without unit tests is not built a second time to run none. Should it get one, it
/// is found here.
#[test]
fn what_is_not_built_for_its_unit_tests_has_none() {
    let files = files();
    let mut untested = 0;
    for manifest in files.iter().filter(|file| file.ends_with("Cargo.toml")) {
        let folder = manifest.strip_suffix("Cargo.toml").unwrap();
        let text = std::fs::read_to_string(root().join(manifest)).unwrap();
        let package: toml::Table = text.parse().unwrap();
        let programs = package.get("bin").and_then(toml::Value::as_array);
        let targets = package
            .get("lib")
            .into_iter()
            .chain(programs.into_iter().flatten());
        for target in targets.filter(|target| target.get("test") == Some(&false.into())) {
            untested += 1;
            let path = target.get("path").map(|path| path.as_str().unwrap());
            for file in &files {
                let part = file.strip_prefix(folder);
                if part.is_some_and(|part| part.ends_with(".rs") && is_of(path, part)) {
                    let code = std::fs::read_to_string(root().join(file)).unwrap();
                    let found = ["#[test]", "#[tokio::test", "proptest!"]
                        .iter()
                        .any(|mark| code.contains(mark));
                    assert!(!found, "{manifest} leaves out the tests of {file}");
                }
            }
        }
    }
    assert!(untested > 10, "{untested}");
}

/// Whether a file of a package belongs to the program at `path`, which is alone or in a folder of its
/// own, or to the library, which has all else.
fn is_of(path: Option<&str>, file: &str) -> bool {
    match path {
        None => file.starts_with("src/") && file != "src/main.rs" && !file.starts_with("src/bin/"),
        Some("src/main.rs") => file == "src/main.rs",
        Some(path) => file.starts_with(path.strip_suffix("main.rs").unwrap_or(path)),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of the repository, also those that are not yet committed.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<_> = files.split_terminator('\0').map(str::to_owned).collect();
    assert!(
        files.contains(&"Cargo.toml".to_owned()),
        "git lists {files:?}"
    );
    files
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
