use std::sync::Arc;

use drawbridge_entra::Cloud;
use drawbridge_entra::testing::{SignIn as _, shown};
use drawbridge_graph::{
    AlertQuery, ErrorKind, Graph, GraphError, LinkProblem, Room, Settings, Stats,
};
use drawbridge_http::script::{Answer, MARKER, Script, page};
use drawbridge_time::Deadline;

use crate::support::{Client, query};

const NEXT: &str = "https://graph.example/v1.0/security/alerts_v2?$top=100&$skiptoken=a%2Bb";

#[tokio::test(start_paused = true)]
async fn pages_are_followed_with_the_same_headers() {
    let script = Script::pages([
        Answer::page_with_next(&["a", "b"], NEXT),
        Answer::page(&["c"]),
    ]);
    let graph = script.graph();
    let first = graph.list(&query(), Deadline::none()).await.unwrap();
    let link = first.next().unwrap().clone();
    let second = graph.follow(&link, Deadline::none()).await.unwrap();

    assert_eq!(first.alerts().len(), 2);
    let expected = [format!(r#"{{"id":"c","title":"{MARKER}"}}"#)];
    assert_eq!(second.alerts().collect::<Vec<_>>(), expected);
    assert!(second.next().is_none() && second.incomplete().is_none());

    let gets = script.gets();
    assert_eq!(
        gets[0].url,
        "https://graph.example/v1.0/security/alerts_v2?$filter=lastUpdateDateTime+ge+\
         2026-11-23T20%3A00%3A00Z+and+lastUpdateDateTime+lt+2026-11-23T20%3A05%3A00Z+and+\
         serviceSource+eq+%27microsoftDefenderForEndpoint%27&$top=100"
    );
    assert_eq!(gets[1].url, NEXT);
    assert_eq!(gets[0].headers, gets[1].headers);
    assert_eq!(
        gets[0].headers["authorization"],
        format!("Bearer token-1-{MARKER}")
    );
    assert_eq!(gets[0].headers["prefer"], "include-unknown-enum-members");
    assert_eq!(gets[0].headers["accept"], "application/json");
    assert!(gets[0].headers["authorization"].is_sensitive());
    assert_eq!(script.posts().len(), 1);

    let bytes = page(&["a", "b"], Some(NEXT)).len() + page(&["c"], None).len();
    let expected = Stats {
        requests: 2,
        throttled: 0,
        retries: 0,
        bytes: bytes as u64,
    };
    assert_eq!(graph.stats(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_page_is_delivered_and_says_so() {
    let warning = "199 - \"Microsoft/WDATP/504/10000\"";
    let body = page(&["a"], None);
    let script = Script::pages([
        Answer::json(206, body.clone()).header("warning", warning),
        Answer::json(206, body.clone()),
        Answer::json(200, body).header("warning", warning),
    ]);
    let graph = script.graph();
    for expected in [
        "Microsoft/WDATP/504/10000",
        "206 Partial Content",
        "Microsoft/WDATP/504/10000",
    ] {
        let page = graph.list(&query(), Deadline::none()).await.unwrap();
        assert_eq!(page.incomplete(), Some(expected));
        assert_eq!(page.alerts().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_never_follows_a_foreign_link() {
    for link in [
        "https://evil.example/v1.0/security/alerts_v2?$skiptoken=MARKER",
        "http://graph.example/v1.0/security/alerts_v2?$skiptoken=MARKER",
        "https://graph.example:444/v1.0/security/alerts_v2?$skiptoken=MARKER",
        "https://MARKER:MARKER@graph.example/v1.0/security/alerts_v2",
        "https://graph.example@evil.example/v1.0/MARKER",
        "https://10.0.0.1/v1.0/security/alerts_v2?$skiptoken=MARKER",
        "https://169.254.169.254/v1.0/MARKER",
        "https://graph.example/other/MARKER",
        "https://graph.example./v1.0/MARKER",
        "https://evil.example\\\\@graph.example/v1.0/MARKER",
        "https://gr\u{430}ph.example/v1.0/MARKER",
        "https://graph.example/v1.0/%2e%2e/beta/MARKER",
        "https://[::ffff:10.0.0.1]/v1.0/MARKER",
        "ftp://graph.example/v1.0/MARKER",
        "//evil.example/MARKER",
        "MARKER",
    ] {
        let script = Script::pages([Answer::page_with_next(&["a"], link)]);
        let error = script
            .graph()
            .list(&query(), Deadline::none())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadLink, "{link}");
        assert!(!error.is_retryable());
        assert!(
            shown(&error).contains("graph.example/v1.0/security/alerts_v2 (1 try"),
            "{error}"
        );
        assert_eq!(script.gets().len(), 1, "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_written_oddly_is_asked_for_as_what_it_means() {
    for link in [
        "HTTPS://GRAPH.EXAMPLE:443/v1.0/x?$skiptoken=a%2Bb#fragment",
        "https:\\\\\\\\graph.example\\\\v1.0\\\\x?$skiptoken=a%2Bb",
        "https://\u{ff47}raph.example/v1.0/y/../x?$skiptoken=a%2Bb",
        "https://graph.\\nexample/v1.0/x?$skiptoken=a%2Bb\\r\\n",
    ] {
        let script = Script::pages([Answer::page_with_next(&["a"], link), Answer::page(&[])]);
        let graph = script.graph();
        let first = graph.list(&query(), Deadline::none()).await.unwrap();
        let next = first.next().unwrap();
        graph.follow(next, Deadline::none()).await.unwrap();
        let asked = script.gets().pop().unwrap().url;
        assert_eq!(
            asked, "https://graph.example/v1.0/x?$skiptoken=a%2Bb",
            "{link}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_of_a_megabyte_is_refused_in_a_short_error() {
    for link in [
        format!("https://graph.example/v1.0/x?{}", "MARKER".repeat(200_000)),
        format!("https://{}.example/v1.0/", "a".repeat(1 << 20)),
    ] {
        let body = format!(r#"{{"value":[],"@odata.nextLink":"{link}"}}"#);
        let script = Script::pages([Answer::json(200, body)]);
        let graph = script.graph_with(|settings| settings.max_body_bytes = 8 << 20);
        let error = graph.list(&query(), Deadline::none()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadLink);
        assert!(shown(&error).len() < 4000, "{}", shown(&error).len());
    }
}

#[tokio::test(start_paused = true)]
async fn the_foreign_host_is_named() {
    let link = "https://evil.example/v1.0/?t=MARKER";
    let script = Script::pages([Answer::page_with_next(&["a"], link)]);
    let error = script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap_err();
    assert!(
        shown(&error).contains("leads to https://evil.example instead of https://graph.example")
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_to_its_own_page_does_not_go_round_for_ever() {
    let script = Script::pages([
        Answer::page_with_next(&["a"], NEXT),
        Answer::page_with_next(&["a"], NEXT),
    ]);
    let graph = script.graph();
    let first = graph.list(&query(), Deadline::none()).await.unwrap();
    let error = graph
        .follow(first.next().unwrap(), Deadline::none())
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        GraphError::BadLink {
            problem: LinkProblem::Circular,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_senseless_query_is_not_sent() {
    let script = Script::pages([]);
    let mut query = query();
    query.to = query.from;
    let error = script
        .graph()
        .list(&query, Deadline::none())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(script.gets().is_empty() && script.posts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_odd_alert_costs_only_itself() {
    let body = "{\"value\":[{\"id\":1},null,\"x\",[[[]]],{\"id\":\"\\ud800\"}]}";
    let script = Script::pages([Answer::json(200, body)]);
    let page = script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    let alerts: Vec<&str> = page.alerts().collect();
    assert_eq!(
        alerts,
        [
            "{\"id\":1}",
            "null",
            "\"x\"",
            "[[[]]]",
            "{\"id\":\"\\ufffd\"}"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_of_another_cloud_is_not_followed_with_this_token() {
    let script = Script::pages([Answer::page_with_next(&["a"], NEXT)]);
    let page = script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    let other = Script::pages([]);
    let dod = Graph::new(
        other.clone(),
        Arc::new(other.cache()),
        Cloud::Dod.endpoints(),
        Settings::default(),
    );
    let error = dod
        .follow(page.next().unwrap(), Deadline::none())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadLink);
    assert!(other.posts().is_empty() && other.gets().is_empty());
}

/// Beside the pages of other tenants there is less memory, until there is more.
#[tokio::test(start_paused = true)]
async fn a_page_may_have_to_be_small() {
    let page = |bytes: usize| {
        let alert = format!(r#"{{"id":"a","x":"{}"}}"#, "x".repeat(bytes));
        Answer::json(
            200,
            format!(r#"{{"@odata.nextLink":"{NEXT}","value":[{alert}]}}"#),
        )
    };
    let small = AlertQuery {
        room: Room::Small,
        ..query()
    };
    let script = Script::pages([page(5_000), page(50_000), page(50_000)]);
    let graph = script.graph();
    let first = graph.list(&small, Deadline::none()).await.unwrap();
    let link = first.next().unwrap().clone();
    assert_eq!(link.room(), Room::Small);
    let second = graph.follow(&link, Deadline::none()).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::TooLarge);
    let again = link.with_room(Room::Usual);
    let second = graph.follow(&again, Deadline::none()).await;
    // Its own link leads to itself; what counts is that it was read.
    assert_eq!(second.unwrap_err().kind(), ErrorKind::BadLink);
}

/// An alert has a limit of its own, which is above that of a page of many.
#[tokio::test(start_paused = true)]
async fn one_alert_may_be_larger_than_a_page() {
    let alert = |bytes: usize| format!(r#"{{"id":"a","x":"{}"}}"#, "x".repeat(bytes));
    let page = |bytes, next: &str| {
        let next = format!(r#""@odata.nextLink":"{next}","#);
        Answer::json(200, format!(r#"{{{next}"value":[{}]}}"#, alert(bytes)))
    };
    let one = AlertQuery {
        top: 1,
        room: Room::Large,
        ..query()
    };

    let script = Script::pages([page(150_000, NEXT), page(150_000, NEXT)]);
    let graph = script.graph();
    let first = graph.list(&one, Deadline::none()).await.unwrap();
    let second = graph.follow(first.next().unwrap(), Deadline::none()).await;
    // Its own link leads to itself; what counts is that it was read.
    assert_eq!(second.unwrap_err().kind(), ErrorKind::BadLink);

    for (query, says) in [(&one, "Defender portal"), (&query(), "smaller $top")] {
        let bytes = if query.top == 1 { 250_000 } else { 150_000 };
        let script = Script::pages([page(bytes, NEXT)]);
        let error = script.graph().list(query, Deadline::none()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(shown(&error).contains(says), "{error}");
    }
}
