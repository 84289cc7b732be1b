//! `map`: alerts in, records out.

use serde_json::{Value, json};

use super::{filter, shapes};
use crate::support::alerts::{CONTENT, alert, id, list};

fn records(stdout: &str) -> Vec<(String, String, u64)> {
    let lines = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|r| {
            (
                text(&r["AlertId"]),
                text(&r["FileName"]),
                r["AlertPart"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn record(n: usize, file: u64) -> (String, String, u64) {
    (id(n), format!("{CONTENT} {file:05}.exe"), file)
}

#[test]
fn map_takes_all_four_shapes() {
    let one = [record(1, 0), record(1, 1)];
    for single in [alert(1, 2).to_string(), format!("{:#}\n", alert(1, 2))] {
        assert_eq!(records(&filter(&["map"], &single).well().stdout), one);
    }
    let both = [record(1, 0), record(1, 1), record(2, 0)];
    let mapped =
        shapes(&[alert(1, 2), alert(2, 1)]).map(|text| filter(&["map"], &text).well().stdout);
    assert_eq!(records(&mapped[0]), both);
    assert!(mapped.iter().all(|stdout| *stdout == mapped[0]));
    assert_eq!(
        filter(&["map", "--format", "siem"], &list(&[]))
            .well()
            .stdout,
        ""
    );
}

#[test]
fn map_reports_a_bad_alert_by_position_and_id_and_maps_the_others() {
    let mut bad = alert(2, 1);
    bad["evidence"][1]["fileDetails"] = json!(CONTENT);
    for text in shapes(&[alert(1, 1), bad, json!({"title": CONTENT}), alert(4, 1)]) {
        let outcome = filter(&["map"], &text);
        assert_eq!(records(&outcome.stdout), [record(1, 0), record(4, 0)]);
        assert!(!outcome.stderr.contains(CONTENT), "{}", outcome.stderr);
        outcome.failed(
            1,
            &[
                "alert 2: ",
                &id(2),
                "evidence[1].fileDetails",
                "alert 3: ",
                "id",
                "2 of 4 alerts",
            ],
        );
    }
}

/// An array must not be taken for the object whose properties it might list in order.
#[test]
fn a_list_where_an_object_belongs_is_a_bad_alert() {
    for (evidence, property) in [(1, "fileDetails"), (2, "imageFile"), (2, "userAccount")] {
        let mut bad = alert(1, 1);
        let process = json!({"@odata.type": "#microsoft.graph.security.processEvidence"});
        bad["evidence"].as_array_mut().unwrap().push(process);
        bad["evidence"][evidence][property] = json!([CONTENT]);
        let outcome = filter(&["map"], &bad.to_string());
        assert_eq!(outcome.stdout, "");
        outcome.failed(
            1,
            &["alert 1: ", &format!("evidence[{evidence}].{property}")],
        );
    }
}

#[test]
fn map_reports_a_bad_line_by_its_number() {
    let text = format!("{}\nnonsense\n\n{}\n", alert(1, 1), alert(2, 1));
    let outcome = filter(&["map"], &text);
    assert_eq!(records(&outcome.stdout), [record(1, 0), record(2, 0)]);
    outcome.failed(1, &["alert 2: ", "not JSON", "1 of 3 alerts"]);
}
