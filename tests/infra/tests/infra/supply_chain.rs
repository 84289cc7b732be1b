//! What the tests install is what was chosen: each Python package by version and by the digests of its
//! files.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A list, where versions are chosen, and what was made of it.
const LISTS: [(&str, &str, &str); 6] = [
    (
        "browser/requirements",
        include_str!("../../../browser/requirements.in"),
        include_str!("../../../browser/requirements.txt"),
    ),
    (
        "emulator/requirements",
        include_str!("../../../emulator/requirements.in"),
        include_str!("../../../emulator/requirements.txt"),
    ),
    (
        "infra/requirements",
        include_str!("../../requirements.in"),
        include_str!("../../requirements.txt"),
    ),
    (
        "infra/appinspect",
        include_str!("../../appinspect.in"),
        include_str!("../../appinspect.txt"),
    ),
    (
        "readers/requirements",
        include_str!("../../../readers/requirements.in"),
        include_str!("../../../readers/requirements.txt"),
    ),
    (
        "readers/tenzir",
        include_str!("../../../readers/tenzir.in"),
        include_str!("../../../readers/tenzir.txt"),
    ),
];

/// The lines of a list without comments and blank lines.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A package's name as an index compares it, and its version.
fn pin(line: &str) -> (String, &str) {
    let (name, version) = line
        .split_once("==")
        .unwrap_or_else(|| panic!("pin {line:?}"));
    let version = version.split([' ', ';']).next().unwrap_or_default();
    (name.to_lowercase().replace(['_', '.'], "-"), version)
}

#[test]
fn every_python_package_has_a_version_and_digests() {
    for (list, chosen, made) in LISTS {
        let mut digests: BTreeMap<(String, &str), usize> = BTreeMap::new();
        let mut package = None;
        for line in lines(made) {
            match line.strip_prefix("--hash=sha256:") {
                Some(digest) => {
                    assert!(
                        digest.trim_end_matches([' ', '\\']).len() == 64,
                        "{list}: {line}"
                    );
                    let package = package.clone().expect("a digest follows its package");
                    *digests.entry(package).or_default() += 1;
                }
                None => package = Some(pin(line)),
            }
            if let Some(package) = &package {
                digests.entry(package.clone()).or_default();
            }
        }
        assert!(digests.len() > 5, "{list}: {digests:?}");
        for (package, count) in &digests {
            assert!(*count > 0, "{list}.txt: {package:?} has no digest");
        }
        for line in lines(chosen) {
            assert!(
                digests.contains_key(&pin(line)),
                "{list}.txt lacks {line}: run tests/requirements.sh"
            );
        }
    }
}

/// What the command is released for, and the functions.
const PLATFORMS: [&str; 4] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

/// The crates of others that the workspace is built of, on any platform: name and version.
fn crates() -> BTreeSet<String> {
    // A build has only what its own platform needs.
    let fetched = Command::new(env!("CARGO"))
        .args(["fetch", "--locked", "--quiet"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status();
    assert!(fetched.unwrap().success(), "crates could not be fetched");
    let mut crates = BTreeSet::new();
    for target in PLATFORMS {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--workspace", "--edges", "normal", "--all-features"])
            .args([
                "--prefix",
                "none",
                "--format",
                "{p}",
                "--locked",
                "--offline",
            ])
            .args(["--target", target])
            .output()
            .unwrap();
        let tree = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Our own have a path behind the version.
        let others = tree.lines().filter(|line| !line.contains("drawbridge"));
        crates.extend(others.filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next()?, words.next()?);
            Some(format!("{name} {}", version.strip_prefix('v')?))
        }));
    }
    crates
}

#[test]
fn every_crate_has_its_notice() {
    let notices = include_str!("../../../../THIRD-PARTY-NOTICES.md");
    let named: BTreeSet<String> = notices
        .lines()
        .filter_map(|line| Some(line.strip_prefix("- [")?.split_once(']')?.0.to_owned()))
        .collect();
    let crates = crates();
    assert!(crates.len() > 100);
    let missing: Vec<_> = crates.difference(&named).collect();
    assert!(
        missing.is_empty(),
        "run .ci/notices: {missing:?} are not in it"
    );
    let gone: Vec<_> = named.difference(&crates).collect();
    assert!(
        gone.is_empty(),
        "run .ci/notices: {gone:?} are not used any more"
    );
}
