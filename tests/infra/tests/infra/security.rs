//! `docs/security.md` says of each situation which test shows it: the test is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../../../docs/security.md");

/// A test by the parts of its file's path, and its name.
type Test = (BTreeSet<String>, String);

/// All tests of the repository.
fn tests(root: &Path) -> Vec<Test> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut tests = Vec::new();
    for file in listed.lines() {
        // One that was removed is listed until that is committed.
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        let parts = file
            .split(['/', '.'])
            .map(|part| part.trim_end_matches("_tests").to_owned());
        let parts: BTreeSet<String> = parts.collect();
        let names = tests_in(&text).map(|name| (parts.clone(), name.to_owned()));
        tests.extend(names);
    }
    tests
}

/// The names of the functions behind `#[test]` and the like.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let (before, name) = line.split_once("fn ").filter(|_| is_test)?;
        if !before
            .split(' ')
            .all(|word| ["", "async", "pub"].contains(&word))
        {
            return None;
        }
        is_test = false;
        name.split(['(', '<']).next()
    })
}

/// What stands in the last cell of a row of three, between backticks.
fn named(row: &str) -> Vec<&str> {
    let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
    let [_, _, cell] = cells.as_slice() else {
        panic!("a row of three cells: {row}");
    };
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether there is a test, a file of tests or a folder of that name, as `crate module::test`,
/// `crate module`, or a path.
fn is_there(name: &str, tests: &[Test], root: &Path) -> bool {
    let words = words(name);
    !words.is_empty() && tests.iter().any(|(parts, _)| has(parts, &words))
        || is_test(name, tests)
        || root.join(name).exists()
}

/// Whether there is a test function of that name, as `crate module::test`.
fn is_test(name: &str, tests: &[Test]) -> bool {
    let words = words(name);
    let Some((last, folders)) = words.split_last() else {
        return false;
    };
    let mut tests = tests.iter();
    tests.any(|(parts, test)| test == last && has(parts, folders))
}

fn words(name: &str) -> Vec<&str> {
    let words = name.split([' ', ':']);
    words.filter(|word| !["", "…"].contains(word)).collect()
}

fn has(parts: &BTreeSet<String>, words: &[&str]) -> bool {
    words.iter().all(|word| parts.contains(*word))
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tests = tests(&root);
    assert!(tests.len() > 1000, "{}", tests.len());
    let (_, tried) = PAGE.split_once("## What was tried").unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| what ");
    let mut rows = 0;
    for row in tried.lines().filter(is_row) {
        rows += 1;
        let named = named(row);
        for name in &named {
            assert!(is_there(name, &tests, &root), "{name:?} is nowhere: {row}");
        }
        // A module may lose the test of a situation and keep others.
        assert!(
            named.iter().any(|name| is_test(name, &tests)),
            "no test function shows it: {row}"
        );
    }
    assert!(rows > 130, "{rows} rows");
    for nowhere in [
        "config::trust::no_such_test",
        "shared/none",
        // It is a test of another crate.
        "graph::trust::a_document_reads_the_secret_that_is_named_after_it_and_no_other",
    ] {
        assert!(!is_there(nowhere, &tests, &root), "{nowhere}");
    }
    for module in [
        "config::trust",
        "deliver secret_shapes",
        "tests/fuzz",
        ".ci/run",
    ] {
        assert!(is_there(module, &tests, &root), "{module}");
        assert!(!is_test(module, &tests), "{module}");
    }
}
