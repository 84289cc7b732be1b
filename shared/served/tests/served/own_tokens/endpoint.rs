//! What the endpoint answers, as clients ask it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drawbridge_served::{ClientSecret, MAX_BODY_BYTES, Unanswerable};
use futures::StreamExt as _;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{CONNECTOR, Endpoint, refused};
use crate::world::DIRECTORY;

const CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");
const PATH: &str = "/oauth2/token";

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[tokio::test]
async fn a_client_gets_a_token_by_every_path_and_in_every_spelling_and_reads_with_it() {
    let endpoint = Endpoint::new();
    endpoint.world.show([1, 2]).await;
    let (id, secret) = (
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    );
    let resource = ("resource", "https://graph.windows.net");
    let header = basic(CONNECTOR, endpoint.secret());
    let encoded = basic(
        &CONNECTOR.replace('-', "%2D"),
        &endpoint.secret().replace('_', "%5f"),
    );
    let upper = CONNECTOR.to_uppercase();
    let scope = ("scope", "https://graph.windows.net/.default");
    for (path, header, fields) in [
        // Microsoft's samples, go-mdatp and most others.
        (
            &*format!("/{DIRECTORY}/oauth2/token"),
            None,
            vec![resource, id, secret, CREDENTIALS],
        ),
        // red_raccoon.
        (
            "//common/oauth2/token/",
            None,
            vec![
                ("client_Id", CONNECTOR),
                ("client_Secret", endpoint.secret()),
                CREDENTIALS,
                resource,
            ],
        ),
        // QRadar and Microsoft's tester.
        (
            &*format!("/{DIRECTORY}/oauth2/v2.0/token"),
            None,
            vec![scope, id, secret, CREDENTIALS],
        ),
        // golang.org/x/oauth2 and oauthlib.
        (PATH, Some(&header), vec![CREDENTIALS]),
        (PATH, Some(&header), vec![id, CREDENTIALS]),
        (PATH, Some(&encoded), vec![CREDENTIALS]),
        (PATH, None, vec![("client_id", &upper), secret, CREDENTIALS]),
    ] {
        let header = header.map(|header| ("authorization", &**header));
        let header: Vec<_> = header.into_iter().collect();
        let answer = endpoint.post_with(path, &header, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(tokens.get("refresh_token"), None);
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(endpoint.world.get_with(token).await.ids(), [1, 2], "{path}");
    }
}

/// A shell script of the old API's page takes the seventh member, and clients of it convert text.
#[tokio::test]
async fn an_answer_has_the_members_of_entras_endpoint_of_that_version() {
    let endpoint = Endpoint::new();
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
        ("scope", "offline_access"),
    ];
    let answer = endpoint.post(PATH, &fields).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let tokens: Value = serde_json::from_str(&answer.body).unwrap();
    let names: Vec<_> = tokens.as_object().unwrap().keys().collect();
    let expected = [
        "token_type",
        "expires_in",
        "ext_expires_in",
        "expires_on",
        "not_before",
        "resource",
        "access_token",
        "refresh_token",
    ];
    assert_eq!(names, expected);
    let now = endpoint.world.now().as_second();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], "3599");
    assert_eq!(tokens["expires_on"], (now + 3599).to_string());
    let tokens = endpoint.tokens(&[("scope", "x offline_access")]).await;
    let names: Vec<_> = tokens.as_object().unwrap().keys().collect();
    let expected = [
        "token_type",
        "expires_in",
        "ext_expires_in",
        "access_token",
        "refresh_token",
    ];
    assert_eq!(names, expected);
    assert_eq!(tokens["expires_in"], 3599);
}

#[tokio::test]
async fn a_wrong_client_and_a_wrong_secret_are_told_the_same() {
    let endpoint = Endpoint::new();
    let wrong = ClientSecret::generate().unwrap();
    let wrong = wrong.secret().expose_secret();
    let other = "00000000-0000-0000-0000-0000000000ee";
    let mut told = Vec::new();
    for (id, secret) in [
        (CONNECTOR, wrong),
        (CONNECTOR, "hunter2"),
        (CONNECTOR, &endpoint.secret()[1..]),
        (CONNECTOR, &*endpoint.secret.hash()),
        (other, endpoint.secret()),
        ("hunter2", "hunter2"),
    ] {
        let fields = [CREDENTIALS, ("client_id", id), ("client_secret", secret)];
        let answer = endpoint.post(PATH, &fields).await;
        assert!(!answer.body.contains("hunter2"));
        told.push(refused(&answer, 401, "invalid_client"));
        let header = basic(id, secret);
        let answer = endpoint
            .post_with(PATH, &[("authorization", &header)], &[CREDENTIALS])
            .await;
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"drawbridge\"")
        );
        told.push(refused(&answer, 401, "invalid_client"));
    }
    assert!(told.iter().all(|text| *text == told[0]), "{told:?}");
    let answer = endpoint.post(PATH, &[CREDENTIALS]).await;
    refused(&answer, 401, "invalid_client");
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_as_oauth_has_it() {
    let endpoint = Endpoint::new();
    let (id, secret) = (
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    );
    let header = basic(CONNECTOR, endpoint.secret());
    let header = [("authorization", &*header)];
    let broken = [("authorization", "Basic %%%")];
    let twice = [CREDENTIALS, id, secret, ("CLIENT_ID", CONNECTOR)];
    for (header, fields, code) in [
        (&[][..], &[id, secret][..], "invalid_request"),
        (
            &[],
            &[id, secret, ("grant_type", "password")],
            "unsupported_grant_type",
        ),
        (
            &[],
            &[id, secret, ("grant_type", "refresh_token")],
            "invalid_request",
        ),
        (&[], &twice, "invalid_request"),
        (&header, &[CREDENTIALS, secret], "invalid_request"),
        (
            &header,
            &[CREDENTIALS, ("client_id", DIRECTORY)],
            "invalid_request",
        ),
        (&broken, &[CREDENTIALS, id, secret], "invalid_request"),
    ] {
        refused(&endpoint.post_with(PATH, header, fields).await, 400, code);
    }
    // What is in the query does not count, and no JSON is taken.
    let query = format!(
        "{PATH}?grant_type=client_credentials&client_id={CONNECTOR}&client_secret={}",
        endpoint.secret()
    );
    refused(&endpoint.post(&query, &[]).await, 401, "invalid_client");
    let json = json!({"grant_type": "client_credentials"}).to_string();
    let kind = [("content-type", "application/json")];
    let answer = endpoint
        .world
        .send("POST", PATH, &kind, json.as_bytes())
        .await;
    refused(&answer, 400, "invalid_request");
    for method in ["GET", "HEAD", "PUT"] {
        let answer = endpoint.world.ask(method, PATH, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, Some("POST"))
        );
        if method != "HEAD" {
            refused(&answer, 405, "invalid_request");
        }
    }
    // What whoever has the connection answers of it.
    for (reason, status) in [
        (Unanswerable::BodyTooLong, 413),
        (Unanswerable::NoBody, 408),
    ] {
        let response = endpoint.world.router.refuse(reason);
        assert_eq!(response.status(), status);
        let body: Vec<_> = response.into_body().collect().await;
        let body: Value = serde_json::from_slice(body[0].as_ref().unwrap()).unwrap();
        assert_eq!(body["error"], "invalid_request");
        assert!(body["error_description"].is_string(), "{body}");
    }
    // Whatever is in a body of the longest kind.
    let long = vec![b'&'; MAX_BODY_BYTES];
    let answer = endpoint.world.send("POST", PATH, &[], &long).await;
    refused(&answer, 401, "invalid_client");
}

#[tokio::test]
async fn wrong_secrets_are_counted_and_hold_up_nobody_who_has_the_right_one() {
    let endpoint = Endpoint::new();
    for id in [CONNECTOR, "00000000-0000-0000-0000-0000000000ee"] {
        let fields = [CREDENTIALS, ("client_id", id), ("client_secret", "hunter2")];
        for _ in 0..10 {
            refused(&endpoint.post(PATH, &fields).await, 401, "invalid_client");
        }
        let answer = endpoint.post(PATH, &fields).await;
        refused(&answer, 429, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    endpoint.access().await;
    endpoint.world.advance(60);
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", "hunter2"),
    ];
    refused(&endpoint.post(PATH, &fields).await, 401, "invalid_client");
}

#[tokio::test]
async fn a_client_that_asks_for_tokens_too_often_waits_until_the_next_minute() {
    let endpoint = Endpoint::new();
    for _ in 0..100 {
        endpoint.access().await;
    }
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    ];
    refused(
        &endpoint.post(PATH, &fields).await,
        429,
        "temporarily_unavailable",
    );
    endpoint.world.advance(60);
    endpoint.access().await;
}

#[tokio::test]
async fn without_a_client_or_a_key_there_is_no_endpoint() {
    let endpoint = Endpoint::new();
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    ];
    let token = endpoint.access().await;
    endpoint.has(&[]);
    endpoint.post(PATH, &fields).await.refused(404, "NotFound");
    let text = endpoint
        .world
        .get_with(&token)
        .await
        .refused(401, "Unauthorized");
    assert_eq!(text, "the token is not signed with RS256");
    // The one of Entra's is as good as ever.
    assert_eq!(endpoint.world.get("/api/alerts").await.status, 200);

    let world = crate::world::World::new();
    let secret = ClientSecret::generate().unwrap();
    let without_key = Endpoint { world, secret };
    without_key.has(&[&without_key.secret]);
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", without_key.secret()),
    ];
    without_key
        .post(PATH, &fields)
        .await
        .refused(404, "NotFound");
    without_key
        .world
        .get_with(&token)
        .await
        .refused(401, "Unauthorized");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_said_and_no_right_is_given() {
    let endpoint = Endpoint::new();
    let fields = [
        CREDENTIALS,
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    ];
    let token = endpoint.access().await;
    endpoint.world.key.set_down(true);
    // What is kept is good.
    assert_eq!(endpoint.status_of(&token).await, 200);
    endpoint.world.key.forget();
    for _ in 0..2 {
        refused(
            &endpoint.post(PATH, &fields).await,
            503,
            "temporarily_unavailable",
        );
        let answer = endpoint.world.get_with(&token).await;
        answer.refused(503, "ServiceUnavailable");
        // It is no key at all, and too short.
        endpoint.world.key.set_down(false);
        endpoint
            .world
            .key
            .write("{\"audience\":\"a\",\"key\":\"hunter2\"}");
        endpoint.world.key.forget();
    }
    // Entra's tokens do not need it.
    assert_eq!(endpoint.world.get("/api/alerts").await.status, 200);
}
