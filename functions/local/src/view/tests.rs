//! The pages over HTTP: who is answered, what every answer says, and that alerts are text.

use std::fs;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tempfile::TempDir;

use super::*;

/// The pages of a folder, on a port of their own.
struct Pages {
    folder: TempDir,
    root: String,
    url: String,
}

impl Pages {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard::new(address.port()).unwrap();
        let url = guard.url();
        let place = DataLocation::folder(folder.path().to_owned());
        let router = site::router(Arc::new(Site::new(place)), guard);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let root = format!("http://{address}/");
        Self { folder, root, url }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let client = Client::builder().no_proxy().build().unwrap();
        client.request(method, format!("{}{path}", self.url))
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        text(answer).await
    }

    async fn paste(&self, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let answer = self.ask(Method::POST, "").body(form.finish());
        let answer = answer.send().await.unwrap();
        (answer.status(), text(answer).await)
    }

    /// Puts an object of the folder in its place.
    fn write(&self, key: &str, text: &str) {
        let path = self.folder.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The text of an answer, which has to say what every answer says.
async fn text(answer: Response) -> String {
    let headers = answer.headers().clone();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value);
    }
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
    assert!(headers.get("access-control-allow-origin").is_none());
    answer.text().await.unwrap()
}

#[tokio::test]
async fn only_who_has_the_token_is_answered() {
    let pages = Pages::start().await;
    let token = pages.url.trim_end_matches('/').rsplit('/').next().unwrap();
    assert_eq!(token.len(), 64);
    assert_ne!(Guard::new(1).unwrap().url(), Guard::new(1).unwrap().url());
    let other = "0".repeat(64);
    for path in [
        "",
        "tenants",
        &token[1..],
        &format!("{other}/"),
        &format!("{token}0/"),
        "?token=",
    ] {
        for rest in ["", "/tenants"] {
            let answer = reqwest::get(format!("{}{path}{rest}", pages.root))
                .await
                .unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}{rest}");
            let text = text(answer).await;
            assert!(
                !text.contains(token) && text.contains("drawbridge view"),
                "{text}"
            );
        }
    }
    let page = pages.page("").await;
    assert!(!page.contains(token), "no page shows the token");
}

#[tokio::test]
async fn a_host_or_an_origin_that_is_not_ours_is_refused() {
    let pages = Pages::start().await;
    let own = pages
        .root
        .trim_end_matches('/')
        .trim_start_matches("http://")
        .to_owned();
    let port = own.split(':').nth(1).unwrap();
    let ask = |name: &'static str, value: String, method: Method| {
        pages.ask(method, "tenants").header(name, value).send()
    };
    for (host, is_ours) in [
        (own.clone(), true),
        (format!("localhost:{port}"), true),
        ("localhost".to_owned(), false),
        (format!("rebound.example:{port}"), false),
        (format!("127.0.0.1.rebound.example:{port}"), false),
        ("127.0.0.1:1".to_owned(), false),
    ] {
        let answer = ask("host", host.clone(), Method::GET).await.unwrap();
        assert_eq!(answer.status() == StatusCode::OK, is_ours, "{host}");
        text(answer).await;
    }
    for (origin, is_ours) in [
        (format!("http://{own}"), true),
        (format!("http://localhost:{port}"), true),
        (format!("https://{own}"), false),
        ("http://evil.example".to_owned(), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ] {
        let answer = ask("origin", origin.clone(), Method::GET).await.unwrap();
        assert_eq!(answer.status() == StatusCode::OK, is_ours, "{origin}");
        text(answer).await;
    }
    for (site, is_ours) in [
        ("same-origin", true),
        ("same-site", false),
        ("cross-site", false),
    ] {
        let form = pages.ask(Method::POST, "").header("origin", "null");
        let answer = form.header("sec-fetch-site", site).body("text=%7B%7D");
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status() == StatusCode::OK, is_ours, "{site}");
    }
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let pages = Pages::start().await;
    for (method, path) in [
        (Method::PUT, ""),
        (Method::DELETE, "item?id=a/alerts/b"),
        (Method::PATCH, "tenants"),
        (Method::HEAD, ""),
        (Method::OPTIONS, ""),
        (Method::POST, "tenants"),
        (Method::POST, "quarantine"),
        (Method::POST, "item"),
    ] {
        let answer = pages.ask(method.clone(), path).send().await.unwrap();
        assert_eq!(
            answer.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        text(answer).await;
    }
    assert_eq!(fs::read_dir(pages.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_first_page_shows_an_alert_of_the_demo_in_every_format() {
    let pages = Pages::start().await;
    for format in drawbridge_record::names() {
        let page = pages.page(&format!("?demo=2&format={format}")).await;
        assert!(
            page.contains(&format!("data-format=\"{format}\"")),
            "{format}"
        );
        assert!(
            page.contains(" data-from=\"a") && page.contains(" data-used"),
            "{format}"
        );
    }
    assert_eq!(
        pages.page("").await,
        pages.page("?demo=1&format=siem").await
    );
    for (path, status) in [
        ("?demo=0", 404),
        ("?demo=999999999", 404),
        ("?demo=x", 400),
        ("?format=x", 500),
    ] {
        let answer = pages.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        text(answer).await;
    }
}

const HOSTILE: &str = r#"{"id":"da1","title":"</textarea><script>alert(1)</script>\u202e"}"#;

#[tokio::test]
async fn an_alert_that_is_pasted_is_text() {
    let pages = Pages::start().await;
    let raw = HOSTILE.replace("\\u202e", "\u{202e}");
    let two = format!("{{\"id\":\"da0\"}}\n{raw}\n");
    for (text, number) in [(HOSTILE, "1"), (&raw, "1"), (&two, "2")] {
        let fields = [("text", text), ("format", "ocsf"), ("number", number)];
        let (status, page) = pages.paste(&fields).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("data-key=\"finding_info.title\""), "{page}");
        assert_eq!(page.matches("<script>").count(), 1, "its own");
        assert_eq!(page.matches("</textarea>").count(), 1, "its own");
        assert!(!page.contains('\u{202e}') && page.contains("\\u202e"));
    }
    for (text, why) in [
        ("", "the input is empty"),
        ("<b>nonsense", "is not JSON"),
        ("[]", "there are 0 alerts in it"),
        (r#"{"title":"no id"}"#, "It becomes no record"),
    ] {
        let (status, page) = pages.paste(&[("text", text)]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            page.contains(why) && !page.contains("<b>nonsense"),
            "{why}: {page}"
        );
    }
}

#[tokio::test]
async fn what_is_large_or_deep_is_shown_in_part_or_refused() {
    let pages = Pages::start().await;
    // Four bytes below the limit, each of which a form writes as three.
    let large = format!(
        r#"{{"id":"da1","title":"{}"}}"#,
        "é".repeat(alert_page::MAX_PASTED_BYTES / 2 - 20)
    );
    let (status, page) = pages.paste(&[("text", &large), ("format", "siem")]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("more characters, which are not shown"));
    for more in [32, 16 << 20] {
        let (status, page) = pages
            .paste(&[("text", &large.replacen("id", &"x".repeat(more), 1))])
            .await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(page.contains("up to 4 MiB"), "{page}");
    }
    for (depth, is_read) in [(40, true), (100_000, false)] {
        let deep = format!(
            r#"{{"id":"da1","x":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let (status, page) = pages.paste(&[("text", &deep), ("format", "native")]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(page.contains("class=\"alarm\""), !is_read, "{depth}");
    }
}

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
        "no poll has ever ended well",
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
        page.contains("quarantine/fabrikam/alerts/d.json is no item"),
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
        "The tenant has no file siem.ndjson.",
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
    for path in ["versions?tenant=contoso&id=da1", "tenants"] {
        let page = pages.page(path).await;
        assert!(
            !page.contains("hunter2") && !page.contains("<svg"),
            "{path}: {page}"
        );
    }
}
