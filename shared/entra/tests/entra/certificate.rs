//! Certificates: against the simulator, which verifies every part of the assertion, and against a
//! script where Entra's answer is what matters.

use std::sync::{Arc, LazyLock};

use drawbridge_entra::testing::{SignIn, endpoints};
use drawbridge_entra::{
    Certificate, CertificateError, Endpoints, SignInError, SignInErrorKind, TokenEndpoint,
    TokenProvider,
};
use drawbridge_http::HttpTransport;
use drawbridge_http::script::{Answer, Script};
use drawbridge_issuer::{CertificateOptions, TestCertificate};
use drawbridge_secrets::SecretSource;
use drawbridge_secrets::testing::{FixedSecret, RotatedSecret};
use drawbridge_simulator::{Alerts, Credential, Options, Simulator};
use drawbridge_time::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp};

/// Made once for all tests: a key takes a while.
static PAIR: LazyLock<TestCertificate> = LazyLock::new(|| TestCertificate::new().unwrap());
static OTHER: LazyLock<TestCertificate> = LazyLock::new(|| TestCertificate::new().unwrap());

fn at(time: &str) -> Arc<dyn Clock> {
    let time: Timestamp = time.parse().unwrap();
    Arc::new(move || time)
}

async fn entra(known: &[&TestCertificate]) -> Simulator {
    let credentials = known.iter().map(|certificate| Credential::Certificate {
        der: certificate.der.clone(),
    });
    let options = Options {
        credentials: credentials.collect(),
        ..Options::default()
    };
    let none = Alerts::parse(b"[]").unwrap();
    drawbridge_simulator::start(options, none).await.unwrap()
}

fn of(simulator: &Simulator, source: Arc<dyn SecretSource>, clock: Arc<dyn Clock>) -> Certificate {
    let known = Options::default();
    let endpoints = Endpoints::custom(simulator.login_url(), simulator.graph_url()).unwrap();
    let endpoint = TokenEndpoint::new(
        Arc::new(HttpTransport::new()),
        &endpoints,
        &known.tenant_id,
        &known.client_id,
    );
    Certificate::new(endpoint, source, clock)
}

fn scripted(script: &Arc<Script>, text: &str, clock: Arc<dyn Clock>) -> Certificate {
    let source = Arc::new(FixedSecret(text.to_owned()));
    Certificate::new(script.endpoint(), source, clock)
}

/// What is wrong with a text, found without asking anybody.
async fn wrong(text: &str, clock: Arc<dyn Clock>) -> CertificateError {
    let script = Script::tokens([]);
    let error = scripted(&script, text, clock).fetch().await.unwrap_err();
    assert_eq!(error.kind(), SignInErrorKind::Configuration);
    assert!(script.posts().is_empty());
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("BEGIN RSA") && !shown.contains("MII"),
        "{shown}"
    );
    match error {
        SignInError::Certificate(error) => error,
        other => panic!("{other}"),
    }
}

fn now() -> Arc<dyn Clock> {
    at("2026-11-24T12:00:00Z")
}

#[tokio::test]
async fn entra_takes_each_assertion_since_each_is_new() {
    let simulator = entra(&[&PAIR]).await;
    let source = Arc::new(FixedSecret(PAIR.pem()));
    let provider = of(&simulator, source, Arc::new(SystemClock));
    for _ in 0..3 {
        provider.fetch().await.unwrap();
    }
    assert_eq!(provider.credential_expires(), Some(PAIR.not_after));
}

#[tokio::test]
async fn the_order_does_not_matter_and_of_a_chain_the_keys_own_is_used() {
    let simulator = entra(&[&PAIR]).await;
    for text in [
        format!("{}{}", PAIR.key_pem, PAIR.certificate_pem),
        format!("{}{}", OTHER.certificate_pem, PAIR.pem()),
        PAIR.pem().replace('\n', "\r\n"),
        format!("Bag Attributes\n    friendlyName: x\n{}", PAIR.pem()),
    ] {
        let provider = of(
            &simulator,
            Arc::new(FixedSecret(text)),
            Arc::new(SystemClock),
        );
        provider.fetch().await.unwrap();
    }
}

#[tokio::test]
async fn a_pkcs1_key_is_as_good() {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let lines = PAIR.key_pem.lines().filter(|line| !line.contains("--"));
    let pkcs8 = base64.decode(lines.collect::<String>()).unwrap();
    let info = pkcs8::PrivateKeyInfoRef::try_from(pkcs8.as_slice()).unwrap();
    let body = base64.encode(info.private_key.as_bytes());
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        lines.join("\n")
    );
    let text = format!("{key}{}", PAIR.certificate_pem);
    let simulator = entra(&[&PAIR]).await;
    let provider = of(
        &simulator,
        Arc::new(FixedSecret(text)),
        Arc::new(SystemClock),
    );
    provider.fetch().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named() {
    let simulator = entra(&[&PAIR]).await;
    for hours in [-1, 1] {
        let clock: Arc<dyn Clock> = Arc::new(move || {
            Timestamp::now()
                .checked_add(SignedDuration::from_hours(hours))
                .unwrap()
        });
        let provider = of(&simulator, Arc::new(FixedSecret(PAIR.pem())), clock);
        let text = provider.fetch().await.unwrap_err().to_string();
        assert!(
            text.contains("AADSTS700024") && text.contains("clock"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_was_not_uploaded_is_named() {
    let simulator = entra(&[&OTHER]).await;
    let source = Arc::new(RotatedSecret::of([PAIR.pem()]));
    let provider = of(&simulator, source.clone(), Arc::new(SystemClock));
    let text = provider.fetch().await.unwrap_err().to_string();
    assert!(
        text.contains("AADSTS700027") && text.contains("upload"),
        "{text}"
    );
    assert_eq!(source.refreshes(), 1);
    assert_eq!(simulator.stats().token_requests, 1);
}

#[tokio::test]
async fn a_rotated_certificate_is_read_anew_within_the_same_fetch() {
    let simulator = entra(&[&OTHER]).await;
    let source = Arc::new(RotatedSecret::of([PAIR.pem(), OTHER.pem()]));
    let provider = of(&simulator, source.clone(), Arc::new(SystemClock));
    provider.fetch().await.unwrap();
    assert_eq!(simulator.stats().token_requests, 2);
    provider.fetch().await.unwrap();
    assert_eq!(simulator.stats().token_requests, 3);
    assert_eq!(source.refreshes(), 1);
}

#[tokio::test]
async fn a_copy_that_has_expired_or_is_damaged_is_read_anew_too() {
    let simulator = entra(&[&PAIR]).await;
    let expired = CertificateOptions {
        not_after: (2021, 1, 1),
        ..CertificateOptions::default()
    };
    let expired = TestCertificate::renewed(&expired, &PAIR.key_pem).unwrap();
    for old in [expired.pem(), "half a file".to_owned()] {
        let source = Arc::new(RotatedSecret::of([old, PAIR.pem()]));
        let provider = of(&simulator, source, Arc::new(SystemClock));
        provider.fetch().await.unwrap();
    }
}

#[tokio::test]
async fn every_fault_of_the_text_is_told_before_anything_is_sent() {
    let elliptic = TestCertificate::elliptic().unwrap();
    let cert = PAIR.certificate_pem.as_str();
    let key = PAIR.key_pem.as_str();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let older = key.replace("PRIVATE KEY", "RSA PRIVATE KEY").replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n",
        1,
    );
    let cut = &cert[..cert.len() / 2];
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, expected) in [
        (String::new(), CertificateError::NotPem),
        ("hunter2".to_owned(), CertificateError::NotPem),
        (PAIR.pem().replace('\n', " "), CertificateError::Damaged),
        (format!("{key}{cut}"), CertificateError::Damaged),
        (key.to_owned(), CertificateError::NoCertificate),
        (cert.to_owned(), CertificateError::NoKey),
        (format!("{cert}{encrypted}"), CertificateError::EncryptedKey),
        (format!("{cert}{older}"), CertificateError::EncryptedKey),
        (elliptic.pem(), CertificateError::NotRsa),
        (
            format!("{}{key}", PAIR.pem()),
            CertificateError::SeveralKeys,
        ),
        (
            format!("{}{key}", OTHER.certificate_pem),
            CertificateError::Mismatch,
        ),
        (format!("{not_der}{key}"), CertificateError::BadCertificate),
    ] {
        assert_eq!(wrong(&text, now()).await, expected);
    }
}

#[tokio::test]
async fn a_short_key_is_refused_with_the_size_needed() {
    let text = include_str!("fixtures/short-test-key.pem");
    let error = wrong(&format!("{}{text}", PAIR.certificate_pem), now()).await;
    assert!(matches!(error, CertificateError::BadKey { .. }), "{error}");
    assert!(error.to_string().contains("2048"), "{error}");
}

#[tokio::test]
async fn time_is_told_with_the_date() {
    let options = CertificateOptions {
        not_before: (2026, 1, 1),
        not_after: (2026, 12, 31),
    };
    let certificate = TestCertificate::renewed(&options, &PAIR.key_pem).unwrap();
    let text = certificate.pem();
    let expired = wrong(&text, at("2026-12-31T00:00:01Z")).await.to_string();
    assert!(
        expired.contains("expired on 2026-12-31T00:00:00Z"),
        "{expired}"
    );
    let early = wrong(&text, at("2025-12-31T23:59:59Z")).await.to_string();
    assert!(
        early.contains("not valid before 2026-01-01T00:00:00Z"),
        "{early}"
    );
}

#[tokio::test]
async fn the_form_is_that_of_a_client_assertion() {
    let script = Script::tokens([]);
    let provider = scripted(&script, &PAIR.pem(), now());
    provider.fetch().await.unwrap();
    let endpoint = script
        .endpoint()
        .with_scope("https://monitor.azure.com/.default");
    let other = Certificate::new(endpoint, Arc::new(FixedSecret(PAIR.pem())), now());
    other.fetch().await.unwrap();
    let fields = |index: usize| {
        let url = format!("https://x/?{}", script.posts()[index].body);
        let url: drawbridge_http::Url = url.parse().unwrap();
        let pairs = url.query_pairs().into_owned();
        pairs.collect::<std::collections::HashMap<String, String>>()
    };
    let sent = fields(0);
    assert_eq!(sent["scope"], "https://graph.example/.default");
    assert_eq!(sent["grant_type"], "client_credentials");
    assert_eq!(sent["client_id"], "client-1");
    assert_eq!(
        sent["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert!(!sent.contains_key("client_secret"));
    assert_eq!(fields(1)["scope"], "https://monitor.azure.com/.default");
}

#[tokio::test]
async fn other_refusals_are_not_tried_again_and_nothing_secret_is_shown() {
    let source = Arc::new(RotatedSecret::of([PAIR.pem(), OTHER.pem()]));
    let script = Script::tokens([Answer::aadsts(401, "invalid_client", 700_016)]);
    let provider = Certificate::new(script.endpoint(), source.clone(), now());
    let error = provider.fetch().await.unwrap_err();
    drawbridge_entra::testing::shown(&error);
    assert_eq!(source.refreshes(), 0);
    assert_eq!(script.posts().len(), 1);
    let debug = format!("{provider:?}");
    assert!(
        debug.contains("client-1") && !debug.contains("MII"),
        "{debug}"
    );
}

#[tokio::test]
async fn a_tenant_that_is_none_or_a_source_that_fails_is_said_so() {
    let script = Script::tokens([]);
    let source = Arc::new(FixedSecret(PAIR.pem()));
    let endpoint = TokenEndpoint::new(script.clone(), &endpoints(), "common", "c");
    let nowhere = Certificate::new(endpoint, source, now());
    let error = nowhere.fetch().await.unwrap_err();
    assert!(error.to_string().contains("tenant-id"), "{error}");
    let gone = Certificate::new(
        script.endpoint(),
        Arc::new(RotatedSecret::of::<String>([])),
        now(),
    );
    let error = gone.fetch().await.unwrap_err();
    assert!(error.to_string().contains("no secret named x"), "{error}");
}
