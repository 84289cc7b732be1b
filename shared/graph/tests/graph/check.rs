//! The check of an identity, in words.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_entra::testing::{SignIn as _, endpoints, policy};
use drawbridge_entra::{Certificate, TokenCache};
use drawbridge_graph::{Check, ErrorKind, Filter, Graph, Level, Settings, Topic, check};
use drawbridge_http::TransportError;
use drawbridge_http::script::{Answer, MARKER, Script};
use drawbridge_issuer::{CertificateOptions, TestCertificate};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_time::{Clock, Deadline};
use jiff::Timestamp;

const NOW: &str = "2026-11-24T12:00:00Z";

fn now() -> Arc<dyn Clock> {
    let now: Timestamp = NOW.parse().unwrap();
    Arc::new(move || now)
}

/// A token in Entra's shape that may do this.
fn granted(roles: &str) -> Answer {
    let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"roles":[{roles}]}}"#));
    Answer::token(&format!("e30.{claims}.{MARKER}"), 3599)
}

fn reader() -> Answer {
    granted(r#""SecurityAlert.Read.All""#)
}

async fn checked(script: &Arc<Script>, tokens: Arc<TokenCache>) -> Check {
    checked_with(script, tokens, Filter::default()).await
}

async fn checked_with(script: &Arc<Script>, tokens: Arc<TokenCache>, filter: Filter<'_>) -> Check {
    let settings = Settings {
        retry: policy(),
        ..Settings::default()
    };
    let graph = Graph::new(script.clone(), tokens.clone(), endpoints(), settings);
    let check = check(
        &graph,
        &tokens,
        filter,
        NOW.parse().unwrap(),
        Deadline::none(),
    )
    .await;
    let shown = format!("{check} {check:?}");
    assert!(!shown.contains(MARKER), "{shown}");
    check
}

fn levels(check: &Check) -> Vec<(Topic, Level)> {
    let findings = check.findings.iter();
    findings.map(|found| (found.topic, found.level)).collect()
}

async fn answered(token: Answer, pages: Vec<Answer>) -> (Check, Arc<Script>) {
    let script = Script::new([token], pages);
    let tokens = Arc::new(script.cache());
    (checked(&script, tokens).await, script)
}

#[tokio::test(start_paused = true)]
async fn all_well_is_three_lines_and_one_alert_was_asked_for() {
    let (check, script) = answered(reader(), vec![Answer::page(&["a"])]).await;
    assert!(check.works());
    assert_eq!(
        check.to_string(),
        "sign-in: ok: Entra handed out a token\n\
         roles: ok: the application has SecurityAlert.Read.All and nothing else\n\
         alerts: ok: Graph answers with an alert"
    );
    let asked = &script.gets()[0].url;
    assert!(asked.ends_with("&$top=1"), "{asked}");
    assert!(asked.contains("2026-11-17"), "{asked}");
    assert_eq!(script.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_alert_is_no_failure_and_a_partial_answer_is_said() {
    let (check, _) = answered(reader(), vec![Answer::page(&[])]).await;
    assert!(
        check.works() && check.to_string().contains("no alert"),
        "{check}"
    );
    let partial = Answer::page(&["a"]).header("warning", "199 - \"Microsoft/WDATP/504/10000\"");
    let (check, _) = answered(reader(), vec![partial]).await;
    assert!(check.to_string().contains("missing"), "{check}");
}

#[tokio::test(start_paused = true)]
async fn the_alert_is_one_that_the_tenant_reads() {
    let script = Script::new([reader()], vec![Answer::page(&[])]);
    let filter = Filter {
        service_sources: &["microsoftSentinel".to_owned()],
        severities: &["high".to_owned(), "low".to_owned()],
    };
    let check = checked_with(&script, Arc::new(script.cache()), filter).await;
    let asked = &script.gets()[0].url;
    for words in [
        "serviceSource+eq+%27microsoftSentinel%27",
        "severity+eq+%27high%27+or+severity+eq+%27low%27",
    ] {
        assert!(asked.contains(words), "{asked}");
    }
    let text = check.to_string();
    assert!(
        text.contains("products and severities that the tenant reads"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_is_named_before_graph_refuses() {
    let refused = vec![Answer::error(403, "Forbidden")];
    let (check, _) = answered(granted(r#""User.Read.All""#), refused).await;
    assert!(!check.works());
    let expected = [
        (Topic::SignIn, Level::Passed),
        (Topic::Roles, Level::Failed),
        (Topic::Alerts, Level::Failed),
    ];
    assert_eq!(levels(&check), expected);
    let text = check.to_string();
    for words in [
        "lacks SecurityAlert.Read.All",
        "admin consent",
        "and has User.Read.All",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_entra_refuses_ends_the_check_with_its_meaning() {
    for (code, words) in [
        (7_000_222, "has expired"),
        (90_002, "cloud is the tenant's own"),
        (900_382, "another cloud"),
        (90_038, "another cloud"),
        (65_001, "consent"),
        (7_000_229, "service principal"),
    ] {
        let refusal = Answer::aadsts(401, "invalid_client", code);
        let (check, script) = answered(refusal, Vec::new()).await;
        assert_eq!(levels(&check), [(Topic::SignIn, Level::Failed)]);
        assert!(check.to_string().contains(words), "{check}");
        assert_eq!(check.findings[0].kind, Some(ErrorKind::Configuration));
        assert!(script.gets().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_a_broken_network_are_told_apart() {
    let busy: Vec<Answer> = (0..20)
        .map(|_| Answer::error(429, "TooManyRequests").header("retry-after", "100000"))
        .collect();
    let (check, _) = answered(reader(), busy).await;
    assert_eq!(check.findings[2].kind, Some(ErrorKind::Throttled));
    assert!(check.to_string().contains("throttled"), "{check}");

    let broken = (0..20).map(|_| Answer::broken(TransportError::Connect("refused".into())));
    let (check, _) = answered(reader(), broken.collect()).await;
    assert_eq!(check.findings[2].kind, Some(ErrorKind::Network));
    assert!(check.to_string().contains("cannot connect"), "{check}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_told_with_its_days_and_warned_of_in_time() {
    let key = TestCertificate::new().unwrap().key_pem;
    for (not_after, level, words) in [
        ((2027, 11, 24), Level::Passed, "good for 364 days"),
        (
            (2026, 12, 10),
            Level::Warned,
            "expires in 15 days, on 2026-12-10",
        ),
    ] {
        let options = CertificateOptions {
            not_after,
            ..CertificateOptions::default()
        };
        let text = TestCertificate::renewed(&options, &key).unwrap().pem();
        let script = Script::new([reader()], vec![Answer::page(&[])]);
        let source = Arc::new(FixedSecret(text));
        let provider = Certificate::new(script.endpoint(), source, now());
        let tokens = Arc::new(TokenCache::new(Arc::new(provider)));
        let check = checked(&script, tokens).await;
        assert!(check.works());
        assert_eq!(levels(&check)[0], (Topic::Credential, level));
        assert!(check.to_string().contains(words), "{check}");
    }

    let expired = CertificateOptions {
        not_after: (2026, 1, 1),
        ..CertificateOptions::default()
    };
    let text = TestCertificate::renewed(&expired, &key).unwrap().pem();
    let script = Script::tokens([]);
    let source = Arc::new(FixedSecret(text));
    let provider = Certificate::new(script.endpoint(), source, now());
    let check = checked(&script, Arc::new(TokenCache::new(Arc::new(provider)))).await;
    assert_eq!(levels(&check), [(Topic::SignIn, Level::Failed)]);
    assert!(
        check.to_string().contains("expired on 2026-01-01"),
        "{check}"
    );
}
