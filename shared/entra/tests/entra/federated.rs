//! Federation as far as it needs no issuer; `tests/aws.rs` goes the whole way.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_entra::testing::{SignIn, policy, shown};
use drawbridge_entra::{
    AssertionError, AssertionSource, ClientSecret, Cloud, Federated, SignInErrorKind, TokenCache,
    TokenProvider as _,
};
use drawbridge_http::script::{Answer, MARKER, Script};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_time::Deadline;
use secrecy::SecretString;

struct Given(Result<String, AssertionError>);

#[async_trait]
impl AssertionSource for Given {
    async fn assertion(&self) -> Result<SecretString, AssertionError> {
        self.0.clone().map(SecretString::from)
    }
}

fn token(claims: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k"}"#);
    let claims = URL_SAFE_NO_PAD.encode(claims);
    format!("{header}.{claims}.{}", signature())
}

/// One as long as a key of 2048 bits makes it.
fn signature() -> String {
    let bytes = MARKER.bytes().map(|byte| byte | 0x80).cycle().take(256);
    URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<_>>())
}

fn provider(script: &Arc<Script>, assertion: Result<String, AssertionError>) -> Federated {
    Federated::new(script.endpoint(), Arc::new(Given(assertion)))
}

#[tokio::test(start_paused = true)]
async fn the_assertion_takes_the_place_of_a_secret() {
    let script = Script::tokens([]);
    let assertion = token("{}");
    let scope = "https://monitor.azure.com/.default";
    let plain = provider(&script, Ok(assertion.clone()));
    plain.fetch().await.unwrap();
    let source = Arc::new(Given(Ok(assertion.clone())));
    let other = Federated::new(script.endpoint().with_scope(scope), source);
    other.fetch().await.unwrap();
    let secret = Arc::new(FixedSecret(MARKER.to_owned()));
    let secret = ClientSecret::new(script.endpoint().with_scope(scope), secret);
    secret.fetch().await.unwrap();
    let posts = script.posts();
    let sent = &posts[0].body;
    assert!(
        sent.ends_with(&format!("client_assertion={assertion}")),
        "{sent}"
    );
    assert!(
        sent.contains("scope=https%3A%2F%2Fgraph.example%2F.default"),
        "{sent}"
    );
    for post in &posts[1..] {
        let scope = "scope=https%3A%2F%2Fmonitor.azure.com%2F.default";
        assert!(post.body.contains(scope), "{}", post.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_match_shows_what_was_compared() {
    let claims = r#"{"iss":"https://i.example","sub":"arn:x","aud":"api://a"}"#;
    for code in [70_021, 700_211, 700_212, 700_213, 7_000_272] {
        let script = Script::tokens([Answer::aadsts(400, "invalid_client", code)]);
        let error = provider(&script, Ok(token(claims))).fetch().await;
        let text = shown(&error.unwrap_err());
        let said = "issuer 'https://i.example', subject 'arn:x', audience 'api://a'";
        assert!(text.contains(said), "{text}");
    }
    let script = Script::tokens([Answer::aadsts(400, "invalid_client", 700_016)]);
    let error = provider(&script, Ok(token(claims))).fetch().await;
    assert!(!shown(&error.unwrap_err()).contains("https://i.example"));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_entra_cannot_reach_is_asked_for_again() {
    for code in [50_166, 501_661, 90_061] {
        let script = Script::tokens([Answer::aadsts(400, "invalid_request", code)]);
        let provider = Arc::new(provider(&script, Ok(token("{}"))));
        let cache = TokenCache::with_policy(provider, policy());
        cache.token(Deadline::none()).await.unwrap();
        assert_eq!(script.posts().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_source_says_is_passed_on_and_decides_on_another_try() {
    for (is_retryable, kind) in [
        (true, SignInErrorKind::Server),
        (false, SignInErrorKind::Configuration),
    ] {
        let script = Script::tokens([]);
        let reason = "the role may not: allow it".to_owned();
        let failing = Err(AssertionError {
            reason,
            is_retryable,
        });
        let error = provider(&script, failing).fetch().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable));
        assert!(
            shown(&error).contains("the role may not: allow it"),
            "{error}"
        );
        assert!(script.posts().is_empty());
    }
}

const RS256: &str = r#"{"alg":"RS256"}"#;

#[tokio::test(start_paused = true)]
async fn no_assertion_but_rs256_is_sent() {
    let script = Script::tokens([]);
    let with = |header: &str| {
        let header = URL_SAFE_NO_PAD.encode(header);
        format!("{header}.e30.{}", signature())
    };
    for (text, hint) in [
        (with(r#"{"alg":"HS256"}"#), "HS256"),
        (with(r#"{"alg":"none"}"#), "none"),
        (with(r#"{"alg":"MARKER <b>"}"#), "another algorithm"),
        (with("{}"), "not a signed JWT"),
        (MARKER.to_owned(), "not a signed JWT"),
        (String::new(), "not a signed JWT"),
        // A file with more than the token, and what is a token by its header alone.
        (with(RS256) + "\n-----BEGIN PRIVATE KEY-----\nMC4C\n", "PEM"),
        (
            format!("{}.YQ.{}", URL_SAFE_NO_PAD.encode(RS256), signature()),
            "the claims, cannot be read",
        ),
        (
            with(RS256) + "MC4CAQAwBQYDK2Vw",
            "its signature has 358 characters",
        ),
        (
            format!(
                "{}.{}.{}",
                URL_SAFE_NO_PAD.encode(RS256),
                URL_SAFE_NO_PAD.encode(r#"{"client_secret":"MARKER"}"#),
                signature()
            ),
            "called a secret",
        ),
    ] {
        let error = provider(&script, Ok(text)).fetch().await.unwrap_err();
        assert!(shown(&error).contains(hint), "{error}");
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
    }
    assert!(script.posts().is_empty());
}

#[test]
fn the_audience_goes_with_the_cloud() {
    assert_eq!(
        Cloud::Global.federation_audience(),
        "api://AzureADTokenExchange"
    );
    for cloud in [Cloud::GccHigh, Cloud::Dod] {
        assert_eq!(
            cloud.federation_audience(),
            "api://AzureADTokenExchangeUSGov"
        );
    }
}
