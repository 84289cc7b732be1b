//! What is logged of a request. By itself, since what another test logs decides what is looked at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

#[path = "served/front.rs"]
mod front;
#[path = "served/own_tokens/support.rs"]
#[allow(dead_code, reason = "it is another test's, too")]
mod support;
#[path = "served/world/mod.rs"]
#[allow(dead_code, unused_imports, reason = "it is another test's, too")]
mod world;

use drawbridge_served::RouterSettings;
use drawbridge_telemetry::testing::Events;
use support::{CONNECTOR, Endpoint};
use world::{CLIENT, FarAway, World};

/// An application that no document lists.
const STRANGER: &str = "00000000-0000-0000-0000-0000000000fe";

#[tokio::test]
async fn the_log_has_who_asked_and_how_much_and_neither_a_token_nor_a_query() {
    let (events, _guard) = Events::record();
    let world = World::new();
    world.show([1]).await;
    let token = world.token();
    world
        .get("/api/alerts?client_secret=hunter2&sinceTimeUtc=2026-03-02")
        .await;
    world.get("/api/alerts?sinceTimeUtc=hunter2").await;
    world.get_with(&format!("{token}x")).await;
    let mut stranger = world.claims();
    stranger["azp"] = STRANGER.into();
    let stranger = world::first_key().sign(&stranger).unwrap();
    assert_eq!(world.get_with(&stranger).await.status, 403);
    world.entra.set_down(true);
    world.advance(25 * 60 * 60);
    world.get("/api/alerts").await;
    let log = events.text();
    assert!(!log.contains("hunter2") && !log.contains("FullId"), "{log}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(
        !log.contains(signature) && !log.contains(&token[..40]),
        "{log}"
    );
    let served = log.lines().find(|line| line.contains("served")).unwrap();
    for word in [
        CLIENT,
        "contoso",
        "status=200",
        "records=1",
        "20260302T000000Z",
        "bytes=",
    ] {
        assert!(served.contains(word), "no {word} in {served}");
    }
    let refused = log.lines().find(|line| line.contains(STRANGER)).unwrap();
    assert!(refused.contains("contoso"), "{refused}");
    for status in ["status=403", "status=400", "status=401", "status=503"] {
        assert!(log.contains(status), "no {status} in {log}");
    }
}

#[tokio::test]
async fn of_a_token_that_is_asked_for_the_log_has_the_client_and_no_secret() {
    let (events, _guard) = Events::record();
    let endpoint = Endpoint::new();
    let tokens = endpoint.tokens(&[("scope", "offline_access")]).await;
    let of = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let (access, refresh) = (of("access_token"), of("refresh_token"));
    endpoint.status_of(&access).await;
    let secret = endpoint.secret();
    let id = ("client_id", CONNECTOR);
    for fields in [
        vec![
            id,
            ("client_secret", secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
        ],
        vec![id, ("client_secret", secret), ("grant_type", "hunter2")],
        vec![
            id,
            ("client_secret", "hunter2"),
            ("grant_type", "client_credentials"),
        ],
        vec![
            ("client_id", "hunter2"),
            ("client_secret", secret),
            ("grant_type", "client_credentials"),
        ],
    ] {
        endpoint
            .post("/oauth2/token?client_secret=hunter2", &fields)
            .await;
    }
    let log = events.text();
    for word in [
        CONNECTOR,
        "contoso",
        "a token was issued",
        "a wrong secret",
        "status=401",
        "status=400",
    ] {
        assert!(log.contains(word), "no {word} in {log}");
    }
    let hash = endpoint.secret.hash();
    for never in ["hunter2", secret, &access, &refresh, &hash] {
        assert!(!log.contains(never), "{log}");
    }
    for token in [&access, &refresh] {
        assert!(!log.contains(token.rsplit('.').next().unwrap()), "{log}");
    }
}

#[tokio::test]
async fn an_answer_is_cut_only_where_a_record_is_left_out() {
    for (filter, is_cut) in [("odd", true), ("even", false)] {
        let (events, _guard) = Events::record();
        let world = World::with_settings(RouterSettings {
            max_answer_bytes: 1,
            ..RouterSettings::default()
        });
        for id in [1, 2, 3, 5] {
            world.show([id]).await;
        }
        let answer = world
            .get(&format!("/api/alerts?machinegroups={filter}"))
            .await;
        assert_eq!(answer.ids().len(), 1);
        let log = events.text();
        assert_eq!(log.contains("cut at its bound"), is_cut, "{log}");
        assert_eq!(log.contains("is_cut=true"), is_cut, "{log}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_too_slow_for_clocks_is_warned_of() {
    for (listing_secs, is_warned_of) in [(2, false), (3, true)] {
        let (events, _guard) = Events::record();
        let takes = move || Duration::from_secs(listing_secs);
        let far_away = |store| FarAway::listing(takes).from(store);
        let world = World::over(far_away, RouterSettings::default());
        world.clock.run();
        assert_eq!(world.get("/api/alerts").await.ids(), [0; 0]);
        let log = events.text();
        assert_eq!(log.contains("too slow"), is_warned_of, "{log}");
        assert_eq!(log.contains("serve.lookback_secs"), is_warned_of, "{log}");
    }
}

/// As Netskope's plugin does, which asks with `datetime.now()`, on a host whose zone is ahead of UTC.
#[tokio::test]
async fn a_client_that_sends_its_local_time_is_given_nothing_and_is_warned_of_once_an_hour() {
    let (events, _guard) = Events::record();
    let world = World::new();
    world.show([1]).await;
    // Its last poll was three minutes ago, at 11:57 UTC.
    let local = |hour: u32| format!("/api/alerts?sinceTimeUtc=2026-03-02T{hour}:57:12.345678");
    let warnings = || {
        let log = events.text();
        assert!(!log.contains("345678"), "{log}");
        log.lines()
            .filter(|line| line.contains("still to come"))
            .count()
    };
    for _ in 0..20 {
        assert_eq!(world.get(&local(13)).await.ids(), [0; 0]);
    }
    assert_eq!(warnings(), 1);
    let log = events.text();
    for word in [CLIENT, "contoso", "ahead_secs=7022", "TZ=UTC"] {
        assert!(log.contains(word), "no {word} in {log}");
    }
    world.advance(60 * 60);
    assert_eq!(world.get(&local(14)).await.ids(), [0; 0]);
    assert_eq!(warnings(), 2);
    // In UTC, and west of it.
    world.advance(-60 * 60);
    for hour in [11, 10] {
        assert_eq!(world.get(&local(hour)).await.ids(), [1]);
    }
    assert_eq!(warnings(), 2);
}
