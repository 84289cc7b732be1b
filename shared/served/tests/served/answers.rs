//! `/api/alerts`: what was shown, in a window, filtered and limited.

use drawbridge_served::RouterSettings;
use futures::StreamExt as _;
use http::Request;
use url::form_urlencoded::byte_serialize;

use crate::world::{GROUPS, World};

#[tokio::test]
async fn records_are_shown_from_their_stamp_on_and_never_before() {
    let world = World::new();
    world.write([1, 2]).await;
    for _ in 0..10 {
        assert_eq!(world.get("/api/alerts").await.body, "[]");
        world.advance(1);
    }
    let records = world.get("/api/alerts").await.records();
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(
            record["LastProcessedTimeUtc"],
            "2026-03-02T12:00:10.0000000Z"
        );
    }
}

#[tokio::test]
async fn a_window_is_exclusive_below_and_inclusive_above_and_two_hours_unless_it_is_said() {
    let world = World::new();
    for id in 0..4 {
        world.show([id]).await;
    }
    // Stamps at 10, 20, 30 and 40 seconds.
    for (query, ids) in [
        ("", &[0, 1, 2, 3][..]),
        ("?sinceTimeUtc=2026-03-02T12:00:20.0000000Z", &[2, 3]),
        ("?sinceTimeUtc=2026-03-02T12:00:19.999Z", &[1, 2, 3]),
        (
            "?sinceTimeUtc=2026-03-02T12:00:10Z&untilTimeUtc=2026-03-02T12:00:30Z",
            &[1, 2],
        ),
        ("?untilTimeUtc=2026-03-02T12:00:29.9", &[0, 1]),
        ("?ago=PT15S", &[2, 3]),
        ("?limit=2", &[2, 3]),
        ("?limit=9", &[0, 1, 2, 3]),
        ("?sinceTimeUtc=2027-01-01&untilTimeUtc=2026-01-01", &[]),
        ("?machinegroups=EVEN", &[0, 2]),
        ("?machinegroups=even&limit=1", &[2]),
        (
            "?DeviceCreatedMachineTags=c,B&CloudCreatedMachineTags=a",
            &[0, 1, 2, 3],
        ),
        ("?CloudCreatedMachineTags=c", &[]),
        ("?$filter=alertCreationTime+gt+x", &[0, 1, 2, 3]),
    ] {
        let answer = world.get(&format!("/api/alerts{query}")).await;
        assert_eq!(answer.ids(), ids, "{query}");
    }
    world.advance(2 * 60 * 60 - 15);
    assert_eq!(world.get("/api/alerts").await.ids(), [2, 3]);
    let long = "/api/alerts?sinceTimeUtc=2000-01-01";
    assert_eq!(world.get(long).await.ids(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_group_whose_name_looks_like_a_list_is_found_by_its_name() {
    let world = World::new();
    world.show([1]).await;
    for (id, group) in GROUPS {
        world.show([id]).await;
        let name: String = byte_serialize(group.as_bytes()).collect();
        let target = format!("/api/alerts?machinegroups={name}");
        assert_eq!(world.get(&target).await.ids(), [id], "{group}");
        let part = "/api/alerts?machinegroups=Servers&machinegroups=EU";
        assert_eq!(world.get(part).await.ids(), [0; 0]);
    }
}

#[tokio::test]
async fn the_newest_of_a_segment_are_taken_where_the_limit_is_within_it() {
    let world = World::new();
    world.show(0..5).await;
    world.show(5..9).await;
    for (limit, from) in [(1, 8), (4, 5), (5, 4), (8, 1)] {
        let answer = world.get(&format!("/api/alerts?limit={limit}")).await;
        assert_eq!(answer.ids(), (from..9).collect::<Vec<_>>());
    }
    let odd = world.get("/api/alerts?limit=3&machinegroups=odd").await;
    assert_eq!(odd.ids(), [3, 5, 7]);
}

#[tokio::test]
async fn every_spelling_of_the_path_is_one() {
    let world = World::new();
    world.show([1]).await;
    for path in [
        "/api/alerts",
        "/api/Alerts/?x=1",
        "//api/alerts?x=1",
        "/api/alert",
        "/api/alerts/api/alerts",
        "/api/v1.0/alerts",
    ] {
        assert_eq!(world.get(path).await.ids(), [1], "{path}");
    }
    for path in ["/", "/api", "/api/alerts/1", "/api/xml", "/.well-known/x"] {
        world.get(path).await.refused(404, "NotFound");
    }
    let message = world.get("/api/native").await;
    assert_eq!(message.ids(), [0; 0]);
}

#[tokio::test]
async fn gzip_is_given_to_those_who_ask_for_it() {
    let world = World::new();
    world.show(0..100).await;
    world.show(100..200).await;
    let token = format!("Bearer {}", world.token());
    for (accepted, is_gzip) in [
        ("gzip", true),
        ("deflate, GZIP;q=0.5", true),
        ("gzip;q=0", false),
        ("identity", false),
        ("*", false),
    ] {
        let headers = [("authorization", &*token), ("accept-encoding", accepted)];
        let answer = world.ask("GET", "/api/alerts", &headers).await;
        let coding = answer.header("content-encoding");
        assert_eq!(coding == Some("gzip"), is_gzip, "{accepted}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(answer.ids(), (0..200).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn only_get_and_head_are_answered() {
    let world = World::new();
    world.show([1]).await;
    let token = format!("Bearer {}", world.token());
    let headers = [("authorization", &*token)];
    let head = world.ask("HEAD", "/api/alerts", &headers).await;
    assert_eq!((head.status.as_u16(), &*head.body), (200, ""));
    assert_eq!(
        head.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = world.ask(method, "/api/alerts", &headers).await;
        answer.refused(405, "MethodNotAllowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_not_repeated() {
    let world = World::new();
    for query in [
        "sinceTimeUtc=hunter2",
        "untilTimeUtc=hunter2",
        "ago=hunter2",
        "limit=hunter2",
    ] {
        let answer = world.get(&format!("/api/alerts?{query}")).await;
        let message = answer.refused(400, "BadRequest");
        assert!(message.contains(query.split_once('=').unwrap().0));
        assert!(!message.contains("hunter2"));
    }
}

#[tokio::test]
async fn an_answer_is_cut_at_a_segments_end_and_goes_on_from_there() {
    let world = World::with_settings(RouterSettings {
        max_answer_bytes: 200,
        ..RouterSettings::default()
    });
    for n in 0..4 {
        world.show(n * 3..n * 3 + 3).await;
    }
    let mut read = Vec::new();
    let mut since = "2026-03-02T11:00:00Z".to_owned();
    for _ in 0..4 {
        let target = format!("/api/alerts?sinceTimeUtc={since}");
        let records = world.get(&target).await.records();
        assert_eq!(records.len(), 3);
        since = records[2]["LastProcessedTimeUtc"]
            .as_str()
            .unwrap()
            .to_owned();
        read.extend(
            records
                .iter()
                .map(|record| record["FullId"].as_u64().unwrap()),
        );
    }
    assert_eq!(read, (0..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_client_that_asks_too_often_waits_until_the_next_minute() {
    let world = World::new();
    world.advance(15);
    for _ in 0..100 {
        assert_eq!(world.get("/api/alerts").await.body, "[]");
    }
    world.store.calls();
    for _ in 0..1000 {
        let answer = world.get("/api/alerts").await;
        let message = answer.refused(429, "TooManyRequests");
        assert!(message.contains("too often in a minute"), "{message}");
        assert_eq!(answer.header("retry-after"), Some("45"));
    }
    assert_eq!(world.store.calls(), [""; 0]);
    world.advance(45);
    assert_eq!(world.get("/api/alerts").await.body, "[]");
}

#[tokio::test]
async fn a_client_has_eight_answers_at_once() {
    let world = World::new();
    world.show([1]).await;
    let request =
        Request::get("/api/alerts").header("authorization", format!("Bearer {}", world.token()));
    let (head, ()) = request.body(()).unwrap().into_parts();
    let mut answers = Vec::new();
    for _ in 0..8 {
        let answer = world.router.answer(&head, b"").await;
        assert_eq!(answer.status(), 200);
        answers.push(answer);
    }
    for _ in 0..3 {
        let answer = world.get("/api/alerts").await;
        let message = answer.refused(429, "TooManyRequests");
        assert!(message.contains("too many answers"), "{message}");
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    // One of them is read to its end, and one is given up.
    let body: Vec<_> = answers.pop().unwrap().into_body().collect().await;
    assert!(!body.is_empty());
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
    answers.pop();
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
}

#[tokio::test]
async fn a_client_whose_clock_is_ahead_is_given_what_came_before() {
    let world = World::new();
    let tenant = world.tenant("contoso", crate::world::DIRECTORY, r#","lookback_secs":30"#);
    world.serve(&[tenant]);
    world.show([1]).await;
    let ahead = "/api/alerts?sinceTimeUtc=2026-03-02T12:00:35Z";
    assert_eq!(world.get(ahead).await.ids(), [1]);
}
