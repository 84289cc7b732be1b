//! What Entra, or whoever stands in its place, may answer; and secrets that change.

use std::sync::Arc;

use drawbridge_entra::testing::{SignIn, endpoints, shown};
use drawbridge_entra::{
    ClientSecret, SignInError, SignInErrorKind, TokenCache, TokenEndpoint, TokenProvider,
};
use drawbridge_http::script::{Answer, MARKER, Script};
use drawbridge_secrets::SecretSource as _;
use drawbridge_secrets::testing::{FixedSecret, RotatedSecret};
use drawbridge_time::Deadline;
use secrecy::ExposeSecret;

async fn refused(answer: Answer) -> SignInError {
    let script = Script::tokens([answer]);
    let error = script.cache().token(Deadline::none()).await.unwrap_err();
    shown(&error);
    assert_eq!(script.posts().len(), 1);
    error
}

#[tokio::test(start_paused = true)]
async fn each_usual_refusal_says_what_to_do() {
    for (code, error, hint) in [
        (7_000_215, "invalid_client", "not its Secret ID"),
        (7_000_215, "invalid_client", "the application's own"),
        (7_000_222, "invalid_client", "expired"),
        (7_000_216, "invalid_request", "client credential"),
        (7_000_112, "unauthorized_client", "disabled"),
        (700_016, "unauthorized_client", "client-id and tenant-id"),
        (90_002, "invalid_request", "tenant-id"),
        (1_002_012, "invalid_scope", "graph-url"),
        (70_011, "invalid_scope", "graph-url"),
        (65_001, "invalid_grant", "consent"),
        (53_003, "access_denied", "Conditional Access"),
        (53_003, "invalid_grant", "name the policy"),
        (50_131, "invalid_grant", "Conditional Access"),
        (50_076, "interaction_required", "multifactor"),
        (50_079, "interaction_required", "multifactor"),
        (530_003, "interaction_required", "a device or an app"),
        (53_000, "interaction_required", "a device or an app"),
        (7_000_218, "invalid_client", "federated credential"),
        (7_000_229, "invalid_client", "az ad sp create"),
        (7_000_272, "invalid_client", "JWKS"),
        (700_024, "invalid_client", "clock"),
        (700_027, "invalid_client", "upload"),
        (50_012, "invalid_client", "upload"),
        (700_211, "invalid_client", "issuer"),
        (700_212, "invalid_client", "api://AzureADTokenExchange"),
        (900_382, "invalid_request", "set cloud"),
        (90_038, "invalid_request", "set cloud"),
        (90_094, "invalid_grant", "admin"),
        (530_032, "access_denied", "security policy"),
        (70_021, "invalid_client", "federated credential"),
        (700_213, "invalid_client", "subject"),
        (500_011, "invalid_resource", "cloud"),
    ] {
        for status in [400, 401] {
            let error = refused(Answer::aadsts(status, error, code)).await;
            assert_eq!(error.kind(), SignInErrorKind::Configuration, "{code}");
            assert!(!error.is_retryable());
            let text = shown(&error);
            assert!(text.contains(hint), "{text}");
            let ids = format!("(AADSTS{code}, trace id trace-1, correlation id corr-1)");
            assert!(text.contains(&ids), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_refusal_keeps_code_and_ids() {
    let text = shown(&refused(Answer::aadsts(400, "invalid_grant", 123_456)).await);
    assert!(text.contains("HTTP 400, invalid_grant"), "{text}");
    assert!(text.contains("AADSTS123456, trace id trace-1"), "{text}");

    let bare = Answer::json(400, r#"{"error":"MARKER-error","trace_id":"MARKER id"}"#);
    let text = shown(&refused(bare).await);
    assert!(text.contains("an unknown error"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_entra_is_told_apart() {
    for answer in [
        Answer::status(200)
            .header("content-type", "text/html")
            .body("<html>MARKER"),
        Answer::json(200, r#"{"MARKER":1}"#),
        Answer::json(
            200,
            r#"{"access_token":"MARKER","token_type":"mac","expires_in":9}"#,
        ),
        Answer::json(
            200,
            r#"{"access_token":"MAR\nKER","token_type":"Bearer","expires_in":9}"#,
        ),
        Answer::json(
            200,
            r#"{"access_token":"","token_type":"Bearer","expires_in":9}"#,
        ),
        Answer::json(
            200,
            r#"{"access_token":"MARKER","token_type":"Bearer","expires_in":"x"}"#,
        ),
        Answer::json(
            200,
            r#"{"access_token":"MARKER","token_type":"Bearer","expires_in":-1}"#,
        ),
        Answer::json(
            200,
            format!(r#"{{"access_token":"{}"}}"#, MARKER.repeat(100_000)),
        ),
        Answer::status(404).body("MARKER"),
        Answer::status(400),
        Answer::status(405).body("<html>MARKER"),
    ] {
        let error = refused(answer).await;
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
        let text = shown(&error);
        assert!(
            text.contains("is not the Microsoft Entra login service"),
            "{text}"
        );
        assert!(
            text.contains("login-url") && text.contains("POST login.example"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_host_that_redirects_is_not_followed() {
    let answer = Answer::status(302).header("location", "https://evil.example/?MARKER");
    let error = refused(answer).await;
    assert_eq!(error.kind(), SignInErrorKind::Configuration);
    assert!(shown(&error).contains("redirects"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_read_anew_within_the_same_fetch() {
    let source = Arc::new(RotatedSecret::of(["old-MARKER", "new-MARKER"]));
    let script = Script::tokens([Answer::aadsts(401, "invalid_client", 7_000_215)]);
    let cache = TokenCache::new(script.provider(source.clone()));
    let token = cache.token(Deadline::none()).await.unwrap();
    assert_eq!(token.expose_secret(), format!("token-2-{MARKER}"));
    let posts = script.posts();
    assert!(posts[0].body.ends_with("=old-MARKER") && posts[1].body.ends_with("=new-MARKER"));
    assert_eq!(source.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_wrong_secret_is_not_sent_twice() {
    let source = Arc::new(RotatedSecret::of(["only-MARKER"]));
    let script = Script::tokens([Answer::aadsts(401, "invalid_client", 7_000_222)]);
    let cache = TokenCache::new(script.provider(source));
    let error = cache.token(Deadline::none()).await.unwrap_err();
    assert!(shown(&error).contains("expired"));
    assert_eq!(script.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_fetch_asks_for_the_secret() {
    let source = Arc::new(RotatedSecret::of(["one-MARKER", "two-MARKER"]));
    let script = Script::tokens([]);
    let cache = TokenCache::new(script.provider(source.clone()));
    cache.token(Deadline::none()).await.unwrap();
    source.forget();
    cache.invalidate();
    cache.token(Deadline::none()).await.unwrap();
    assert!(script.posts()[1].body.ends_with("=two-MARKER"));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_is_said_so() {
    let script = Script::tokens([]);
    for (source, hint) in [
        (
            Arc::new(RotatedSecret::of::<String>([])),
            "no secret named x",
        ),
        (Arc::new(RotatedSecret::of([""])), "is empty"),
    ] {
        let cache = TokenCache::new(script.provider(source));
        let error = cache.token(Deadline::none()).await.unwrap_err();
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
        assert!(shown(&error).contains(hint), "{error}");
    }
    assert!(script.posts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_none_is_refused_before_anything_is_sent() {
    let script = Script::tokens([]);
    let secret = Arc::new(FixedSecret(MARKER.to_owned()));
    for tenant in ["../evil", "common", "a b", ""] {
        let endpoint = TokenEndpoint::new(script.clone(), &endpoints(), tenant, "client-1");
        let provider = ClientSecret::new(endpoint, secret.clone());
        let error = provider.fetch().await.unwrap_err();
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
        assert!(shown(&error).contains("tenant-id"), "{error}");
    }
    assert!(script.posts().is_empty());
}

/// A private key has no business at anybody's token endpoint.
#[tokio::test(start_paused = true)]
async fn what_is_no_bare_secret_is_never_sent() {
    let lines = format!("{MARKER}\n{MARKER}");
    let long = MARKER.repeat(500);
    for (stored, words) in [
        (
            format!("-----BEGIN CERTIFICATE-----\n{MARKER}\n-----END CERTIFICATE-----\n"),
            ["PEM", "under certificate"],
        ),
        (
            format!("{{\"client_secret\":\"{MARKER}\"}}"),
            ["JSON", "alone"],
        ),
        (
            format!("{MARKER}\"}},{{"),
            ["a part of a document or of a key", "make a new one"],
        ),
        (format!("{MARKER}-----"), ["dashes", "make a new one"]),
        (format!("{MARKER}ü"), ["not ASCII", "make a new one"]),
        (lines, ["several lines", "alone"]),
        (long, ["1024 bytes", "alone"]),
        (MARKER.repeat(30), ["a part of a key", "under certificate"]),
        (format!("{MARKER} {MARKER}"), ["blanks", "alone"]),
        ([MARKER; 40].join("\t"), ["several lines", "alone"]),
        (
            format!("file:/run/{MARKER}"),
            ["the name of a place", "itself"],
        ),
        ("${MARKER_SECRET}".to_owned(), ["a placeholder", "itself"]),
        ("${VAR:-MARKER}".to_owned(), ["a placeholder", "itself"]),
        ("{{ MARKER }}".to_owned(), ["a placeholder", "itself"]),
        ("your-MARKER-secret".to_owned(), ["a placeholder", "itself"]),
        (
            format!("pass={MARKER}"),
            ["a line of a file", "the value alone"],
        ),
        (
            format!("CLIENT_SECRET={MARKER}"),
            ["a line of a file", "the value alone"],
        ),
        (
            format!("$env:CLIENT_SECRET={MARKER}"),
            ["a line of a file", "the value alone"],
        ),
    ] {
        let script = Script::tokens([]);
        let provider = script.provider(Arc::new(FixedSecret(stored)));
        let error = provider.fetch().await.unwrap_err();
        assert!(script.posts().is_empty(), "it was sent");
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
        let text = shown(&error);
        for word in words.into_iter().chain(["client secret", "not sent"]) {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
    }
}

/// What was stored by mistake is put right without a restart.
#[tokio::test(start_paused = true)]
async fn a_secret_that_was_put_right_is_read_anew_within_the_same_fetch() {
    let script = Script::tokens([]);
    let source = Arc::new(RotatedSecret::of([
        "-----BEGIN PRIVATE KEY-----\nMARKER",
        "good-MARKER",
    ]));
    script.provider(source).fetch().await.unwrap();
    assert_eq!(script.posts().len(), 1);
    assert!(
        script.posts()[0]
            .body
            .ends_with("client_secret=good-MARKER")
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_with_any_character_that_it_may_have_arrives_whole() {
    let script = Script::tokens([]);
    let secret = "a+b&c=d%20~[*]?/:@`|";
    let provider = script.provider(Arc::new(FixedSecret(secret.to_owned())));
    provider.fetch().await.unwrap();
    let url = format!("https://x/?{}", script.posts()[0].body);
    let url: drawbridge_http::Url = url.parse().unwrap();
    let sent = url
        .query_pairs()
        .find(|(key, _)| key == "client_secret")
        .unwrap()
        .1;
    assert_eq!(sent, secret);
}
