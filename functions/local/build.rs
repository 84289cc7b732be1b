//! Tells the command what `--version` says: the package's version and the commit that it was built
//! from.
//!
//! The commit is what `DRAWBRIDGE_COMMIT` names, or what `git archive` wrote into the file `commit`,
//! or, in a release build of a clone, what git says. A debug build does not ask git: the command
//! would be built again after each commit.

#![allow(clippy::print_stdout, reason = "cargo is told so")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// As many digits as tell the commits of any repository apart.
const DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-env-changed=DRAWBRIDGE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=commit");
    let is_debug = variable("PROFILE") != "release";
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let commit = commit_of(&variable("DRAWBRIDGE_COMMIT"))
        .or_else(|| commit_of(&std::fs::read_to_string(folder.join("commit")).unwrap_or_default()))
        .or_else(|| (!is_debug).then(|| asked_of_git(&folder)).flatten());
    let version = version(&variable("CARGO_PKG_VERSION"), commit.as_deref(), is_debug);
    println!("cargo::rustc-env=DRAWBRIDGE_VERSION={version}");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// What `--version` says behind the command's name.
pub(crate) fn version(package: &str, commit: Option<&str>, is_debug: bool) -> String {
    match (commit, is_debug) {
        (Some(commit), false) => format!("{package} ({commit})"),
        (Some(commit), true) => format!("{package} ({commit}, debug build)"),
        (None, false) => package.to_owned(),
        (None, true) => format!("{package} (debug build)"),
    }
}

/// The first digits of a commit's digest; `None` if the text is none, as the file `commit` in a clone.
pub(crate) fn commit_of(text: &str) -> Option<String> {
    let text = text.trim();
    let is_digest = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then(|| text.chars().take(DIGITS).collect())
}

/// The commit that a clone is at. The build runs again when git notes another one.
fn asked_of_git(folder: &Path) -> Option<String> {
    let root = folder.join("../..");
    // Sources that were unpacked inside of another repository are not at that one's commit.
    if !root.join(".git").exists() {
        return None;
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(&root)
            .args(arguments)
            .output()
            .ok()?;
        let said = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| said.trim().to_owned())
    };
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file]).map(|path| root.join(path));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    commit_of(&git(&["rev-parse", "HEAD"])?)
}
