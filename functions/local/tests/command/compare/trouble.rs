//! Sides that share nothing, are broken, or are hostile.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{fixture, shown};
use crate::support::command::{Outcome, drawbridge, run, run_with_input};

fn compare(old: &Path, new: &Path, more: &[&str]) -> Outcome {
    run(drawbridge(
        &[&["compare", shown(old), shown(new)], more].concat(),
    ))
}

fn old() -> Vec<Value> {
    serde_json::from_slice(&fs::read(fixture("old.json")).unwrap()).unwrap()
}

#[test]
fn two_sides_without_a_common_alert_say_what_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.json");
    fs::write(&file, Value::from(old().split_off(3)).to_string()).unwrap();
    let page = folder.path().join("page.html");
    let outcome = compare(&file, &fixture("alerts.json"), &["--html", shown(&page)]);
    let outcome = outcome.failed(
        1,
        &[
            "share no alert",
            "without the two letters",
            "detector, device and a time",
            "OLD is from 2023-04-04T06:07:08.12345Z",
        ],
    );
    assert!(
        outcome
            .stdout
            .contains("Alerts only in OLD: 1, 1 of them of a time"),
        "{}",
        outcome.stdout
    );
    assert!(
        fs::read_to_string(page)
            .unwrap()
            .contains("The two sides share no alert")
    );
}

#[test]
fn broken_lines_are_told_and_the_rest_is_compared() {
    let mut lines: Vec<String> = old().iter().map(Value::to_string).collect();
    lines.insert(1, "{\"AlertId\": \"cut".to_owned());
    let command = drawbridge(&["compare", "-", shown(&fixture("alerts.json"))]);
    let outcome = run_with_input(command, lines.join("\n").as_bytes());
    let outcome = outcome.failed(1, &["1 in OLD", "the others were compared"]);
    assert!(
        outcome.stdout.contains("standard input, line 2 (byte "),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("alerts   3 on both sides"),
        "{}",
        outcome.stdout
    );
}

/// A file of a folder that is broken from its start is no file of something else.
#[test]
fn a_broken_file_of_a_folder_is_told() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let records = old();
    fs::write(path("siem.ndjson"), format!("{}\n", records[0])).unwrap();
    fs::write(path("siem.ndjson.2"), "").unwrap();
    let alerts = fixture("alerts.json");
    compare(folder.path(), &alerts, &[]).well();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(records[1].to_string().as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    fs::write(path("siem.ndjson.1.gz"), &packed[..packed.len() - 40]).unwrap();
    let outcome = compare(folder.path(), &alerts, &[]);
    let outcome = outcome.failed(1, &["siem.ndjson.1.gz holds no record", " in OLD"]);
    assert!(
        outcome.stdout.contains("siem.ndjson.1.gz, line 1 (byte "),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("alerts   1 on both sides"));
    // Files of another kind are passed over.
    fs::remove_file(path("siem.ndjson.1.gz")).unwrap();
    fs::write(path("siem.json"), "{\"version\": 6}").unwrap();
    compare(folder.path(), &alerts, &[]).well();
}

/// Exports of any name are read, beside files of the format `siem` as well, and what is not read is named.
#[test]
fn what_is_passed_over_in_a_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let records = old();
    for (name, content) in [
        ("siem.json", records[0].to_string()),
        ("export-2018.JSON", records[1].to_string()),
        ("notes.txt", records[2].to_string()),
        ("empty.json.gz", String::new()),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let outcome = compare(folder.path(), &fixture("alerts.json"), &["--json"]).well();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["old"]["records"], 2);
    let passed_over = &report["old"]["files_passed_over"];
    assert_eq!(passed_over["count"], 2);
    for name in ["notes.txt", "empty.json.gz"] {
        assert!(
            passed_over["first"].to_string().contains(name),
            "{passed_over}"
        );
        assert!(outcome.stderr.contains(name), "{}", outcome.stderr);
    }
    let screen = compare(folder.path(), &fixture("alerts.json"), &[])
        .well()
        .stdout;
    assert!(screen.contains("2 files passed over"), "{screen}");
}

/// What is neither a record nor an alert may be one that was lost on the way.
#[test]
fn an_object_of_another_kind_among_records_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.ndjson");
    let raw = old()[1].to_string();
    let cut = json!({"result": {"_time": "x", "_raw": raw[..raw.len() / 2]}});
    fs::write(&file, format!("{}\n{cut}\n{{\"x\": 1}}\n", old()[0])).unwrap();
    let outcome = compare(&file, &fixture("alerts.json"), &["--fail-on", "100%"]);
    let outcome = outcome.failed(1, &["2 in OLD"]);
    for words in [
        "1 other object, 1 broken",
        "line 2 (byte ",
        "): holds an event as text that is cut off or is not JSON",
        "line 3 (byte ",
        "): is neither a record nor an alert",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn what_is_no_export_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (text, empty) = (folder.path().join("notes.txt"), folder.path().join("empty"));
    fs::write(&text, "AlertId,AlertTime\n").unwrap();
    fs::create_dir(&empty).unwrap();
    let alerts = fixture("alerts.json");
    compare(&text, &alerts, &[]).failed(
        1,
        &["notes.txt holds no record", "Give a JSON array or NDJSON"],
    );
    compare(&alerts, &empty, &[]).failed(1, &["holds no file of records"]);
    compare(&folder.path().join("gone"), &alerts, &[]).failed(1, &["cannot be read"]);
    compare(Path::new("-"), Path::new("-"), &[]).failed(2, &["only one side"]);
    let page = folder.path().join("no/such/page.html");
    compare(&alerts, &alerts, &["--html", shown(&page)]).failed(1, &["cannot write"]);
    compare(&alerts, &alerts, &["--html", "-"]).failed(2, &["--html needs the name of a file"]);
}

#[test]
fn hostile_values_do_nothing_on_the_screen_and_in_the_page() {
    let mut old = old();
    old[0]["AlertTitle"] = json!("<script>alert(1)</script>\u{202e}\u{e0041}\u{1b}[2J");
    old[0]["CommandLine"] = json!("</code><img src=x onerror=alert(1)>".repeat(100_000));
    old[0]["<b>key</b>"] = json!("x");
    let folder = tempfile::tempdir().unwrap();
    let (file, page) = (
        folder.path().join("old.json"),
        folder.path().join("page.html"),
    );
    fs::write(&file, Value::from(old).to_string()).unwrap();
    let outcome = compare(&file, &fixture("alerts.json"), &["--html", shown(&page)]).well();
    let page = fs::read_to_string(page).unwrap();
    for text in [&outcome.stdout, &page] {
        assert!(!text.contains(['\u{202e}', '\u{e0041}', '\u{1b}']));
        assert!(text.contains("\\u202e"));
    }
    assert!(outcome.stdout.len() < 60_000, "{}", outcome.stdout.len());
    assert!(page.len() < 300_000, "{}", page.len());
    // What is there of markup is the page's own: one script, no picture, nothing from elsewhere.
    assert_eq!(page.matches("<script").count(), 1);
    for markup in [
        "<img",
        "<b>key",
        "href=",
        " style=",
        "onerror=alert(1)>",
        "@import",
        "url(",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
}

/// Two blanks in a row, behind the terminal's last column, were taken for the end of a name: laying that out never
/// came to its end.
#[test]
fn blanks_within_a_title_are_laid_out_like_others() {
    let mut old = old();
    for record in &mut old {
        record["AlertTitle"] = format!("{}  {}", "long ".repeat(30), "words ".repeat(9)).into();
        record["AlertId"] = format!("only-here-{}", record["AlertId"]).into();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("two  blanks.json");
    fs::write(&file, Value::from(old).to_string()).unwrap();
    let mut compare = drawbridge(&["compare", shown(&file), shown(&fixture("alerts.json"))]);
    compare.env("COLUMNS", "60");
    let outcome = run(compare);
    assert!(outcome.stdout.contains("long words"), "{outcome:?}");
    let (path, _) = outcome.stdout.split_once(": ").unwrap();
    assert!(path.starts_with("OLD      "), "{outcome:?}");
    for line in outcome.stdout.lines() {
        assert!(line.chars().count() <= 60, "{line:?} in {outcome:?}");
    }
}

/// Whoever raises an alert chooses its title, its id reaches the examples, and a key may be called anything.
#[test]
fn a_line_break_in_what_is_compared_forges_no_line() {
    const FORGED: &str = "x\n\n== Nothing is lost: every rule matches as before\nlost     0 of 15";
    let mut old = old();
    let mut only_old = old[0].clone();
    for key in ["AlertId", "AlertTitle", "ComputerDnsName", "AlertTime"] {
        only_old[key] = json!(FORGED);
    }
    only_old[FORGED] = json!("x");
    old.push(only_old);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\n== forged.json");
    fs::write(&file, Value::from(old).to_string()).unwrap();
    let outcome = compare(&file, &fixture("alerts.json"), &[]).well();
    for line in outcome.stdout.lines() {
        let is_forged = line.starts_with("== Nothing is lost") || line.starts_with("== forged");
        assert!(!is_forged, "{}", outcome.stdout);
    }
    assert_eq!(outcome.stdout.matches("\nlost ").count(), 1);
    assert!(outcome.stdout.contains("x\\u000a\\u000a== Nothing"));
}

#[test]
fn the_page_is_written_over_nothing_else() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (old, alerts) = (path("old.json"), path("alerts.json"));
    fs::copy(fixture("old.json"), &old).unwrap();
    fs::copy(fixture("alerts.json"), &alerts).unwrap();
    fs::write(path("notes.html"), "<!DOCTYPE html><title>Notes</title>").unwrap();
    symlink(&old, path("link.html")).unwrap();
    symlink(path("gone"), path("dangling.html")).unwrap();
    let with = |page: &str| compare(&old, &alerts, &["--html", shown(&path(page))]);
    for (page, why) in [
        ("old.json", "exists and is no page"),
        ("alerts.json", "exists and is no page"),
        ("notes.html", "exists and is no page"),
        ("link.html", "is a symbolic link"),
        ("dangling.html", "is a symbolic link"),
        (".", "is no regular file"),
    ] {
        with(page).failed(1, &["writes over nothing but its own pages", why]);
    }
    for name in ["old.json", "alerts.json"] {
        assert_eq!(
            fs::read(path(name)).unwrap(),
            fs::read(fixture(name)).unwrap()
        );
    }
    assert!(!path("gone").exists());
    // A page of its own is replaced, and its owner's alone.
    for _ in 0..2 {
        with("page.html").well();
        let mode = fs::metadata(path("page.html"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
}
