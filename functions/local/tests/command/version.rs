//! `--version` says what was built, and of which commit.

use crate::support::command::{drawbridge, run};

#[expect(dead_code, reason = "cargo runs its `main`, and git is not asked here")]
#[path = "../../build.rs"]
mod build;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn a_build_says_its_version_and_that_it_is_one_for_debugging() {
    let said = run(drawbridge(&["--version"])).well().stdout;
    let package = env!("CARGO_PKG_VERSION");
    assert!(said.starts_with(&format!("drawbridge {package}")), "{said}");
    assert_eq!(
        said.contains("debug build"),
        cfg!(debug_assertions),
        "{said}"
    );
}

#[test]
fn a_commit_is_named_where_it_is_known() {
    for (text, commit) in [
        (COMMIT, Some("0123456789ab")),
        ("0123456789abcdef\n", Some("0123456789ab")),
        ("0123456", Some("0123456")),
        ("$Format:%H$\n", None),
        ("", None),
        ("main", None),
        ("012345", None),
    ] {
        assert_eq!(build::commit_of(text).as_deref(), commit, "{text}");
    }
    for (commit, is_debug, said) in [
        (Some("0123456789ab"), false, "1.2.3 (0123456789ab)"),
        (
            Some("0123456789ab"),
            true,
            "1.2.3 (0123456789ab, debug build)",
        ),
        (None, false, "1.2.3"),
        (None, true, "1.2.3 (debug build)"),
    ] {
        assert_eq!(build::version("1.2.3", commit, is_debug), said);
    }
}
