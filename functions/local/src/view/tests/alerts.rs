//! The page of an alert.

use super::*;

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
        pages
            .page(&format!("?demo={}&format=siem", alert_page::FIRST_SHOWN))
            .await
    );
    for (path, status) in [
        ("?demo=0", 404),
        ("?demo=999999999", 404),
        ("?demo=x", 400),
        ("?format=x", 400),
        ("tenants/nothing", 404),
    ] {
        let answer = pages.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let page = text(answer).await;
        assert!(
            page.contains("role=\"alert\"") && page.contains("</html>"),
            "{path}: {page}"
        );
    }
}

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
