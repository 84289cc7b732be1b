//! What is installed beside the command: completions that shells read, and manual pages.

use std::fs;
use std::process::Command;

use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;

/// A second of 2026-01-31.
const SOURCE_TIME: &str = "1769863845";

fn generated() -> Folder {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let mut generate = drawbridge(&["generate", path]);
    generate.env("SOURCE_DATE_EPOCH", SOURCE_TIME);
    run(generate).well();
    folder
}

fn names(folder: &Folder, below: &str) -> Vec<String> {
    let files = fs::read_dir(folder.path().join(below)).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_shell_has_its_completions_and_each_command_its_page() {
    let folder = generated();
    let completions = [
        "_drawbridge",
        "_drawbridge.ps1",
        "drawbridge.bash",
        "drawbridge.fish",
    ];
    assert_eq!(names(&folder, "completions"), completions);
    let pages = names(&folder, "man");
    for page in [
        "drawbridge.1",
        "drawbridge-poll.1",
        "drawbridge-tenants-add.1",
    ] {
        assert!(pages.iter().any(|name| name == page), "{pages:?}");
    }
    assert!(
        !pages.iter().any(|name| name.contains("generate")),
        "{pages:?}"
    );
}

/// Bash reads the script, and completes as it would at the prompt.
#[cfg(unix)]
#[test]
fn bash_completes_commands_and_options() {
    let folder = generated();
    let script = folder.path().join("completions/drawbridge.bash");
    let completed = |words: &str, count: &str| {
        let source = "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$3; _drawbridge drawbridge \
                      \"${COMP_WORDS[$3]}\" \"${COMP_WORDS[$3-1]}\"; echo \"${COMPREPLY[*]}\"";
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "-e", "-u", "-c", source, "bash"]);
        let output = bash.arg(&script).args([words, count]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.is_empty(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(completed("drawbridge pol", "1"), "poll\n");
    assert_eq!(completed("drawbridge tenants che", "2"), "check\n");
    let options = completed("drawbridge poll --tenant-", "2");
    assert!(options.contains("--tenant-id"), "{options}");
}

/// The version stood where the date belongs, and no option had its value.
#[test]
fn a_page_has_its_date_its_version_and_the_values_of_options() {
    let folder = generated();
    let page = |name: &str| {
        let path = folder.path().join("man").join(name);
        fs::read_to_string(path).unwrap().replace("\\-", "-")
    };
    let poll = page("drawbridge-poll.1");
    let version = run(drawbridge(&["--version"])).well().stdout;
    let title = format!(
        ".TH drawbridge-poll 1 2026-01-31 \"{}\" \"User Commands\"",
        version.trim_end()
    );
    assert!(poll.contains(&title), "{title} in: {poll}");
    for text in [
        r"[\fB--out\fR \fI<DIR>\fR]",
        r"[\fB--service-source\fR \fI<NAME>\fR]...",
        r"[\fB-h\fR|\fB--help\fR]",
        r"<\fB--tenant-id\fR \fI<ID>\fR|\fB--tenant\fR \fI<NAME>\fR|\fB--all\fR>",
    ] {
        assert!(poll.contains(text), "{text} in: {poll}");
    }
    // A command and those within it, a line for each usage.
    let backfill = page("drawbridge-backfill.1");
    for text in [
        r"\fBdrawbridge backfill\fR \fI<COMMAND>\fR",
        r"\fB--tenant\fR \fI<NAME>\fR \fB--from\fR \fI<TIME>\fR \fB--to\fR \fI<TIME>\fR",
    ] {
        assert!(backfill.contains(text), "{text} in: {backfill}");
    }
}

/// groff warns of nothing in any page, and a page shows the examples as they are to be typed.
#[cfg(target_os = "linux")]
#[test]
fn groff_takes_the_manual_pages() {
    use crate::machine::program;

    let folder = generated();
    for page in names(&folder, "man") {
        let path = folder.path().join("man").join(&page);
        let mut groff = program("groff", &["groff-base", "libuchardet0"]);
        groff
            .args(["-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=200n"])
            .arg(path);
        let output = groff.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{page}: {said}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            shown.contains("NAME") && shown.contains("SYNOPSIS"),
            "{page}: {shown}"
        );
        if page == "drawbridge-poll.1" {
            let line = |line: &str| line.trim_start().starts_with("drawbridge poll --tenant-id");
            assert!(shown.lines().any(line), "{shown}");
        }
    }
}
