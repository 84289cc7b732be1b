//! The list of the alerts that a folder holds.

use super::*;

fn native(id: &str, created: &str, title: &str) -> String {
    let json = serde_json::json!({
        "id": id, "title": title, "severity": "high", "createdDateTime": created,
        "lastUpdateDateTime": created, "status": "new",
    });
    format!("{json}\n")
}

/// The ids that a page lists, in their order.
fn ids(page: &str) -> Vec<&str> {
    let rows = page.split("<tr data-alert=\"").skip(1);
    rows.map(|row| row.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_alerts_of_a_file_are_paged_through_the_newest_first() {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    // As a first look-back is written: the newest first.
    let mut lines: Vec<String> = (0..119)
        .rev()
        .map(|n| {
            native(
                &format!("da{n}"),
                &format!("2026-01-02T00:{:02}:{:02}Z", n / 60, n % 60),
                "<i>",
            )
        })
        .collect();
    lines.push(native(
        "da5",
        "2026-01-02T00:00:05Z",
        "the newest version <b>",
    ));
    lines.push("broken\n[]\n{}\n\n{\"id\":7}\n".to_owned());
    pages.write("contoso/native.ndjson", &lines.concat());
    pages.write("contoso/siem.ndjson", "");
    let page = pages.page("alerts").await;
    assert!(page.contains("119 alerts, the newest first"), "{page}");
    let unlisted = "role=\"alert\">4 lines of native.ndjson cannot be listed";
    assert!(page.contains(unlisted), "{page}");
    assert_eq!((ids(&page).len(), ids(&page)[0]), (50, "da118"));
    let last = pages.page("alerts?tenant=contoso&page=3").await;
    assert!(last.contains("Page 3 of 3"), "{last}");
    assert_eq!((ids(&last).len(), *ids(&last).last().unwrap()), (19, "da0"));
    let row = last.split("<tr data-alert=\"da5\">").nth(1).unwrap();
    for words in [
        "href=\"alert?tenant=contoso&amp;id=da5\"><code>the newest version &lt;b&gt;</code>",
        "href=\"versions?tenant=contoso&amp;id=da5\">2 versions<",
    ] {
        assert!(row.contains(words), "{words}: {row}");
    }
    // The links lead to the alert and to its versions.
    let alert = pages.page("alert?tenant=contoso&id=da5&format=ecs").await;
    for words in [
        "data-format=\"ecs\"",
        "the newest version",
        "versions?tenant=contoso&amp;id=da5",
    ] {
        assert!(alert.contains(words), "{words}: {alert}");
    }
    let versions = pages.page("versions?tenant=contoso&id=da5").await;
    assert!(
        versions.contains("Changed: <code>title</code>"),
        "{versions}"
    );
    for (path, status) in [
        ("alert?tenant=contoso&id=none", 404),
        ("alert?tenant=contoso", 400),
        ("alert?tenant=../x&id=a", 400),
        ("alerts?tenant=../x", 400),
        ("alerts?page=x", 400),
    ] {
        let answer = pages.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let page = text(answer).await;
        assert!(page.contains("</html>"), "{path}");
        for raw in ["invalid digit", "deserialize", "missing field"] {
            assert!(!page.contains(raw), "{path}: {page}");
        }
    }
}

/// As JSON writes it, the id is another text than it is.
#[tokio::test]
async fn an_odd_id_leads_to_its_alert_all_the_same() {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    let line = native("a\"/ &<b>", "2026-01-02T00:00:00Z", "odd").replace('/', "\\/");
    pages.write("contoso/native.ndjson", &line);
    let page = pages.page("alerts").await;
    let row = page.split("<tr data-alert=").nth(1).unwrap();
    let links: Vec<&str> = row.split("href=\"").skip(1).collect();
    assert_eq!(links.len(), 2, "{row}");
    for link in links {
        let path = link.split('"').next().unwrap().replace("&amp;", "&");
        let page = pages.page(&path).await;
        assert!(page.contains("odd"), "{path}: {page}");
    }
}

#[tokio::test]
async fn without_native_the_alerts_of_the_records_are_listed_whatever_the_format() {
    // It is listed by when it was created, not by when it was changed.
    let json = r#"{"id":"da1","title":"A title","severity":"high","createdDateTime":"2026-01-02T00:00:00Z","lastUpdateDateTime":"2026-01-05T00:00:00Z","status":"new"}"#;
    let alert = drawbridge_alert::Alert::decode(json).unwrap();
    for name in ["siem", "ocsf", "ecs"] {
        let pages = Pages::start().await;
        pages.write("state/contoso.json", "{}");
        let format = drawbridge_record::format(name).unwrap();
        let draft = format.drafts(&alert).next().unwrap();
        let record = draft.write(0, drawbridge_record::Change::Changed);
        pages.write(
            &format!("contoso/{name}.ndjson"),
            &format!("{}\n", record.body),
        );
        // It was rotated.
        pages.write("contoso/native.ndjson", "");
        let page = pages.page("alerts").await;
        let row = page.split("<tr data-alert=\"da1\">").nth(1);
        let row = row.unwrap_or_else(|| panic!("{name}: {page}"));
        for words in ["A title", "2026-01-02T00:00:00", "igh<", ">1 "] {
            assert!(row.contains(words), "{name}: {words}: {row}");
        }
        assert!(
            page.contains("holds records and not the alerts") && !row.contains("href=\"alert?")
        );
        let versions = pages.page("versions?tenant=contoso&id=da1").await;
        // Of the version, not of the alert.
        let found = versions.matches("<li data-time=\"2026-01-05T00:00:00");
        assert_eq!(found.count(), 1, "{name}: {versions}");
    }
}

#[tokio::test]
async fn a_folder_without_a_tenant_or_a_file_says_so() {
    let pages = Pages::start().await;
    for path in ["tenants", "versions", "alerts"] {
        let page = pages.page(path).await;
        let hint = "drawbridge view --out drawbridge-data/demo`";
        assert!(
            page.contains("There is no tenant") && page.contains(hint),
            "{path}: {page}"
        );
    }
    pages.write("state/contoso.json", "{}");
    pages.write("contoso/cef.log", "CEF:0|\n");
    let page = pages.page("alerts").await;
    assert!(page.contains("holds an alert that can be listed"), "{page}");
}

/// What lies in the place of a file is named, and nothing waits for it.
#[tokio::test]
#[cfg(unix)]
async fn what_is_no_file_is_told_as_what_it_is() {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    pages.write("state/fabrikam.json", "{}");
    pages.write("contoso/other", "");
    pages.write("fabrikam/other", "");
    let path = |name: &str| pages.folder.path().join(name);
    std::os::unix::fs::symlink(path("contoso/other"), path("contoso/siem.ndjson")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(path("fabrikam/siem.ndjson"))
        .status();
    assert!(made.unwrap().success());
    for (tenant, what) in [
        ("contoso", "symbolic link"),
        ("fabrikam", "not a regular file"),
    ] {
        for path in ["versions?id=da1&tenant=", "alerts?tenant="] {
            let page = pages.page(&format!("{path}{tenant}")).await;
            let alarm = page.split("role=\"alert\"").nth(1).unwrap_or_default();
            assert!(
                alarm.contains(what) && alarm.contains("siem.ndjson"),
                "{path}{tenant}: {page}"
            );
            assert!(!page.contains("no file of siem"), "{page}");
        }
    }
}

/// The files of the folder itself are the demo's, and of no tenant that has none of its own.
#[tokio::test]
async fn no_tenant_is_shown_the_alerts_of_another() {
    let pages = Pages::start().await;
    let line = native("da1", "2026-01-02T00:00:00Z", "of the demo");
    pages.write("native.ndjson", &line);
    for tenant in ["demo", "onlycef"] {
        pages.write(&format!("state/{tenant}.json"), "{}");
    }
    pages.write("onlycef/cef.log", "CEF:0|\n");
    let shown_of = async |tenant: &str| {
        let of = format!("tenant={tenant}&id=da1");
        let mut shown = Vec::new();
        for path in ["alerts", "versions", "alert"] {
            let answer = pages.ask(Method::GET, &format!("{path}?{of}"));
            let page = text(answer.send().await.unwrap()).await;
            shown.push(page.contains("of the demo"));
        }
        shown
    };
    assert_eq!(shown_of("demo").await, [true; 3]);
    for tenant in ["onlycef", "other"] {
        assert_eq!(shown_of(tenant).await, [false; 3], "{tenant}");
    }
    // Without a name: the first tenant's, and no alert by itself.
    assert_eq!(shown_of("").await, [true, true, false]);
    // Another one that is called so.
    pages.write("tenants/demo.toml", "");
    for tenant in ["demo", ""] {
        assert_eq!(shown_of(tenant).await, [false; 3], "{tenant}");
    }
}

/// A byte of a broken disk hides no alert.
#[tokio::test]
async fn an_alert_with_a_byte_that_is_no_text_is_listed() {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    pages.write("contoso/native.ndjson", "");
    let line = native("da1", "2026-01-02T00:00:00Z", "a?c").into_bytes();
    let line: Vec<u8> = line
        .iter()
        .map(|byte| if *byte == b'?' { 0xff } else { *byte })
        .collect();
    fs::write(pages.folder.path().join("contoso/native.ndjson"), line).unwrap();
    let page = pages.page("alerts").await;
    assert!(page.contains("1 alert, the newest first"), "{page}");
    assert!(page.contains("<code>a\u{fffd}c</code>"), "{page}");
}
