//! The command without an argument.

use crate::support::command::{Outcome, drawbridge, run};
use crate::support::folder::Folder;

fn demo(folder: &Folder) -> Outcome {
    let mut command = drawbridge(&[]);
    command.current_dir(folder.path());
    run(command).well()
}

#[test]
fn a_demo_that_cannot_write_says_what_to_do() {
    let folder = Folder::new();
    let file = folder.path().join("out");
    std::fs::write(&file, "mine").unwrap();
    let mut command = drawbridge(&["demo", "--count", "10", "--out"]);
    command.arg(&file);
    run(command).failed(1, &["a file is where a folder should be", "move it away"]);
}

#[test]
fn the_demo_of_another_folder_is_repeated_as_it_was_given() {
    let folder = Folder::new();
    let mut command = drawbridge(&["demo", "--count", "10", "--out", "a b"]);
    command.current_dir(folder.path());
    let said = run(command).well();
    let again = "drawbridge demo --count 10 --out 'a b'  the demo again";
    assert!(said.stdout.contains(again), "{}", said.stdout);
    let (command, what) = ("drawbridge demo --count 10 --out 'a b'", "your own alerts");
    let width = command.len();
    let aligned = format!("\n  {:width$}  {what}", "drawbridge map ALERTS.json");
    assert!(said.stdout.contains(&aligned), "{}", said.stdout);
}

#[test]
fn the_demo_writes_records_once_and_says_why_not_twice() {
    let folder = Folder::new();
    let first = demo(&folder);
    let file = folder.path().join("drawbridge-data/demo/siem.ndjson");
    let text = std::fs::read_to_string(&file).unwrap();
    let count = text.lines().count();
    assert!(count > 2000, "{count}");
    for said in [
        "3000 alerts read",
        &format!(" {count} records written"),
        "requests",
        "One of them:\n{\n  \"AlertTime\"",
        "drawbridge-data/demo/siem.ndjson",
        "Next:\n  drawbridge view --out drawbridge-data/demo  alerts beside their records",
    ] {
        assert!(
            first.stdout.contains(said),
            "no {said:?} in: {}",
            first.stdout
        );
    }

    let second = demo(&folder);
    for said in [
        " 0 records written",
        "Nothing new: an earlier run wrote every record",
        "Remove",
    ] {
        assert!(
            second.stdout.contains(said),
            "no {said:?} in: {}",
            second.stdout
        );
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}
