//! `.ci/run`: what of the supply chain it checks, run with programs that note what they are asked for, and
//! with cargo-deny itself where `.ci/run` has built it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const DENY: &str = include_str!("../../../../deny.toml");
const TOOLCHAIN: &str = include_str!("../../../../rust-toolchain.toml");
const WORKFLOW: &str = include_str!("../../../../.github/workflows/ci.yml");
const NOTICES: &str = include_str!("../../../../.ci/notices");
const PYTHON: &str = include_str!("../../../emulator/src/python.rs");

/// The lock files, by their manifests.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "tests/fuzz/Cargo.toml"];

/// What `.ci/run` needs of the system. npm is not among it.
const PROGRAMS: [&str; 9] = [
    "bash", "cp", "cut", "dirname", "env", "git", "mkdir", "rm", "touch",
];

/// One is the least that a database has.
const ADVISORY: &str = "```toml
[advisory]
id = \"RUSTSEC-2026-0001\"
package = \"y\"
date = \"2026-01-01\"

[versions]
patched = []
```

# It is of no crate here
";

/// A copy of `.ci/run` and of what it reads, with a `cargo` and a `cargo-deny` that note their arguments.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let copy = Self { root };
        for file in [".ci/run", "deny.toml"] {
            let to = copy.root.join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(Path::new(REPOSITORY).join(file), to).unwrap();
        }
        let path = std::env::var_os("PATH").unwrap();
        for program in PROGRAMS {
            let folders = std::env::split_paths(&path);
            let mut found = folders.map(|folder| folder.join(program));
            let found = found.find(|path| path.is_file()).unwrap();
            copy.put("bin", |bin| symlink(&found, bin.join(program)).unwrap());
        }
        copy.program("bin", "cargo", "");
        copy.program("target/tools/bin", "cargo-deny", "");
        copy
    }

    fn put(&self, folder: &str, put: impl FnOnce(&Path)) {
        let folder = self.root.join(folder);
        fs::create_dir_all(&folder).unwrap();
        put(&folder);
    }

    /// A program that notes what it is asked for and does this.
    fn program(&self, folder: &str, name: &str, does: &str) {
        let asked = self.root.join("asked.txt");
        let script = format!(
            "#!/bin/bash\necho \"{name} $*\" >> '{}'\n{does}\n",
            asked.display()
        );
        self.put(folder, |folder| {
            let path = folder.join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        });
    }

    /// A database of advisories whose last commit is so old.
    fn database(&self, days: u64) -> PathBuf {
        let database = self.root.join("database");
        fs::create_dir_all(database.join("crates/y")).unwrap();
        fs::write(database.join("crates/y/RUSTSEC-2026-0001.md"), ADVISORY).unwrap();
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        let then = then.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let date = format!("@{} +0000", then.as_secs());
        for args in [
            &["init", "--quiet"][..],
            &["add", "."],
            &["commit", "--quiet", "--message", "x"],
        ] {
            let made = Command::new("git")
                .args(["-c", "user.name=x", "-c", "user.email=x@x.example"])
                .args(args)
                .env("GIT_COMMITTER_DATE", &date)
                .env("GIT_AUTHOR_DATE", &date)
                .current_dir(&database)
                .status();
            assert!(made.unwrap().success());
        }
        database
    }

    fn run(&self, database: Option<&Path>) -> Output {
        let mut run = Command::new("bash");
        run.arg(self.root.join(".ci/run"))
            .env("PATH", self.root.join("bin"))
            // For cargo-deny, which asks Cargo for the dependencies.
            .env("CARGO", env!("CARGO"))
            .env("RUSTC", Path::new(env!("CARGO")).with_file_name("rustc"))
            .env_remove("RUSTSEC_DB");
        if let Some(database) = database {
            run.env("RUSTSEC_DB", database);
        }
        run.output().unwrap()
    }

    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.root.join("asked.txt")).unwrap();
        asked.lines().map(str::to_owned).collect()
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

#[test]
fn both_lock_files_are_checked_offline_and_for_advisories() {
    let copy = Copy::new("ci-both");
    let database = copy.database(40);
    let output = copy.run(Some(&database));
    assert!(output.status.success(), "{}", text(&output));
    let asked = copy.asked();
    for manifest in MANIFESTS {
        let of_deny = asked.iter().filter(|line| {
            line.starts_with("cargo-deny ")
                && line.contains(&format!("--manifest-path {manifest} "))
        });
        let [of_deny] = &of_deny.collect::<Vec<_>>()[..] else {
            panic!("{manifest} is not checked once: {asked:?}");
        };
        let (options, checks) = of_deny.split_once(" check ").unwrap();
        assert!(options.contains(" --offline "), "{options}");
        assert!(options.ends_with(" --config deny.toml"), "{options}");
        assert_eq!(checks, "bans licenses sources advisories", "{manifest}");
    }
    let fetched = asked
        .iter()
        .filter(|line| line.starts_with("cargo fetch --locked"));
    assert_eq!(fetched.count(), MANIFESTS.len(), "{asked:?}");
    // cargo-deny goes by the time of this file.
    let clone = copy
        .root
        .join("target/advisory-db/advisory-db-3157b0e258782691");
    let time = fs::metadata(clone.join(".git/FETCH_HEAD"))
        .unwrap()
        .modified()
        .unwrap();
    let days = time.elapsed().unwrap().as_secs() / (24 * 3600);
    assert_eq!(days, 40, "the copy passes for a new one");
}

#[test]
fn without_a_database_it_says_what_was_not_checked() {
    let copy = Copy::new("ci-without");
    let output = copy.run(None);
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("NOT CHECKED: advisories"),
        "{}",
        text(&output)
    );
    assert!(copy.asked().iter().all(|line| !line.contains("advisories")));
}

#[test]
fn a_dependency_that_is_refused_ends_it() {
    let copy = Copy::new("ci-refused");
    copy.program("target/tools/bin", "cargo-deny", "exit 1");
    assert!(!copy.run(None).status.success());
    let asked = copy.asked();
    assert!(
        asked.last().unwrap().starts_with("cargo-deny "),
        "{asked:?}"
    );
}

/// cargo-deny itself. It takes minutes to build, so that `cargo test` names this test as ignored; `.ci/run` has
/// cargo-deny, and runs it.
#[test]
#[ignore = "needs cargo-deny, which .ci/run installs before it runs this"]
fn a_database_that_is_too_old_is_refused() {
    let tests = std::env::current_exe().unwrap();
    let target = tests
        .ancestors()
        .find(|folder| folder.join("tools/bin/cargo-deny").is_file())
        .expect("there is no cargo-deny in target/tools: .ci/run installs it");
    for (days, is_taken) in [(29, true), (31, false)] {
        let copy = Copy::new(&format!("ci-{days}-days"));
        fs::copy(
            target.join("tools/bin/cargo-deny"),
            copy.root.join("target/tools/bin/cargo-deny"),
        )
        .unwrap();
        for manifest in MANIFESTS {
            let manifest = copy.root.join(manifest);
            let folder = manifest.parent().unwrap();
            fs::create_dir_all(folder.join("src")).unwrap();
            fs::write(folder.join("src/lib.rs"), "").unwrap();
            fs::write(
                &manifest,
                "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\npublish = false\n\n[workspace]\n",
            )
            .unwrap();
            fs::write(
                folder.join("Cargo.lock"),
                "version = 4\n\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n",
            )
            .unwrap();
        }
        let output = copy.run(Some(&copy.database(days)));
        assert_eq!(
            output.status.success(),
            is_taken,
            "{days} days: {}",
            text(&output)
        );
        assert!(
            is_taken || text(&output).contains("stale"),
            "{}",
            text(&output)
        );
    }
}

/// Whether a file of settings has that line, and not as a comment.
fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|one| one.trim() == line)
}

#[test]
fn what_is_refused_and_what_the_project_is_built_with_stands_in_its_files() {
    let (_, advisories) = DENY.split_once("\n[advisories]\n").unwrap();
    for line in ["yanked = \"deny\"", "maximum-db-staleness = \"P30D\""] {
        assert!(has_line(advisories, line), "deny.toml lacks {line}");
    }
    assert!(!advisories.contains("ignore"), "{advisories}");
    let (_, sources) = DENY.split_once("\n[sources]\n").unwrap();
    for line in ["unknown-registry = \"deny\"", "unknown-git = \"deny\""] {
        assert!(has_line(sources, line), "deny.toml lacks {line}");
    }
    // One version, and not whatever is newest.
    let channel = TOOLCHAIN
        .lines()
        .find_map(|line| line.strip_prefix("channel = \""));
    let channel = channel.unwrap().trim_end_matches('"');
    let is_number = |part: &str| part.parse::<u32>().is_ok();
    assert!(
        channel.split('.').count() == 3 && channel.split('.').all(is_number),
        "{channel}"
    );
    // The workflow runs the script, with a database.
    assert!(has_line(WORKFLOW, "run: .ci/run"));
    assert!(has_line(
        WORKFLOW,
        "RUSTSEC_DB: https://github.com/RustSec/advisory-db"
    ));
    for option in [
        "--offline",
        "--locked",
        "--fail",
        "--output-file THIRD-PARTY-NOTICES.md",
    ] {
        assert!(NOTICES.contains(option), ".ci/notices lacks {option}");
    }
}

/// There is one place that installs Python packages, and it takes wheels by digest alone.
#[test]
fn python_packages_are_installed_as_wheels_by_digest() {
    for option in [
        "\"--only-binary=:all:\",",
        "\"--require-hashes\",",
        "\"--no-deps\",",
    ] {
        assert!(has_line(PYTHON, option), "python.rs lacks {option}");
    }
    let listed = Command::new("git")
        .args(["ls-files", "*.rs", "*.sh", "*.yml", "*.yaml", ".ci"])
        .current_dir(REPOSITORY)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.lines().count() > 100);
    let calls_pip = |file: &&str| {
        let text = fs::read_to_string(Path::new(REPOSITORY).join(file)).unwrap_or_default();
        ["pip install", "\"pip\"", "pipx ", "uvx "]
            .iter()
            .any(|call| text.contains(call))
    };
    let mut calling: Vec<&str> = listed.lines().filter(calls_pip).collect();
    let here = Path::new(file!())
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap();
    calling.retain(|file| !file.ends_with(&format!("/{here}")));
    assert_eq!(calling, ["tests/emulator/src/python.rs"]);
}
