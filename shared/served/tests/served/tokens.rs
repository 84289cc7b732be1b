//! Tokens, good and hostile.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::world::{API, CLIENT, DIRECTORY, World, first_key, second_key};

const OTHER: &str = "00000000-0000-0000-0000-0000000000ff";
const USER: &str = "00000000-0000-0000-0000-0000000000ee";

/// The claims of a good token with some set in another way, or taken out where they are null.
fn with(world: &World, changes: &Value) -> Value {
    let mut claims = world.claims();
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    claims
}

async fn status_of(world: &World, changes: &Value) -> u16 {
    let token = first_key().sign(&with(world, changes)).unwrap();
    world.get_with(&token).await.status.as_u16()
}

#[tokio::test]
async fn tokens_of_both_versions_are_taken() {
    let world = World::new();
    let v1 = json!({
        "ver": "1.0", "iss": format!("https://sts.example/{DIRECTORY}/"),
        "azp": null, "appid": CLIENT, "aud": format!("api://{API}"),
    });
    assert_eq!(status_of(&world, &json!({})).await, 200);
    assert_eq!(status_of(&world, &v1).await, 200);
    assert_eq!(status_of(&world, &json!({"idtyp": "app"})).await, 200);
    let directory = DIRECTORY.to_uppercase();
    assert_eq!(status_of(&world, &json!({"tid": directory})).await, 200);
    let asked = world.entra.asked();
    assert_eq!(
        asked,
        [
            format!("https://login.example/{DIRECTORY}/v2.0/.well-known/openid-configuration"),
            format!("https://login.example/{DIRECTORY}/discovery/keys"),
            format!("https://login.example/{DIRECTORY}/.well-known/openid-configuration"),
            format!("https://login.example/{DIRECTORY}/discovery/keys"),
        ]
    );
}

#[tokio::test]
async fn a_token_with_a_wrong_claim_is_refused_with_the_reason() {
    let world = World::new();
    let now = world.now().as_second();
    for (changes, status, named) in [
        (json!({"tid": OTHER}), 401, "a directory that is not served"),
        (json!({"tid": null}), 401, "not a token of Entra"),
        (json!({"ver": "3.0"}), 401, "a version that is not known"),
        (json!({"ver": null}), 401, "not a token of Entra"),
        (
            json!({"iss": format!("https://login.example/{OTHER}/v2.0")}),
            401,
            "lacks a good signature, issuer",
        ),
        (json!({"iss": null}), 401, "lacks a good signature, issuer"),
        (json!({"ver": "1.0"}), 401, "lacks a good signature, issuer"),
        (json!({"aud": CLIENT}), 401, "another audience"),
        (
            json!({"aud": format!("api://{API}/")}),
            401,
            "another audience",
        ),
        (
            json!({"aud": "https://graph.windows.net"}),
            401,
            "another audience",
        ),
        (
            json!({"aud": "00000003-0000-0000-c000-000000000000"}),
            401,
            "another audience",
        ),
        (json!({"aud": null}), 401, "lacks a good signature, issuer"),
        (json!({"exp": now - 301}), 401, "has expired"),
        (json!({"exp": null}), 401, "lacks a good signature, issuer"),
        (
            json!({"exp": "never"}),
            401,
            "lacks a good signature, issuer",
        ),
        (json!({"nbf": now + 301}), 401, "not valid yet"),
        (json!({"azp": OTHER}), 403, "serve.clients"),
        (json!({"azp": null}), 403, "serve.clients"),
        // What names the application in the other version is anybody's to choose here.
        (json!({"azp": null, "appid": CLIENT}), 403, "serve.clients"),
    ] {
        let token = first_key().sign(&with(&world, &changes)).unwrap();
        let answer = world.get_with(&token).await;
        let code = if status == 401 {
            "Unauthorized"
        } else {
            "Forbidden"
        };
        let message = answer.refused(status, code);
        assert!(message.contains(named), "{changes}: {message}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(
            challenge == Some("Bearer error=\"invalid_token\""),
            status == 401
        );
    }
    // Within the leeway.
    assert_eq!(status_of(&world, &json!({"exp": now - 299})).await, 200);
    assert_eq!(status_of(&world, &json!({"nbf": now + 299})).await, 200);
}

#[tokio::test]
async fn the_token_of_a_user_is_refused_unless_the_document_lists_the_user() {
    let world = World::new();
    let users = [
        json!({"scp": "user_impersonation", "oid": USER}),
        json!({"scp": "", "oid": USER}),
        json!({"scp": ["user_impersonation"], "oid": USER}),
        json!({"idtyp": "user", "oid": USER}),
        json!({
            "scp": "user_impersonation", "oid": USER, "ver": "1.0", "azp": null, "appid": CLIENT,
            "iss": format!("https://sts.example/{DIRECTORY}/"),
        }),
    ];
    for changes in &users {
        let token = first_key().sign(&with(&world, changes)).unwrap();
        let message = world.get_with(&token).await.refused(403, "Forbidden");
        assert!(message.contains("serve.users"), "{changes}: {message}");
    }
    let listed = format!(r#","users":["{}"]"#, USER.to_uppercase());
    world.serve(&[world.tenant("contoso", DIRECTORY, &listed)]);
    for changes in &users {
        assert_eq!(status_of(&world, changes).await, 200, "{changes}");
    }
    for changes in [
        json!({"scp": "user_impersonation"}),
        json!({"scp": "user_impersonation", "oid": OTHER}),
        json!({"scp": "user_impersonation", "oid": USER, "azp": OTHER}),
    ] {
        assert_eq!(status_of(&world, &changes).await, 403, "{changes}");
    }
    // An application needs no user.
    assert_eq!(status_of(&world, &json!({"oid": OTHER})).await, 200);
}

#[tokio::test]
async fn an_id_token_is_refused() {
    let world = World::new();
    let listed = format!(r#","users":["{USER}"]"#);
    world.serve(&[world.tenant("contoso", DIRECTORY, &listed)]);
    // It is for the application that signed somebody in, and names none that asked for it.
    let id_token = json!({
        "azp": null, "oid": USER, "nonce": "n", "name": "A user", "sub": "s",
        "preferred_username": "user@contoso.example",
    });
    assert_eq!(status_of(&world, &id_token).await, 403);
}

#[tokio::test]
async fn a_token_that_the_directory_did_not_sign_is_refused() {
    let world = World::new();
    let claims = world.claims();
    let part = |value: &Value| drawbridge_entra::jwt::base64url(value.to_string());
    let good = world.token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("first".into());
    let hmac = |secret: &[u8]| {
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    // Of the other key, under the name of the first one.
    let forged = second_key().sign(&claims).unwrap();
    let (forged, forged_signature) = forged.rsplit_once('.').unwrap();
    let forged_claims = forged.split_once('.').unwrap().1;
    let own_header = part(&json!({"alg": "RS256", "kid": "first", "typ": "JWT"}));
    let more = part(&with(&world, &json!({"azp": OTHER})));
    for (what, token) in [
        (
            "alg none",
            format!(
                "{}.{}.",
                part(&json!({"alg": "none", "kid": "first"})),
                part(&claims)
            ),
        ),
        (
            "alg none with a signature",
            format!(
                "{}.{}.{signature}",
                part(&json!({"alg": "None", "kid": "first"})),
                part(&claims)
            ),
        ),
        ("no signature", format!("{signed}.")),
        (
            "HS256 over the public key",
            hmac(first_key().public_pem().as_bytes()),
        ),
        (
            "HS256 over the modulus",
            hmac(first_key().jwk()["n"].as_str().unwrap().as_bytes()),
        ),
        ("another key, its name", second_key().sign(&claims).unwrap()),
        (
            "another key, the name of ours",
            format!("{own_header}.{forged_claims}.{forged_signature}"),
        ),
        (
            "a key in the header",
            format!(
                "{}.{forged_claims}.{forged_signature}",
                part(
                    &json!({"alg": "RS256", "kid": "first", "jwk": second_key().jwk(), "jku": "https://evil.example/"})
                )
            ),
        ),
        (
            "no key's name",
            format!(
                "{}.{}.{signature}",
                part(&json!({"alg": "RS256"})),
                part(&claims)
            ),
        ),
        (
            "RS512",
            format!(
                "{}.{}.{signature}",
                part(&json!({"alg": "RS512", "kid": "first"})),
                part(&claims)
            ),
        ),
        (
            "other claims",
            format!("{}.{more}.{signature}", signed.split_once('.').unwrap().0),
        ),
        ("no token", "hunter2-hunter2".into()),
        ("too long", format!("{signed}.{}", "a".repeat(20_000))),
    ] {
        let answer = world.get_with(&token).await;
        assert_eq!(answer.status, 401, "{what}");
        answer.refused(401, "Unauthorized");
    }
    // Nobody but the directory was asked, and once.
    assert!(
        world
            .entra
            .asked()
            .iter()
            .all(|url| url.starts_with("https://login.example/"))
    );
    assert_eq!(world.get_with(&good).await.status, 200);
}

#[tokio::test]
async fn whoever_makes_up_tokens_is_not_told_which_directories_are_served() {
    let world = World::new();
    let served = second_key().sign(&world.claims()).unwrap();
    // Under the name of a key that the directory has.
    let good = world.token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = served.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{signature}");
    let not_served = second_key()
        .sign(&with(&world, &json!({"tid": OTHER})))
        .unwrap();
    let mut messages = Vec::new();
    for token in [&served, &forged, &not_served] {
        let answer = world.get_with(token).await;
        messages.push(answer.refused(401, "Unauthorized"));
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn without_a_token_it_is_said_what_to_send() {
    let world = World::new();
    for headers in [
        &[][..],
        &[("authorization", "Basic aHVudGVyMg==")],
        &[("authorization", "Bearer")],
        &[("authorization", "Bearer  ")],
        &[("authorization", "hunter2")],
        &[("x-token", "hunter2")],
    ] {
        let answer = world
            .ask("GET", "/api/alerts?access_token=x", headers)
            .await;
        answer.refused(401, "Unauthorized");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(world.entra.asked(), [""; 0]);
}

#[tokio::test]
async fn nobody_is_asked_about_a_directory_that_no_document_has() {
    let world = World::new();
    let changes = json!({"tid": "../../evil", "iss": "https://evil.example/"});
    assert_eq!(status_of(&world, &changes).await, 401);
    assert_eq!(status_of(&world, &json!({"tid": OTHER})).await, 401);
    assert_eq!(world.entra.asked(), [""; 0]);
}

#[tokio::test]
async fn the_old_audience_and_a_role_are_as_the_document_says() {
    let world = World::new();
    let old = json!({"aud": "https://graph.windows.net"});
    let tenant = world.tenant("contoso", DIRECTORY, r#","legacy_audience":true"#);
    world.serve(&[tenant]);
    assert_eq!(status_of(&world, &old).await, 200);
    let unlisted = json!({"aud": "https://graph.windows.net", "azp": OTHER});
    assert_eq!(status_of(&world, &unlisted).await, 403);
    world.serve(&[world.tenant("contoso", DIRECTORY, r#","role":"Alerts.Read""#)]);
    assert_eq!(status_of(&world, &old).await, 401);
    assert_eq!(
        status_of(&world, &json!({"roles": ["Alerts.Read"]})).await,
        200
    );
    for roles in [json!(null), json!([]), json!(["alerts.read"])] {
        assert_eq!(status_of(&world, &json!({"roles": roles})).await, 403);
    }
}

#[tokio::test]
async fn a_token_of_one_tenant_reads_that_one_alone() {
    let world = World::new();
    let fabrikam = world.tenant("fabrikam", OTHER, "");
    world.serve(&[world.tenant("contoso", DIRECTORY, ""), fabrikam.clone()]);
    world.show([1]).await;
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
    let changes = json!({"tid": OTHER, "iss": format!("https://login.example/{OTHER}/v2.0")});
    let token = first_key().sign(&with(&world, &changes)).unwrap();
    for target in [
        "/api/alerts",
        "/api/alerts?tenant=contoso",
        "/api/siem?cursor=20260302T000000Z",
    ] {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        assert_eq!(world.ask("GET", target, &headers).await.body, "[]");
    }
    // Two documents that list the same application: neither.
    world.serve(&[
        world.tenant("contoso", DIRECTORY, ""),
        world.tenant("contoso-2", DIRECTORY, ""),
    ]);
    world.get("/api/alerts").await.refused(403, "Forbidden");
    let other = world.tenant("contoso-2", DIRECTORY, "");
    let text = serde_json::to_string(&[&other])
        .unwrap()
        .replace(CLIENT, OTHER);
    let other = drawbridge_config::Tenant::parse_list("tenants", &text)
        .unwrap()
        .remove(0);
    world.serve(&[world.tenant("contoso", DIRECTORY, ""), other]);
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
    // And none at all.
    world.serve(&[]);
    world.get("/api/alerts").await.refused(401, "Unauthorized");
}

#[tokio::test]
async fn the_records_of_a_directory_are_not_shown_to_another_one_that_has_its_name() {
    let world = World::new();
    world.show([1]).await;
    world.write_of("native", [2]).await;
    world.advance(10);
    // Entra names a directory in any case, and so does a document.
    let directory = DIRECTORY.to_uppercase();
    world.serve(&[world.tenant("contoso", &directory, "")]);
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
    world.serve(&[world.tenant("contoso", OTHER, "")]);
    let changes = json!({"tid": OTHER, "iss": format!("https://login.example/{OTHER}/v2.0")});
    let token = first_key().sign(&with(&world, &changes)).unwrap();
    for target in ["/api/alerts", "/api/alerts?limit=9", "/api/native"] {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        assert_eq!(world.ask("GET", target, &headers).await.body, "[]");
    }
}

#[tokio::test]
async fn keys_that_change_are_found_and_asked_for_every_five_minutes_at_most() {
    let world = World::new();
    assert_eq!(status_of(&world, &json!({})).await, 200);
    world.entra.asked();
    let second = |world: &World| second_key().sign(&world.claims()).unwrap();
    world.entra.set_keys([second_key().jwk().clone()]);
    for _ in 0..50 {
        assert_eq!(world.get_with(&second(&world)).await.status, 401);
    }
    assert_eq!(world.entra.asked(), [""; 0]);
    world.advance(5 * 60);
    assert_eq!(world.get_with(&second(&world)).await.status, 200);
    assert_eq!(world.entra.asked().len(), 2);
    // The one that was taken back is none any more.
    assert_eq!(status_of(&world, &json!({})).await, 401);
    // One that is taken back without a new one is known within an hour.
    world.entra.set_keys([first_key().jwk().clone()]);
    world.advance(60 * 60);
    assert_eq!(world.get_with(&second(&world)).await.status, 200);
    world.advance(1);
    assert_eq!(world.get_with(&second(&world)).await.status, 401);
    assert_eq!(status_of(&world, &json!({})).await, 200);
}

#[tokio::test]
async fn the_last_good_keys_hold_for_a_day_where_nobody_answers() {
    let world = World::new();
    world.entra.set_down(true);
    let answer = world.get("/api/alerts").await;
    answer.refused(503, "ServiceUnavailable");
    assert_eq!(answer.header("retry-after"), Some("30"));
    world.entra.set_down(false);
    // Without any keys it is tried again soon.
    world
        .get("/api/alerts")
        .await
        .refused(503, "ServiceUnavailable");
    world.advance(30);
    assert_eq!(world.get("/api/alerts").await.status, 200);
    world.entra.set_down(true);
    world.entra.asked();
    world.advance(24 * 60 * 60);
    assert_eq!(world.get("/api/alerts").await.status, 200);
    assert_eq!(world.get("/api/alerts").await.status, 200);
    assert_eq!(world.entra.asked().len(), 1);
    // Whether there is another key cannot be told.
    let other = second_key().sign(&world.claims()).unwrap();
    assert_eq!(world.get_with(&other).await.status, 503);
    world.advance(1);
    world
        .get("/api/alerts")
        .await
        .refused(503, "ServiceUnavailable");
}

#[tokio::test(start_paused = true)]
async fn a_key_server_that_hangs_holds_up_nobody_whose_key_is_known_for_long() {
    let world = World::new();
    assert_eq!(world.get("/api/alerts").await.status, 200);
    world.entra.hang();
    world.advance(2 * 60 * 60);
    let elapsed = async || {
        let start = tokio::time::Instant::now();
        let status = world.get("/api/alerts").await.status;
        (status.as_u16(), start.elapsed().as_secs())
    };
    assert_eq!(elapsed().await, (200, 2));
    assert_eq!(elapsed().await, (200, 0));
    world.advance(24 * 60 * 60);
    assert_eq!(elapsed().await, (503, 10));
}

#[tokio::test(start_paused = true)]
async fn a_made_up_key_holds_up_nobody_whose_key_is_known() {
    let world = World::new();
    assert_eq!(world.get("/api/alerts").await.status, 200);
    world.entra.hang();
    // In the pause after the last question, and when the keys are no longer fresh.
    for advance_secs in [6 * 60, 2 * 60 * 60] {
        world.advance(advance_secs);
        let elapsed = async |token: String| {
            let start = tokio::time::Instant::now();
            let status = world.get_with(&token).await.status;
            (status.as_u16(), start.elapsed().as_secs())
        };
        let made_up = second_key().sign(&world.claims()).unwrap();
        let (made_up, good) = tokio::join!(elapsed(made_up), elapsed(world.token()));
        assert_eq!((made_up, good), ((503, 10), (200, 0)));
    }
}

#[tokio::test]
async fn keys_for_other_uses_are_no_keys() {
    let world = World::new();
    let mut encryption = first_key().jwk().clone();
    encryption["use"] = "enc".into();
    let symmetric = json!({"kty": "oct", "kid": "first", "k": "aHVudGVyMg"});
    world
        .entra
        .set_keys([encryption, symmetric, json!("hunter2")]);
    world
        .get("/api/alerts")
        .await
        .refused(503, "ServiceUnavailable");
}
