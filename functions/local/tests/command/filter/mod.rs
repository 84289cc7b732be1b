//! `map` and `explain`: filters between a file or standard input and standard output.

mod explain;
mod map;

use std::fs;

use serde_json::{Value, json};

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, drawbridge, run, run_with_input};
use crate::support::folder::Folder;

/// Runs a filter on a text, from a file and from standard input; both must do the same.
fn filter(args: &[&str], input: &str) -> Outcome {
    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    fs::write(&file, input).unwrap();
    let mut of_file = drawbridge(args);
    of_file.arg(&file);
    let of_file = run(of_file);
    let piped = run_with_input(drawbridge(args), input.as_bytes());
    let dash = run_with_input(drawbridge(&[args, &["-"]].concat()), input.as_bytes());
    for other in [&piped, &dash] {
        assert_eq!(
            of_file.code, other.code,
            "{}{}",
            of_file.stderr, other.stderr
        );
        assert_eq!(of_file.stdout, other.stdout);
        assert_eq!(of_file.stderr, other.stderr);
    }
    of_file
}

/// One list of alerts in the four shapes.
fn shapes(alerts: &[Value]) -> [String; 3] {
    let lines: Vec<String> = alerts.iter().map(Value::to_string).collect();
    [
        list(alerts),
        json!({"@odata.context": "c", "value": alerts, "@odata.nextLink": "l"}).to_string(),
        lines.join("\n"),
    ]
}

#[test]
fn what_holds_no_alert_says_what_is_taken() {
    for command in ["map", "explain"] {
        for input in ["", " \n", "nonsense", "{\"id\":"] {
            filter(&[command], input)
                .failed(1, &["one alert, an array, a Graph list response or NDJSON"]);
        }
        let missing = run(drawbridge(&[command, "/nonexistent/alerts.json"]));
        missing.failed(
            1,
            &["/nonexistent/alerts.json cannot be read: there is no such file"],
        );
    }
    filter(&["explain"], "[]").failed(1, &["holds no alert"]);
    let latin = run_with_input(drawbridge(&["map"]), b"{\"id\":\"\xe9\"}");
    latin.failed(1, &["not UTF-8"]);
}

/// As a poll reads it.
#[test]
fn half_a_surrogate_pair_costs_a_character_and_not_the_alert() {
    let input = r#"{"id":"da1","title":"a\ud800z"}"#;
    let mapped = filter(&["map", "--format", "native"], input).well();
    assert_eq!(mapped.stdout, "{\"id\":\"da1\",\"title\":\"a\\ufffdz\"}\n");
    let explained = filter(&["explain"], input).well();
    assert!(
        explained.stdout.contains("a\u{fffd}z"),
        "{}",
        explained.stdout
    );
}

/// The reader reads a line and goes, as `head -n 1` does.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error_to_speak_of() {
    use std::io::{BufRead as _, BufReader};

    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    // Far more than a pipe holds.
    fs::write(&file, list(&[alert(1, 3000)])).unwrap();
    for args in [["map"].as_slice(), &["explain"], &["explain", "--json"]] {
        let mut child = drawbridge(args).arg(&file).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.ends_with('\n'));
        let outcome = Outcome::of(child.wait_with_output().unwrap()).well();
        assert_eq!(outcome.stderr, "", "{args:?}");
    }
}
