//! The versions of an alert, and its records in steps.

use serde_json::{Value, json};

use super::*;

/// A record of an alert, as far as the page looks at it.
fn record(alert: &str, part: u32, more: &Value) -> String {
    let mut record = json!({
        "AlertId": alert,
        "AlertTitle": "A <b>",
        "AlertPart": part,
        "FullId": format!("{alert}:{part}"),
        "IocUniqueId": part.to_string(),
        "LastProcessedTimeUtc": "2026-01-01T00:00:00Z",
    });
    let members = more.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(members);
    format!("{record}\n")
}

async fn page_of(lines: &[String]) -> String {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    pages.write("contoso/siem.ndjson", &lines.concat());
    pages.page("versions?tenant=contoso&id=da1").await
}

/// The steps of a page, each as its own part of it.
fn steps(page: &str) -> Vec<&str> {
    page.split("<li data-time=").skip(1).collect()
}

#[tokio::test]
async fn what_cannot_be_told_apart_is_one_step_that_says_so_and_in_which_nothing_is_removed() {
    let page = page_of(&[
        record(
            "da1",
            0,
            &json!({"ComputerDnsName": "ws-1", "DeviceCreatedMachineTags": "pilot"}),
        ),
        record(
            "da1",
            1,
            &json!({"FileName": "a.exe", "ComputerDnsName": "ws-2"}),
        ),
        record("da1", 2, &json!({"UserName": "<i>"})),
        record("da2", 0, &json!({"UserName": "of another alert, not da1"})),
    ])
    .await;
    assert_eq!(steps(&page).len(), 1, "{page}");
    for words in [
        "data-records=\"3\"",
        "3 records<span class=\"note\"> (together or one after another: cannot be told apart)</span>:",
        "<code>device ws-1</code>",
        "<code>file a.exe, device ws-2</code>",
        "<code>user &lt;i&gt;</code>",
        "A record does not say when it was written",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for words in [
        "Removed",
        "later",
        "<i>",
        "another alert, not",
        "AlertPart 0",
    ] {
        assert!(!page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn a_record_that_came_later_says_what_is_new_in_it() {
    let page = page_of(&[
        record(
            "da1",
            0,
            &json!({"ComputerDnsName": "ws-1", "Severity": "Low"}),
        ),
        record("da2", 0, &json!({})),
        // The same last activity: another line lies between.
        record(
            "da1",
            1,
            &json!({"ComputerDnsName": "ws-1", "Severity": "High", "UserName": "chioma"}),
        ),
        record(
            "da1",
            2,
            &json!({"LastProcessedTimeUtc": "2026-01-02T00:00:00Z", "UserName": "chioma"}),
        ),
        record(
            "da1",
            0,
            &json!({"ComputerDnsName": "ws-1", "Severity": "High"}),
        ),
    ])
    .await;
    let steps = steps(&page);
    assert_eq!(steps.len(), 4, "{page}");
    assert!(steps[0].contains("1 record:") && !steps[0].contains("later"));
    let new = "New in it: <code>Severity</code> <code>High</code>, \
               <code>UserName</code> <code>chioma</code></div>";
    for words in [
        "1 record, later:",
        "<code>device ws-1, user chioma</code>",
        new,
    ] {
        assert!(steps[1].contains(words), "{words}: {}", steps[1]);
    }
    assert!(
        steps[2].contains("has no value that the records before it do not have"),
        "{}",
        steps[2]
    );
    // Of a record that is there already, what changed is told against itself.
    let changed = "written again<div data-change=\"Changed\">Changed: <code>Severity</code></div>";
    assert!(steps[3].contains(changed), "{}", steps[3]);
    assert!(!page.contains("Removed"), "{page}");
}

#[tokio::test]
async fn what_came_before_what_is_read_is_told_and_many_records_hide_no_late_one() {
    let mut lines: Vec<String> = (1..300)
        .map(|part| record("da1", part, &json!({"Url": part})))
        .collect();
    lines.push(record("da2", 0, &json!({})));
    lines.push(record("da1", 300, &json!({"Url": "the last"})));
    let page = page_of(&lines).await;
    let steps = steps(&page);
    assert_eq!(steps.len(), 2, "{}", steps.len());
    for words in ["299 records<", "and 279 more", "URL 20<"] {
        assert!(steps[0].contains(words), "{words}: {}", steps[0]);
    }
    assert!(steps[1].contains("<code>the last</code>"), "{}", steps[1]);
    assert!(page.contains("(AlertPart 0) is not in what was read"));
}

/// Records of one reading have what is the alert's in common, whatever its time.
#[tokio::test]
async fn a_record_that_says_something_else_of_the_alert_came_later() {
    let page = page_of(&[
        record("da1", 0, &json!({"Severity": "Low", "Url": "a"})),
        record("da1", 1, &json!({"Severity": "High", "Url": "b"})),
        record("da1", 2, &json!({"Severity": "High", "Url": "c"})),
    ])
    .await;
    let steps = steps(&page);
    assert_eq!(steps.len(), 2, "{page}");
    assert!(steps[0].contains("1 record:") && !steps[0].contains("told apart"));
    for words in [
        "2 records, later<span class=\"note\"> (together or one after another",
        "URL b</code>: came later",
        "URL c</code>: came later",
    ] {
        assert!(steps[1].contains(words), "{words}: {}", steps[1]);
    }
}

/// Where each came alone, nothing is left to doubt.
#[tokio::test]
async fn no_doubt_is_told_of_records_that_came_one_by_one() {
    let page = page_of(&[
        record("da1", 0, &json!({"Url": "a"})),
        record("da2", 0, &json!({})),
        record("da1", 1, &json!({"Url": "b"})),
    ])
    .await;
    assert_eq!(steps(&page).len(), 2, "{page}");
    assert!(!page.contains("told apart"), "{page}");
}
