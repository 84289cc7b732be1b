//! Refresh tokens, rotation, and what ends a token.

use drawbridge_served::ClientSecret;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{CONNECTOR, Endpoint, refused};
use crate::world::{Answer, DIRECTORY};

const DAY_SECS: i64 = 24 * 60 * 60;

async fn refreshed(endpoint: &Endpoint, secret: &str, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", CONNECTOR),
        ("client_secret", secret),
    ];
    endpoint
        .post(&format!("/{DIRECTORY}/oauth2/token"), &fields)
        .await
}

fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens: Value = serde_json::from_str(&answer.body).unwrap();
    let of = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (of("access_token"), of("refresh_token"))
}

async fn first(endpoint: &Endpoint) -> String {
    let tokens = endpoint.tokens(&[("scope", "offline_access")]).await;
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

/// As the Splunk REST input does it, at nearly every poll.
#[tokio::test]
async fn a_refresh_token_gives_another_for_as_long_as_it_is_used_within_a_year() {
    let endpoint = Endpoint::new();
    let mut refresh = first(&endpoint).await;
    for _ in 0..5 {
        endpoint.world.advance(364 * DAY_SECS);
        let (access, next) = tokens(&refreshed(&endpoint, endpoint.secret(), &refresh).await);
        assert_eq!(endpoint.status_of(&access).await, 200);
        assert_ne!(next, refresh);
        refresh = next;
    }
    endpoint.world.advance(365 * DAY_SECS);
    let answer = refreshed(&endpoint, endpoint.secret(), &refresh).await;
    assert!(refused(&answer, 400, "invalid_grant").contains("offline_access"));
}

#[tokio::test]
async fn a_refresh_token_is_worth_nothing_without_the_secret_and_to_another_client() {
    let endpoint = Endpoint::new();
    let refresh = first(&endpoint).await;
    refused(
        &refreshed(&endpoint, "hunter2", &refresh).await,
        401,
        "invalid_client",
    );
    let other = ClientSecret::generate().unwrap();
    let id = "00000000-0000-0000-0000-0000000000ee";
    let more = format!(
        r#","own_clients":[{{"id":"{CONNECTOR}","secrets":[{:?}]}},{{"id":"{id}","secrets":[{:?}]}}]"#,
        endpoint.secret.hash(),
        other.hash()
    );
    let tenant = endpoint.world.tenant("contoso", DIRECTORY, &more);
    endpoint.world.serve(&[tenant]);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
        ("client_id", id),
        ("client_secret", other.secret().expose_secret()),
    ];
    refused(
        &endpoint.post("/oauth2/token", &fields).await,
        400,
        "invalid_grant",
    );
}

/// A token to read is none to get another with, and the other way round.
#[tokio::test]
async fn a_token_is_for_one_thing_alone() {
    let endpoint = Endpoint::new();
    let (access, refresh) = (endpoint.access().await, first(&endpoint).await);
    assert_eq!(endpoint.status_of(&refresh).await, 401);
    for token in [&*access, "hunter2", "", "a.b.c"] {
        let answer = refreshed(&endpoint, endpoint.secret(), token).await;
        let code = if token.is_empty() {
            "invalid_request"
        } else {
            "invalid_grant"
        };
        refused(&answer, 400, code);
    }
}

#[tokio::test]
async fn a_token_ends_within_the_hour() {
    let endpoint = Endpoint::new();
    let token = endpoint.access().await;
    endpoint.world.advance(3599);
    assert_eq!(endpoint.status_of(&token).await, 200);
    endpoint.world.advance(1);
    let text = endpoint
        .world
        .get_with(&token)
        .await
        .refused(401, "Unauthorized");
    assert!(text.contains("has expired"), "{text}");
}

#[tokio::test]
async fn one_secret_takes_the_place_of_another_and_what_it_gave_ends_with_it() {
    let endpoint = Endpoint::new();
    let new = ClientSecret::generate().unwrap();
    let (access, refresh) = (endpoint.access().await, first(&endpoint).await);
    endpoint.has(&[&endpoint.secret, &new]);
    // Both are good, and the old refresh token with the new secret: its next one is of the new secret.
    assert_eq!(endpoint.status_of(&access).await, 200);
    let new_secret = new.secret().expose_secret();
    let (new_access, new_refresh) = tokens(&refreshed(&endpoint, new_secret, &refresh).await);
    endpoint.has(&[&new]);
    let text = endpoint
        .world
        .get_with(&access)
        .await
        .refused(401, "Unauthorized");
    assert!(text.contains("has no more"), "{text}");
    refused(
        &refreshed(&endpoint, new_secret, &refresh).await,
        400,
        "invalid_grant",
    );
    assert_eq!(endpoint.status_of(&new_access).await, 200);
    tokens(&refreshed(&endpoint, new_secret, &new_refresh).await);
    // Another client is left.
    let other = endpoint.world.tenant(
        "contoso",
        DIRECTORY,
        &format!(
            r#","own_clients":[{{"id":"{DIRECTORY}","secrets":[{:?}]}}]"#,
            new.hash()
        ),
    );
    endpoint.world.serve(&[other]);
    assert_eq!(endpoint.status_of(&new_access).await, 401);
    refused(
        &refreshed(&endpoint, new_secret, &new_refresh).await,
        401,
        "invalid_client",
    );
}

/// Another process reads the key at another time.
#[tokio::test]
async fn a_rotated_key_refuses_no_token_and_one_that_is_replaced_all() {
    let endpoint = Endpoint::new();
    let world = &endpoint.world;
    let (access, refresh) = (endpoint.access().await, first(&endpoint).await);
    let old = world.key.current();
    let new = old.rotated(world.now()).unwrap();
    world.key.change(&new);
    // This process still signs with the old one, and one that has read the new one does, too.
    let kept = endpoint.access().await;
    world.key.forget();
    for token in [&access, &kept, &endpoint.access().await] {
        assert_eq!(endpoint.status_of(token).await, 200);
    }
    world.advance(600);
    let access = endpoint.access().await;
    assert_eq!(endpoint.status_of(&access).await, 200);
    tokens(&refreshed(&endpoint, endpoint.secret(), &refresh).await);
    // Replaced: what is kept does not know the new tokens, and reads anew.
    world.key.change(&new.replaced().unwrap());
    world.key.forget();
    assert_eq!(endpoint.status_of(&access).await, 401);
    refused(
        &refreshed(&endpoint, endpoint.secret(), &refresh).await,
        400,
        "invalid_grant",
    );
    let access = endpoint.access().await;
    assert_eq!(endpoint.status_of(&access).await, 200);
}

#[tokio::test]
async fn a_token_of_a_key_that_is_not_known_yet_has_it_read_anew() {
    let endpoint = Endpoint::new();
    let world = &endpoint.world;
    endpoint.access().await;
    let old = world.key.current();
    let new = world.key.current().rotated(world.now()).unwrap();
    world.advance(600);
    // Signed elsewhere.
    world.key.change(&new);
    world.key.forget();
    let access = endpoint.access().await;
    // Here, the old one is still kept.
    world.key.change(&old);
    world.key.forget();
    endpoint.access().await;
    world.key.change(&new);
    assert_eq!(endpoint.status_of(&access).await, 200);
}
