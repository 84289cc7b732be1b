//! What the page says of alerts: each value that is explained has its target, and an alert is text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use drawbridge_record::{format, formats};
use drawbridge_view::{Page, side_by_side};

/// The values of an attribute, in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    let parts = html.split(&start).skip(1);
    parts.map(|rest| rest.split('"').next().unwrap()).collect()
}

fn page(json: &str, name: &str) -> String {
    side_by_side(json, format(name).unwrap()).into_string()
}

/// The alerts of the record crate's own tests.
fn alerts() -> Vec<String> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/local/tests/command/fixtures");
    let list = fs::read_to_string(folder.join("list.json")).unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let list = list.get("value").unwrap_or(&list);
    list.as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn each_value_that_is_explained_has_its_target_and_each_target_points_back() {
    let alerts = alerts();
    assert!(!alerts.is_empty());
    let mut count = 0;
    for json in &alerts {
        for format in formats() {
            let html = side_by_side(json, *format).into_string();
            let ids: Vec<&str> = attributes(&html, "id");
            let unique: HashSet<&str> = ids.iter().copied().collect();
            assert_eq!(
                ids.len(),
                unique.len(),
                "ids are unique in {}",
                format.name()
            );
            let targets: HashSet<&str> = attributes(&html, "data-from")
                .iter()
                .flat_map(|ids| ids.split(' '))
                .collect();
            count += targets.len();
            for target in &targets {
                assert!(unique.contains(target), "{}: no {target}", format.name());
                let element = html.split(&format!("<li id=\"{target}\"")).nth(1).unwrap();
                let tag = element.split('>').next().unwrap();
                assert!(tag.contains(" data-used"), "{target}: {tag}");
            }
            for link in attributes(&html, "href") {
                assert!(
                    unique.contains(&link[1..]),
                    "{}: {link} leads nowhere",
                    format.name()
                );
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// Of the values that `explain` calls the alert's own, none is without a target.
#[test]
fn no_value_of_the_alert_is_left_without_a_target() {
    const OTHERS: [&str; 8] = [
        "always empty",
        "synthesised",
        "empty:",
        "fixed:",
        "constant",
        "Graph sent no value",
        "the same on every record",
        "unmapped",
    ];
    let mut count = 0;
    for json in &alerts() {
        let alert = drawbridge_alert::Alert::decode(json).unwrap();
        for format in formats() {
            let html = side_by_side(json, *format).into_string();
            let rows: Vec<&str> = html.split("<tr id=\"").skip(1).collect();
            let explained = format.explain(&alert);
            let keys: Vec<_> = explained.iter().flat_map(|record| &record.keys).collect();
            assert_eq!(rows.len(), keys.len());
            for (row, key) in rows.iter().zip(keys) {
                let has_value = key.value != "" && !key.value.is_null();
                let is_fallback = key.from.contains("else the word `") && key.value == "alert";
                let is_other = OTHERS.iter().any(|other| key.from.starts_with(other));
                if has_value && !is_other && !is_fallback {
                    count += 1;
                    let tag = row.split('>').next().unwrap();
                    assert!(tag.contains("data-from"), "{}: {key:?}", format.name());
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_value_points_at_the_place_that_it_came_from() {
    let json = r##"{"id":"da1","title":"Unusual","evidence":[{"@odata.type":"#microsoft.graph.security.ipEvidence","ipAddress":"192.0.2.7"}]}"##;
    let html = page(json, "siem");
    let row = html.split("data-key=\"IpAddress\"").nth(1).unwrap();
    let target = attributes(row, "data-from")[0];
    let value = format!("<li id=\"{target}\" data-path=\"evidence[0].ipAddress\" data-used>");
    assert!(html.contains(&value), "{html}");
    assert!(
        row.split("</tr>")
            .next()
            .unwrap()
            .contains(&format!("href=\"#{target}\""))
    );
    let element = html.split(&value).nth(1).unwrap();
    let label = attributes(element, "aria-label")[0];
    assert_eq!(label, "Used by IpAddress of record 1");
}

#[test]
fn a_key_that_drawbridge_made_says_so() {
    let html = page(r#"{"id":"da1","title":"t"}"#, "siem");
    let row = html.split("data-key=\"FullId\"").nth(1).unwrap();
    let row = row.split("</tr>").next().unwrap();
    let words = "made by Drawbridge: <code>`AlertId:IocUniqueId`, the deduplication key</code>";
    assert!(row.contains(words) && !row.contains("data-from"), "{row}");
    assert!(!html.contains("synthesised"));
}

#[test]
fn a_hostile_alert_is_text() {
    let json = serde_json::json!({
        "id": "da1\"><script>alert(1)</script>",
        "title": "<img src=x onerror=alert(1)>\u{202e}txt.exe\u{1b}[2J",
        "\"><svg onload=alert(1)>": "'\" onmouseover=\"alert(1)",
        "createdDateTime": "javascript:alert(1)",
        "alertWebUrl": "javascript:alert(1)",
        "evidence": [{"@odata.type": "#microsoft.graph.security.urlEvidence", "url": "</code><script>"}],
    });
    for format in formats() {
        let html = side_by_side(&json.to_string(), *format).into_string();
        for bad in [
            "<script",
            "<img",
            "<svg",
            "href=\"javascript",
            "\" onmouseover",
            "\u{202e}",
            "\u{1b}",
        ] {
            assert!(!html.contains(bad), "{}: {bad:?}", format.name());
        }
        assert!(
            html.contains("&lt;img src=x onerror=alert(1)&gt;\\u202e"),
            "{html}"
        );
    }
}

#[test]
fn what_is_too_much_for_a_browser_is_cut_and_said() {
    let text = "x".repeat(3 << 20);
    let html = page(&format!(r#"{{"id":"da1","title":"{text}"}}"#), "siem");
    assert!(html.contains("more characters, which are not shown"));
    assert!(html.len() < 1 << 20, "{}", html.len());
    let many = vec!["1"; 50_000].join(",");
    let html = page(
        &format!(r#"{{"id":"da1","many":[{many}],"title":"late"}}"#),
        "native",
    );
    assert!(html.contains("values are shown; "));
    for link in attributes(&html, "href") {
        let target = format!(" id=\"{}\"", &link[1..]);
        assert!(html.contains(&target), "{link} leads nowhere");
    }
    let deep = format!(
        r#"{{"id":"da1","x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let html = page(&deep, "ecs");
    assert!(html.contains("It becomes no record"));
    let evidence =
        vec![r##"{"@odata.type":"#microsoft.graph.security.ipEvidence","ipAddress":"IP"}"##; 300];
    let evidence = evidence.iter().enumerate();
    let evidence: Vec<String> = evidence
        .map(|(n, one)| one.replace("IP", &format!("192.0.2.{n}")))
        .collect();
    let html = page(
        &format!(r#"{{"id":"da1","evidence":[{}]}}"#, evidence.join(",")),
        "siem",
    );
    assert!(
        html.contains("The first 50 of 300 records"),
        "{}",
        &html[html.len() - 400..]
    );
}

#[test]
fn what_is_no_alert_is_shown_with_the_reason() {
    for (json, why) in [
        ("{\"title\":\"t\"}", "It becomes no record"),
        ("<b>no JSON", "cannot be taken apart"),
        (r#"{"id":"da1","n":1e999}"#, "cannot be taken apart"),
    ] {
        let html = page(json, "siem");
        assert!(html.contains(why) && !html.contains("<b>no"), "{html}");
    }
}

#[test]
fn the_policy_allows_the_pages_own_style_and_script_alone() {
    let page = Page {
        title: "T",
        links: &[
            ("./".to_owned(), "Alert"),
            ("tenants".to_owned(), "Tenants"),
        ],
        here: "Alert",
        body: maud::html! {},
    };
    let html = page.html();
    let policy = Page::policy();
    for tag in ["style", "script"] {
        let parts: Vec<&str> = html.split(&format!("<{tag}>")).collect();
        assert_eq!(parts.len(), 2, "one {tag}");
        let text = parts[1].split(&format!("</{tag}>")).next().unwrap();
        let source = format!("{tag}-src 'sha256-{}';", drawbridge_view::digest(text));
        assert!(policy.contains(&source), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
    assert!(!html.contains(" style=") && !html.contains(" onclick"));
    assert!(html.contains("<a href=\"./\" aria-current=\"page\">Alert</a>"));
}
