//! `/api/FORMAT`: page by page, by a cursor.

use drawbridge_served::RouterSettings;

use crate::world::World;

fn small_pages() -> World {
    World::with_settings(RouterSettings {
        max_page_segments: 2,
        ..RouterSettings::default()
    })
}

#[tokio::test]
async fn pages_are_followed_by_their_links_to_the_end_and_go_on_by_the_cursor() {
    let world = small_pages();
    for id in 0..5 {
        world.write_of("native", [id]).await;
        world.advance(10);
    }
    let mut target = "/api/native?sinceTimeUtc=2026-03-02&client_secret=hunter2".to_owned();
    let mut pages = Vec::new();
    let cursor = loop {
        let answer = world.get(&target).await;
        pages.push(answer.ids());
        let Some(link) = answer.header("link") else {
            break answer.header("drawbridge-cursor").unwrap().to_owned();
        };
        assert!(!link.contains("hunter2"));
        let query = link.strip_prefix("<?").unwrap();
        target = format!(
            "/api/native?{}",
            query.strip_suffix(">; rel=\"next\"").unwrap()
        );
    };
    assert_eq!(pages, [vec![0, 1], vec![2, 3], vec![4]]);
    assert_eq!(cursor, "20260302T120050Z");
    let target = format!("/api/native?cursor={cursor}");
    let answer = world.get(&target).await;
    assert_eq!(answer.ids(), [0; 0]);
    assert_eq!(answer.header("drawbridge-cursor"), Some(&*cursor));
    world.write_of("native", [5]).await;
    world.advance(10);
    assert_eq!(world.get(&target).await.ids(), [5]);
}

#[tokio::test]
async fn every_page_has_a_cursor_from_whenever_it_is_asked() {
    let world = small_pages();
    let from = |since: &str| format!("/api/native?sinceTimeUtc={since}");
    for since in [
        "1960-01-01",
        "0001-01-01",
        "2026-03-02",
        "9999-12-31T23:59:59.9999999Z",
    ] {
        let answer = world.get(&from(since)).await;
        assert_eq!(answer.ids(), [0; 0]);
        assert!(answer.header("drawbridge-cursor").is_some(), "{since}");
    }
    let answer = world.get(&from("1960-01-01")).await;
    let cursor = answer.header("drawbridge-cursor").unwrap();
    world.write_of("native", [1]).await;
    world.advance(10);
    let next = world.get(&format!("/api/native?cursor={cursor}")).await;
    assert_eq!(next.ids(), [1]);
}

#[tokio::test]
async fn a_tenant_is_not_told_which_formats_others_have() {
    let world = World::new();
    for format in ["ocsf", "ecs"] {
        let message = world.get(&format!("/api/{format}")).await;
        let message = message.refused(404, "NotFound");
        assert!(message.contains(format), "{message}");
    }
}

#[tokio::test]
async fn a_page_is_not_cut_by_bytes_since_its_cursor_lies_behind_it() {
    let world = World::with_settings(RouterSettings {
        max_answer_bytes: 1,
        ..RouterSettings::default()
    });
    for id in 0..3 {
        world.write_of("native", [id]).await;
        world.show([id]).await;
    }
    for format in ["native", "siem"] {
        let answer = world.get(&format!("/api/{format}")).await;
        assert_eq!(answer.ids(), [0, 1, 2]);
        let cursor = answer.header("drawbridge-cursor").unwrap();
        let next = format!("/api/{format}?cursor={cursor}");
        assert_eq!(world.get(&next).await.ids(), [0; 0]);
    }
    assert_eq!(world.get("/api/alerts").await.ids(), [0]);
}

#[tokio::test]
async fn the_formats_have_nothing_to_do_with_each_other() {
    let world = small_pages();
    world.show([1]).await;
    world.write_of("native", [2]).await;
    world.advance(10);
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
    assert_eq!(world.get("/api/siem").await.ids(), [1]);
    assert_eq!(world.get("/api/native").await.ids(), [2]);
    // Filters are of the retired API's records.
    assert_eq!(world.get("/api/native?machinegroups=x").await.ids(), [2]);
    assert_eq!(world.get("/api/siem?machinegroups=x").await.ids(), [0; 0]);
    let native = world.get("/api/native").await.records();
    assert_eq!(
        native[0]["LastProcessedTimeUtc"],
        "2021-01-02T03:04:05.1234567Z"
    );
}

#[tokio::test]
async fn an_output_that_another_tenant_has_is_named() {
    let world = small_pages();
    let mut other = world.tenant("fabrikam", "00000000-0000-0000-0000-0000000000ff", "");
    other.outputs.push("ocsf-served".into());
    world.serve(&[world.tenant("contoso", crate::world::DIRECTORY, ""), other]);
    let message = world.get("/api/ocsf").await.refused(404, "NotFound");
    assert!(message.contains("add ocsf-served"), "{message}");
    let bad = world.get("/api/native?cursor=2026-03-02").await;
    assert!(bad.refused(400, "BadRequest").contains("cursor"));
}
