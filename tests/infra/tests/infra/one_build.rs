//! `cargo run`, `cargo test --workspace` and `emulate` share one build of what others wrote: a crate whose
//! features differ is built again, with all that depend on it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate of others, with the sets of features that it is built with. It has several if the build
/// itself needs it as well, as a procedural macro or a build script does.
fn features(selected: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--format", "{p}|{f}"])
        .args(selected)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut crates: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        // Lines between the crates name the kind of dependencies that follow.
        let Some((name, features)) = line.split_once('|') else {
            continue;
        };
        if name.starts_with("drawbridge") {
            continue;
        }
        // What a crate that came before needs is left out, and this marks it.
        let features = features.trim_end_matches(" (*)").to_owned();
        // A procedural macro is called so behind its version.
        let name = name.trim_end_matches(" (proc-macro)").to_owned();
        crates.entry(name).or_default().insert(features);
    }
    crates
}

#[test]
fn run_test_and_emulate_build_the_crates_of_others_once() {
    let tested = features(&["--workspace", "--edges", "normal,build,dev"]);
    for (command, package) in [("cargo run", "drawbridge"), ("emulate", "drawbridge-e2e")] {
        let built = features(&["--package", package, "--edges", "normal,build"]);
        assert!(built.len() > 100, "{command}: {built:?}");
        let again: Vec<String> = built
            .iter()
            .filter(|(name, sets)| !sets.is_subset(&tested[*name]))
            .map(|(name, sets)| format!("{name} has {sets:?}, not {:?}", tested[name]))
            .collect();
        assert!(
            again.is_empty(),
            "{command} builds again what `cargo test --workspace` builds with other features; give it \
             the same in tests/one-build/Cargo.toml:\n{}",
            again.join("\n")
        );
    }
}
