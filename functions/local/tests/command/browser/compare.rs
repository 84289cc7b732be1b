//! The page of `compare --html`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::HOSTILE;
use crate::compare::fixture;
use crate::support::command::{drawbridge, run};

/// The page of these old records and the alerts of the example; it lies in the folder.
fn page(old: &[Value]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("old.json"), Value::from(old.to_vec()).to_string()).unwrap();
    fs::copy(fixture("alerts.json"), path("alerts.json")).unwrap();
    let mut command = drawbridge(&["compare", "old.json", "alerts.json", "--html", "page.html"]);
    command.current_dir(folder.path());
    run(command);
    let page = path("page.html");
    assert!(PathBuf::from(&page).exists());
    (folder, page)
}

fn old() -> Vec<Value> {
    serde_json::from_slice(&fs::read(fixture("old.json")).unwrap()).unwrap()
}

fn check(name: &str, old: &[Value]) {
    let (_folder, page) = page(old);
    drawbridge_browser::check("compare.py", name, &[&page]);
}

#[test]
fn it_looks_right_in_light_and_dark_on_a_desk_and_on_a_phone() {
    let mut old = old();
    // A title of one word, which only OLD has.
    old[3]["AlertTitle"] = json!("x".repeat(200));
    check("looks_right", &old);
}

#[test]
fn it_is_filtered_and_searched_by_keyboard_alone() {
    check("is_filtered_by_keyboard", &old());
}

#[test]
fn it_can_be_walked_through_and_read_out() {
    check("is_read_out", &old());
}

#[test]
fn it_is_printed_with_its_examples() {
    check("is_printed", &old());
}

#[test]
fn examples_stand_side_by_side_with_the_difference_marked() {
    check("marks_the_difference", &old());
}

#[test]
fn hostile_values_are_text() {
    let mut old = old();
    old[0]["AlertTitle"] = json!(HOSTILE);
    old[0]["CommandLine"] = json!(HOSTILE.repeat(20_000));
    old[1]["Description"] = json!("x".repeat(1 << 20));
    old[2][HOSTILE] = json!("x");
    check("is_text", &old);
}

#[test]
fn a_page_without_a_common_alert_says_so() {
    check("says_that_nothing_is_shared", &old()[3..]);
}
