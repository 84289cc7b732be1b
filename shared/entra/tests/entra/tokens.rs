use std::sync::Arc;
use std::time::Duration;

use drawbridge_entra::testing::{SignIn, TENANT, shown};
use drawbridge_entra::{SignInErrorKind, TokenCache, TokenProvider as _};
use drawbridge_http::TransportError;
use drawbridge_http::script::{Answer, MARKER, Script};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_time::Deadline;
use secrecy::ExposeSecret;
use tokio::time::{Instant, advance};

async fn token(cache: &TokenCache) -> String {
    let token = cache.token(Deadline::none()).await.unwrap();
    token.expose_secret().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_token_is_asked_for_as_entra_documents_it() {
    let script = Script::tokens([]);
    token(&script.cache()).await;
    let post = &script.posts()[0];
    assert_eq!(
        post.url,
        format!("https://login.example/{TENANT}/oauth2/v2.0/token")
    );
    assert_eq!(
        post.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        post.body,
        "grant_type=client_credentials&client_id=client-1&\
         scope=https%3A%2F%2Fgraph.example%2F.default&client_secret=s3cret-MARKER"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_and_renewed_five_minutes_early() {
    let script = Script::tokens([]);
    let cache = script.cache();
    assert_eq!(token(&cache).await, format!("token-1-{MARKER}"));
    advance(Duration::from_secs(3298)).await;
    assert_eq!(token(&cache).await, format!("token-1-{MARKER}"));
    advance(Duration::from_secs(2)).await;
    assert_eq!(token(&cache).await, format!("token-2-{MARKER}"));
}

#[tokio::test(start_paused = true)]
async fn a_short_token_is_renewed_after_four_fifths_of_its_life() {
    let script = Script::tokens([Answer::token("short", 60)]);
    let cache = script.cache();
    token(&cache).await;
    advance(Duration::from_secs(47)).await;
    assert_eq!(token(&cache).await, "short");
    advance(Duration::from_secs(2)).await;
    assert_ne!(token(&cache).await, "short");
}

#[tokio::test(start_paused = true)]
async fn odd_lifetimes_are_taken_with_care() {
    for (seconds, kept_secs) in [("0", 0), ("\"60\"", 47), ("18446744073709551615", 80_000)] {
        let body =
            format!(r#"{{"token_type":"bearer","expires_in":{seconds},"access_token":"odd"}}"#);
        let script = Script::tokens([Answer::json(200, body)]);
        let cache = script.cache();
        assert_eq!(token(&cache).await, "odd");
        advance(Duration::from_secs(kept_secs)).await;
        assert_eq!(token(&cache).await == "odd", kept_secs > 0, "{seconds}");
        advance(Duration::from_secs(24 * 3600)).await;
        assert_ne!(token(&cache).await, "odd", "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_need_a_token_ask_once() {
    let slow = Answer::token("slow", 3599).after(Duration::from_secs(3));
    let script = Script::tokens([slow]);
    let cache = script.cache();
    let all = futures::future::join_all((0..20).map(|_| token(&cache))).await;
    assert!(all.iter().all(|token| token == "slow"));
    assert_eq!(script.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_who_wait_for_a_failure_share_it() {
    let refused = Answer::aadsts(401, "invalid_client", 7_000_215).after(Duration::from_secs(3));
    let script = Script::tokens([refused]);
    let cache = script.cache();
    let ask = || async { cache.token(Deadline::none()).await.unwrap_err() };
    let all = futures::future::join_all((0..20).map(|_| ask())).await;
    assert!(
        all.iter()
            .all(|error| error.kind() == SignInErrorKind::Configuration)
    );
    assert_eq!(script.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_one_renews_early_the_others_go_on() {
    let slow = Answer::token("second", 3599).after(Duration::from_secs(5));
    let script = Script::tokens([Answer::token("first", 3599), slow]);
    let cache = script.cache();
    token(&cache).await;
    advance(Duration::from_secs(3310)).await;
    let begun = Instant::now();
    let renewing = token(&cache);
    let going_on = async {
        tokio::task::yield_now().await;
        let token = token(&cache).await;
        (token, begun.elapsed())
    };
    let (renewed, (other, waited)) = futures::future::join(renewing, going_on).await;
    assert_eq!((renewed.as_str(), other.as_str()), ("second", "first"));
    assert!(waited < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_early_renewal_that_fails_harms_nobody() {
    let script = Script::tokens([
        Answer::token("first", 3599),
        Answer::status(500),
        Answer::token("x", 3599).after(Duration::from_secs(60)),
    ]);
    let cache = script.cache();
    token(&cache).await;
    advance(Duration::from_secs(3310)).await;
    for _ in 0..5 {
        assert_eq!(token(&cache).await, "first");
    }
    assert_eq!(script.posts().len(), 2);
    // After the pause it is tried again; a login host that hangs holds nobody up for long.
    advance(Duration::from_secs(2)).await;
    let begun = Instant::now();
    assert_eq!(token(&cache).await, "first");
    assert!(begun.elapsed() < Duration::from_secs(11));
    assert_eq!(script.posts().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_nobody_asks_for_a_while() {
    let script = Script::tokens([Answer::aadsts(401, "invalid_client", 7_000_222)]);
    let cache = script.cache();
    for _ in 0..10 {
        let error = cache.token(Deadline::none()).await.unwrap_err();
        assert_eq!(error.kind(), SignInErrorKind::Configuration);
    }
    assert_eq!(script.posts().len(), 1);
    advance(Duration::from_secs(1)).await;
    assert_eq!(token(&cache).await, format!("token-2-{MARKER}"));
}

#[tokio::test(start_paused = true)]
async fn what_passes_at_the_login_host_is_tried_again() {
    for answer in [
        Answer::status(500),
        Answer::json(503, "<html>"),
        Answer::status(429),
        Answer::aadsts(503, "temporarily_unavailable", 90_033),
        Answer::aadsts(400, "invalid_grant", 90_033),
        Answer::broken(TransportError::Connect("refused".to_owned())),
        Answer::json(200, "{").then(TransportError::CutOff("reset".to_owned())),
        Answer::token("late", 3599).after(Duration::from_secs(60)),
    ] {
        let script = Script::tokens([answer]);
        assert_eq!(token(&script.cache()).await, format!("token-2-{MARKER}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_login_host_is_given_its_time() {
    let script = Script::tokens([Answer::status(429).header("retry-after", "12")]);
    let begun = Instant::now();
    token(&script.cache()).await;
    assert_eq!(begun.elapsed().as_secs(), 12);

    let script = Script::tokens([Answer::status(429).header("retry-after", "12")]);
    let deadline = Deadline::after(Duration::from_secs(5));
    let error = script.cache().token(deadline).await.unwrap_err();
    assert_eq!(error.kind(), SignInErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(12)));
    assert!(shown(&error).contains("POST login.example"));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_for_tokens_too() {
    let slow = || Answer::token("slow", 3599).after(Duration::from_secs(25));
    let script = Script::tokens([slow(), slow()]);
    let cache = script.cache();
    let short = Deadline::after(Duration::from_secs(10));
    let one = cache.token(short);
    let other = cache.token(short);
    let (one, other) = futures::future::join(one, other).await;
    for error in [one.unwrap_err(), other.unwrap_err()] {
        let text = error.to_string();
        let named = "no token from login.example before the time was up";
        assert!(text.starts_with(named), "{text}");
        assert!(error.is_retryable());
    }
    // Running out of time is the caller's affair: the next one may ask at once.
    assert_eq!(token(&cache).await, "slow");
}

#[tokio::test(start_paused = true)]
async fn invalidating_fetches_anew() {
    let script = Script::tokens([]);
    let cache = script.cache();
    token(&cache).await;
    cache.invalidate();
    assert_eq!(token(&cache).await, format!("token-2-{MARKER}"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_shown() {
    let script = Script::tokens([]);
    let provider = script.provider(Arc::new(FixedSecret(MARKER.to_owned())));
    let token = provider.fetch().await.unwrap();
    let text = format!("{token:?} {provider:?}");
    assert!(
        text.contains("REDACTED") && !text.contains(MARKER),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_host_that_asks_for_a_day_is_asked_again_within_minutes() {
    for status in [429, 503] {
        let busy = Answer::status(status).header("retry-after", "86400");
        let script = Script::tokens([busy]);
        let cache = script.cache();
        for secs in [0, 299] {
            advance(Duration::from_secs(secs)).await;
            let error = cache.token(Deadline::none()).await.unwrap_err();
            assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
            assert_eq!(script.posts().len(), 1);
        }
        advance(Duration::from_secs(2)).await;
        assert_eq!(token(&cache).await, format!("token-2-{MARKER}"));
    }
}

/// An error that says "1 try in 0.0 s" after a minute of tries sends its reader the wrong way.
#[tokio::test(start_paused = true)]
async fn an_error_tells_all_tries_and_how_long_they_took() {
    let broken = || Answer::broken(TransportError::Connect("refused".into()));
    let script = Script::tokens((0..50).map(|_| broken()));
    let begun = Instant::now();
    let error = script.cache().token(Deadline::none()).await.unwrap_err();
    let exchange = error.exchange().unwrap();
    let posts = script.posts().len();
    assert!(posts > 1, "{posts}");
    assert_eq!(exchange.tries as usize, posts);
    assert_eq!(exchange.elapsed, begun.elapsed());
    assert!(
        error.to_string().contains(&format!("({posts} tries in ")),
        "{error}"
    );
}
