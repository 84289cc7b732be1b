//! `map`: alerts in, records out.

use serde_json::{Value, json};

use super::{filter, shapes};
use crate::support::alerts::{CONTENT, alert, files_of, id, list};
use crate::support::command::{drawbridge, run, run_with_input};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

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

/// The beta of Graph derives `manualAlert` from `alert`, and may name the type of every element.
#[test]
fn a_manual_alert_is_an_alert() {
    let typed = |n, kind: Option<&str>| {
        let mut alert = alert(n, 1);
        if let Some(kind) = kind {
            alert["@odata.type"] = json!(format!("#microsoft.graph.security.{kind}"));
        }
        alert
    };
    let alerts = [
        typed(1, Some("alert")),
        typed(2, Some("manualAlert")),
        typed(3, None),
        typed(4, Some("alertOfTomorrow")),
    ];
    let expected: Vec<_> = (1..=4).map(|n| record(n, 0)).collect();
    for text in shapes(&alerts) {
        assert_eq!(records(&filter(&["map"], &text).well().stdout), expected);
    }
    // Off Graph, too, and for every format.
    let (tenant, folder) = (Tenant::new(&list(&alerts)), Folder::new());
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), files_of((1..=4).map(|n| (n, 1))));
    for format in ["native", "ocsf", "ecs", "cef", "leef"] {
        let mapped = filter(&["map", "--format", format], &list(&alerts)).well();
        assert_eq!(mapped.stdout.lines().count(), 4, "{format}");
    }
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
}

#[test]
fn map_of_an_empty_list_says_so() {
    for text in ["[]", &list(&[])] {
        let told = filter(&["map"], text).failed(1, &["the list holds no alert"]);
        assert_eq!(told.stdout, "");
    }
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

#[test]
fn map_keeps_one_record_a_line_whatever_the_alerts_hold() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let alerts = [
        r#"{"id":"\u0000\r\n\"/..\\\u202e","title":"\u2028\uffff\u001b[31m"}"#.to_owned(),
        "{\r\n\"id\"\n:\t\"spread\",\"n\":1e999,\"n\":\"\\ud800\"}".into(),
        format!(r#"{{"id":"{}"}}"#, "i".repeat(1 << 20)),
        format!(r#"{{"id":"deep\n\u001b[31m\u202e","x":{deep}}}"#),
        r#"{"id":"twice","title":"a","title":"b"}"#.into(),
    ];
    let input = format!(r#"{{"value":[{}]}}"#, alerts.join(","));
    for format in ["siem", "native"] {
        let outcome = filter(&["map", "--format", format], &input)
            .failed(1, &["alert 4: ", "deeply", "alert 5: ", "2 of 5 alerts"]);
        // Line ends are what ends a line, whoever reads it.
        let lines: Vec<&str> = outcome.stdout.trim_end().split(['\n', '\r']).collect();
        assert_eq!(lines.len(), 3, "{format}");
        for line in lines {
            serde_json::from_str::<&serde_json::value::RawValue>(line).unwrap();
            assert!(line.starts_with('{') && !line.contains('\0'));
        }
        let is_plain = |c: char| c == '\n' || (c != '\u{202e}' && !c.is_control());
        assert!(outcome.stderr.chars().all(is_plain), "{:?}", outcome.stderr);
    }
}

#[test]
fn what_is_no_alert_is_told_so_and_nobody_is_asked_to_report_it() {
    let outcome = run_with_input(drawbridge(&["map"]), b"{\"records\": []}");
    let outcome = outcome.failed(1, &["this is not an alert as Microsoft Graph"]);
    assert!(!outcome.stderr.contains("report"), "{}", outcome.stderr);
}
