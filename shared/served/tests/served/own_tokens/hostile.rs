//! Tokens that somebody else made, and requests of other tenants.

use drawbridge_served::{ClientSecret, TokenKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{CONNECTOR, Endpoint, refused};
use crate::world::{CLIENT, DIRECTORY, first_key};

const OTHER: &str = "00000000-0000-0000-0000-0000000000ff";

/// The key and the audience of a world's tokens.
fn key(endpoint: &Endpoint) -> (Vec<u8>, String) {
    let document: Value =
        serde_json::from_str(&endpoint.world.key.current().document().unwrap()).unwrap();
    let of = |name: &str| document[name].as_str().unwrap().to_owned();
    (of("key").into_bytes(), of("audience"))
}

/// The claims of a good token.
fn claims(endpoint: &Endpoint) -> Value {
    let now = endpoint.world.now().as_second();
    let (_, audience) = key(endpoint);
    json!({
        "iss": "drawbridge", "aud": format!("{audience}/api"), "iat": now, "exp": now + 60,
        "tenant": "contoso", "tid": DIRECTORY, "client": CONNECTOR,
        "generation": &endpoint.secret.hash()[7..23],
    })
}

fn signed(claims: &Value, key: &[u8], kind: &str, algorithm: Algorithm) -> String {
    let mut header = Header::new(algorithm);
    header.typ = Some(kind.to_owned());
    header.kid = Some("first".to_owned());
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

#[tokio::test]
async fn a_token_that_this_place_did_not_sign_for_this_is_refused() {
    let endpoint = Endpoint::new();
    let (key, audience) = key(&endpoint);
    let good = claims(&endpoint);
    let of = |claims: &Value| signed(claims, &key, "drawbridge", Algorithm::HS256);
    assert_eq!(endpoint.status_of(&of(&good)).await, 200);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        of(&claims)
    };
    let now = endpoint.world.now().as_second();
    for token in [
        // Of another stack that has the same key, and for something else.
        with("aud", json!("11111111-1111-4111-8111-111111111111/api")),
        with("aud", json!(format!("{audience}/token"))),
        with("aud", json!(audience)),
        with("aud", Value::Null),
        with("iss", json!("https://sts.example/")),
        with("exp", json!(now)),
        with("exp", Value::Null),
        // Of another tenant, or one that had the name before.
        with("tenant", json!("fabrikam")),
        with("tid", json!(OTHER)),
        with("client", json!(CLIENT)),
        with("client", json!("")),
        with("generation", json!("0000000000000000")),
        with("generation", json!("")),
        // Other algorithms and another key.
        signed(&good, &key, "drawbridge", Algorithm::HS512),
        signed(&good, &key, "drawbridge", Algorithm::HS384),
        signed(&good, &key, "JWT", Algorithm::HS256),
        signed(&good, &key[1..], "drawbridge", Algorithm::HS256),
        signed(&good, b"", "drawbridge", Algorithm::HS256),
    ] {
        assert_eq!(endpoint.status_of(&token).await, 401, "{token}");
    }
    assert_eq!(endpoint.world.entra.asked(), [""; 0]);
}

/// A public key is known to everybody: what is signed with it as if it were a secret proves nothing, in
/// either kind of token.
#[tokio::test]
async fn a_token_of_one_kind_is_never_taken_for_one_of_the_other() {
    let endpoint = Endpoint::new();
    let (own, entra) = (claims(&endpoint), endpoint.world.claims());
    let jwk = first_key().jwk();
    let modulus = jwk["n"].as_str().unwrap();
    let (key, _) = key(&endpoint);
    // Claims of both kinds at once.
    let mut both = own.clone();
    both.as_object_mut()
        .unwrap()
        .extend(entra.as_object().unwrap().clone());
    for claims in [&own, &entra, &both] {
        for public in [modulus.as_bytes(), jwk.to_string().as_bytes()] {
            for kind in ["drawbridge", "JWT"] {
                let token = signed(claims, public, kind, Algorithm::HS256);
                assert_eq!(endpoint.status_of(&token).await, 401, "{token}");
            }
        }
    }
    // Entra's claims with the own key, and own claims with Entra's.
    for kind in ["drawbridge", "JWT"] {
        assert_eq!(
            endpoint
                .status_of(&signed(&entra, &key, kind, Algorithm::HS256))
                .await,
            401
        );
    }
    assert_eq!(
        endpoint.status_of(&first_key().sign(&own).unwrap()).await,
        401
    );
    // `alg` none, with and without what follows it.
    let good = endpoint.access().await;
    let (_, rest) = good.split_once('.').unwrap();
    let none = drawbridge_entra::jwt::base64url(br#"{"alg":"none","typ":"drawbridge"}"#);
    let unsigned = rest.split_once('.').unwrap().0;
    for token in [format!("{none}.{rest}"), format!("{none}.{unsigned}.")] {
        assert_eq!(endpoint.status_of(&token).await, 401);
    }
    assert_eq!(endpoint.status_of(&good).await, 200);
}

#[tokio::test]
async fn a_token_of_one_tenant_or_place_reads_no_other() {
    let endpoint = Endpoint::new();
    endpoint.world.show([1]).await;
    let theirs = ClientSecret::generate().unwrap();
    let token = endpoint.access().await;
    // Another tenant has a client of the same id, with a secret of its own.
    let tenants = [
        endpoint.tenant("fabrikam", OTHER, &[&theirs]),
        endpoint.tenant("contoso", DIRECTORY, &[&endpoint.secret]),
    ];
    endpoint.world.serve(&tenants);
    assert_eq!(endpoint.world.get_with(&token).await.ids(), [1]);
    assert_eq!(
        endpoint
            .world
            .get_with(&endpoint.access().await)
            .await
            .ids(),
        [1]
    );
    // The name is another directory's now, with the same client and secret even.
    let renamed = endpoint.tenant("contoso", OTHER, &[&endpoint.secret]);
    endpoint.world.serve(&[renamed]);
    assert_eq!(endpoint.status_of(&token).await, 401);
    let elsewhere = Endpoint::new();
    assert_eq!(elsewhere.status_of(&token).await, 401);
    // Another place with the same key, which somebody copied without the audience.
    let mut copy: Value =
        serde_json::from_str(&endpoint.world.key.current().document().unwrap()).unwrap();
    copy["audience"] = json!("another");
    elsewhere.has(&[&endpoint.secret]);
    elsewhere.world.key.write(&copy.to_string());
    elsewhere.world.key.forget();
    assert_eq!(elsewhere.status_of(&token).await, 401);
    assert!(TokenKey::read(&copy.to_string()).is_ok());
}

#[tokio::test]
async fn a_client_of_two_tenants_names_the_directory_and_otherwise_gets_no_token() {
    let endpoint = Endpoint::new();
    let both = [("contoso", DIRECTORY), ("fabrikam", OTHER)];
    let both = both.map(|(name, id)| endpoint.tenant(name, id, &[&endpoint.secret]));
    endpoint.world.serve(&both);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", CONNECTOR),
        ("client_secret", endpoint.secret()),
    ];
    for path in [
        "/oauth2/token",
        "/common/oauth2/token",
        "/organizations/oauth2/v2.0/token",
    ] {
        refused(
            &endpoint.post(path, &fields).await,
            400,
            "unauthorized_client",
        );
    }
    endpoint.world.show([1]).await;
    for (directory, ids) in [(DIRECTORY, &[1][..]), (OTHER, &[])] {
        let path = format!("/{}/oauth2/token", directory.to_uppercase());
        let answer = endpoint.post(&path, &fields).await;
        let tokens: Value = serde_json::from_str(&answer.body).unwrap();
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(endpoint.world.get_with(token).await.ids(), ids);
    }
    let path = "/00000000-0000-0000-0000-000000000000/oauth2/token";
    refused(&endpoint.post(path, &fields).await, 401, "invalid_client");
}
