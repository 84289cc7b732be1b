//! What the command shows, kept as files.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::command::{Outcome, run};

/// The terminals that everything has to look right on: columns, and whether there are colours.
const TERMINALS: [(&str, usize, bool); 4] = [
    ("60", 60, false),
    ("60-colours", 60, true),
    ("200", 200, false),
    ("200-colours", 200, true),
];

/// Runs what `command` gives on each of the terminals, and compares what it writes with the files
/// `shown/snapshots/NAME.TERMINAL.txt`. `mask` replaces what differs from run to run.
#[track_caller]
pub(super) fn looks_the_same(
    name: &str,
    command: impl Fn() -> Command,
    mask: impl Fn(&str) -> String,
) {
    for (terminal, columns, colours) in TERMINALS {
        let mut command = command();
        command.env("COLUMNS", columns.to_string());
        command.env_remove("NO_COLOR");
        match colours {
            true => command.env("CLICOLOR_FORCE", "1"),
            false => command.env_remove("CLICOLOR_FORCE"),
        };
        let Outcome { stdout, stderr, .. } = run(command).discreet();
        let shown = mask(&format!("{stdout}--- standard error\n{stderr}"));
        // What a person sees is a code, in a file that anybody can read.
        let shown = shown.replace('\u{1b}', "␛");
        compare(&format!("{name}.{terminal}.txt"), &shown);
    }
}

fn compare(file: &str, shown: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/shown/snapshots");
    let path = folder.join(file);
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&path, shown).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, kept, "{file}: DRAWBRIDGE_BLESS=1 writes it anew");
}
