//! Who is answered.

use super::*;

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
    // Without its last stroke, the address leads to the first page.
    let answer = reqwest::get(pages.url.trim_end_matches('/')).await.unwrap();
    assert_eq!(
        (answer.status(), answer.url().as_str()),
        (StatusCode::OK, &*pages.url)
    );
    assert_eq!(text(answer).await, page);
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
