//! Events that somebody made up, and tokens of others.

use std::sync::OnceLock;

use drawbridge_entra::jwt::base64url;
use drawbridge_issuer::first_key as key;
use drawbridge_telemetry::testing::Events;
use serde_json::{Value, json};

use crate::stack::{Stack, event};

#[tokio::test]
async fn whatever_is_sent_the_answer_is_one_json_object() {
    let stack = Stack::new();
    let token = stack.token();
    let mut flood = event("GET", "/api/alerts", "", "x");
    for n in 0..10_000 {
        flood["headers"][format!("x-{n}")] = json!("y".repeat(100));
    }
    let long = event("GET", "/api/alerts", "", &"x".repeat(1 << 20));
    for (event, status) in [
        (json!(null), 404),
        (json!({"rawPath": ["/api/alerts"], "headers": "x"}), 404),
        (flood, 401),
        (long, 401),
        (
            event(
                "GET",
                "/api/alerts",
                &format!("ago={}", "P1D".repeat(20_000)),
                &token,
            ),
            400,
        ),
        (
            event(
                "GET",
                "/api/alerts",
                &(0..3_000).fold(String::new(), |query, n| {
                    query + &format!("machinegroups={n}&")
                }),
                &token,
            ),
            400,
        ),
        (
            event("GET", "/api/alerts", &"a".repeat(6 << 20), &token),
            414,
        ),
        (event("GET", &"/".repeat(60_000), "", &token), 404),
        (event("GET", "/api/alerts\u{0}", "", &token), 404),
        (event("TRACE", "/api/alerts", "", &token), 405),
        (event("", "/api/alerts", "", &token), 405),
        (event("get", "/api/alerts", "", &token), 405),
    ] {
        let (told, body) = stack.ask(&event).await;
        assert_eq!(told, status, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["error"]["message"].is_string(), "{body}");
    }
}

/// A token with that header, whose signature is that of another one.
fn forged(header: &Value, claims: &Value) -> String {
    static TOKEN: OnceLock<String> = OnceLock::new();
    let token = TOKEN.get_or_init(|| key().sign(claims).unwrap());
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", base64url(header.to_string()))
}

#[tokio::test]
async fn tokens_of_others_are_refused_and_make_nobody_ask_again_and_again() {
    let stack = Stack::new();
    stack.show(1).await;
    assert_eq!(stack.get("").await.0, 200);
    stack.keys.asked();
    let claims = stack.claims();
    let with = |member: &str, value: &str| {
        let mut claims = claims.clone();
        claims[member] = json!(value);
        key().sign(&claims).unwrap()
    };
    let unsigned = forged(&json!({"alg": "none", "kid": "key", "typ": "JWT"}), &claims);
    let symmetric = forged(
        &json!({"alg": "HS256", "kid": "key", "typ": "JWT"}),
        &claims,
    );
    let mut cases = vec![
        (unsigned, 401),
        (symmetric, 401),
        (with("aud", "00000003-0000-0000-c000-000000000000"), 401),
        (with("iss", "https://login.evil.example/v2.0"), 401),
        (with("tid", "00000000-0000-0000-0000-0000000000ee"), 401),
        (with("azp", "00000000-0000-0000-0000-0000000000ee"), 403),
    ];
    // Names of keys that nobody has: one made up anew for each request.
    for n in 0..200 {
        let kid = format!("unknown-{n}");
        cases.push((
            forged(&json!({"alg": "RS256", "kid": kid, "typ": "JWT"}), &claims),
            401,
        ));
    }
    for (token, status) in cases {
        let (told, body) = stack.ask(&event("GET", "/api/alerts", "", &token)).await;
        assert_eq!(told, status, "{body}");
        assert!(!body.contains(&token[..20]));
    }
    // None within five minutes of the first time, and then the metadata and the keys once.
    assert_eq!(stack.keys.asked(), [""; 0]);
    stack.clock.advance_secs(301);
    for n in 0..200 {
        let kid = format!("unknown-{n}");
        let token = forged(&json!({"alg": "RS256", "kid": kid, "typ": "JWT"}), &claims);
        stack.ask(&event("GET", "/api/alerts", "", &token)).await;
    }
    assert_eq!(stack.keys.asked().len(), 2);
    assert_eq!(stack.get("").await.0, 200);
}

#[tokio::test]
async fn the_log_of_a_broken_bucket_has_neither_a_token_nor_a_query() {
    let (events, _guard) = Events::record();
    let stack = Stack::new();
    let token = stack.token();
    stack
        .store
        .insert("tenants/broken.toml", "secret = hunter2");
    stack.get("client_secret=hunter2").await;
    stack.store.hide("tenants/");
    stack.clock.advance_secs(300);
    stack.get("client_secret=hunter2").await;
    stack
        .ask(&event("GET", "/hunter2", "hunter2", "hunter2"))
        .await;
    let log = events.text();
    assert!(
        log.contains("is not served") && log.contains("cannot be read"),
        "{log}"
    );
    assert!(
        !log.contains("hunter2") && !log.contains(&token[..30]),
        "{log}"
    );
}
