//! The pages of what a folder holds.

use super::*;

#[tokio::test]
async fn a_tenant_and_its_quarantine_are_told_and_items_are_shown() {
    let pages = Pages::start().await;
    let document = "tenant_id = \"33333333-3333-4333-8333-333333333333\"\n\
                    client_id = \"22222222-2222-4222-8222-222222222222\"\nsecret = \"CONTOSO_SECRET\"\n";
    pages.write("tenants/contoso.toml", document);
    pages.write(
        "state/contoso.error.json",
        r#"{"at":"2026-01-01T00:00:00Z","error":"sign-in <failed>"}"#,
    );
    let alert = format!(r#"{{"reason":"it is <odd>","alert_id":"da1","alert":{HOSTILE}}}"#);
    for n in 0..120 {
        pages.write(&format!("quarantine/contoso/alerts/{n:03}.json"), &alert);
    }
    pages.write(
        "quarantine/fabrikam/gaps/a.json",
        r#"{"reason":"r","window":{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}}"#,
    );
    pages.write(
        "quarantine/fabrikam/records/b.json",
        r#"{"reason":"too long","record":"<i>","output":"siem"}"#,
    );
    pages.write(
        "quarantine/fabrikam/alerts/c.json",
        r#"{"reason":"r","text":"no JSON <u>"}"#,
    );
    pages.write("quarantine/fabrikam/alerts/d.json", "broken");

    let page = pages.page("tenants").await;
    let row = page.split("<tr data-tenant=\"contoso\">").nth(1).unwrap();
    for words in [
        "sign-in &lt;failed&gt;",
        "quarantine?tenant=contoso\">120<",
        "no poll has succeeded yet",
    ] {
        assert!(
            row.contains(words) || page.contains(words),
            "{words}: {page}"
        );
    }

    let page = pages.page("quarantine?tenant=contoso&page=3").await;
    assert!(
        page.contains("120 items are") && page.contains("Page 3 of 3"),
        "{page}"
    );
    assert_eq!(page.matches("<tr data-item=").count(), 20);
    assert!(page.contains("it is &lt;odd&gt;"));
    let page = pages.page("quarantine?tenant=fabrikam").await;
    assert!(
        page.contains("quarantine/fabrikam/alerts/d.json is not an item"),
        "{page}"
    );

    let page = pages.page("item?id=contoso/alerts/007&format=ecs").await;
    for words in ["it is &lt;odd&gt;", "data-format=\"ecs\"", " data-from=\"a"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches("<script>").count(), 1, "its own");
    for (id, words) in [
        (
            "fabrikam/gaps/a",
            "2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z",
        ),
        ("fabrikam/records/b", "<code>&lt;i&gt;</code>"),
        ("fabrikam/alerts/c", "no JSON &lt;u&gt;"),
    ] {
        let page = pages.page(&format!("item?id={id}")).await;
        assert!(page.contains(words), "{id}: {page}");
    }
    for (path, status) in [
        ("item?id=contoso/alerts/none", 404),
        ("item?id=../tenants/contoso", 404),
        ("item?id=contoso/alerts/%2e%2e%2fx", 404),
        ("item?id=../alerts/x", 500),
        ("item", 400),
        ("quarantine?tenant=../x", 400),
    ] {
        let answer = pages.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        text(answer).await;
    }
}

#[tokio::test]
async fn late_evidence_is_told_version_by_version() {
    let pages = Pages::start().await;
    pages.write("state/contoso.json", "{}");
    let first =
        r#"{"id":"da1","lastUpdateDateTime":"2026-01-01T00:00:00Z","status":"new","evidence":[]}"#;
    let second = r#"{"id":"da1","lastUpdateDateTime":"2026-01-02T00:00:00Z","status":"<b>","evidence":[{"ipAddress":"192.0.2.7"}]}"#;
    let other = r#"{"id":"da2","lastUpdateDateTime":"2026-01-03T00:00:00Z","title":"like da1"}"#;
    pages.write(
        "contoso/native.ndjson",
        &format!("{first}\nbroken da1\n{other}\n{second}\n"),
    );
    let page = pages.page("versions?tenant=contoso&id=da1").await;
    let times: Vec<&str> = page
        .split("<li data-time=\"")
        .skip(1)
        .map(|rest| &rest[..10])
        .collect();
    assert_eq!(times, ["2026-01-01", "2026-01-02"]);
    for words in [
        "<div data-change=\"Added\">Added: <code>evidence[0].ipAddress</code></div>",
        "<code>lastUpdateDateTime</code>, <code>status</code>",
        "&lt;b&gt;",
        "The tenant has no file of ocsf, ecs, siem",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("2026-01-03"));
    let page = pages.page("versions?tenant=contoso&id=%3Cb%3E").await;
    assert!(
        page.contains("It has nothing of this alert") && !page.contains("<b>"),
        "{page}"
    );
    let answer = pages
        .ask(Method::GET, "versions?tenant=../x&id=a")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

/// A link in the folder may lead to anybody's file.
#[tokio::test]
#[cfg(unix)]
async fn no_link_in_the_folder_is_followed() {
    let pages = Pages::start().await;
    let outside = tempfile::tempdir().unwrap();
    let line =
        r#"{"id":"da1","AlertId":"da1","AlertTime":"2026-01-01T00:00:00Z","secret":"hunter2"}"#;
    let target = outside.path().join("siem.ndjson");
    fs::write(&target, line).unwrap();
    pages.write("state/contoso.json", "{}");
    fs::create_dir(pages.folder.path().join("contoso")).unwrap();
    for name in ["contoso/siem.ndjson", "native.ndjson", "siem.ndjson"] {
        std::os::unix::fs::symlink(&target, pages.folder.path().join(name)).unwrap();
    }
    for path in [
        "versions?tenant=contoso&id=da1",
        "alerts?tenant=contoso",
        "tenants",
    ] {
        let page = pages.page(path).await;
        assert!(
            !page.contains("hunter2") && !page.contains("<svg"),
            "{path}: {page}"
        );
    }
}
