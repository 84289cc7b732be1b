//! What every HTTP target meets on the way.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_deliver::{DeliverSettings, Target};
use drawbridge_time::Deadline;
use serde_json::{Value, json};

use crate::fake::certificate::{
    TLS12, TLS13, asking_for_a_client_certificate, for_clients_only, issued_for, of_a_short_key,
    of_another_key_type, of_version_one, self_signed_for, signed_with_sha_1,
    without_alternative_name,
};
use crate::fake::http::{Fake, Reply, json as answer};
use crate::support::{assert_later, assert_taken, records, soon, target};

/// The targets that need one answer only, and that answer.
fn targets(url: &Value) -> [(Arc<dyn Target>, u16, &'static str); 3] {
    let of = |name: &str| target(&json!({"target": name, "url": url, "secret": "s"}));
    [
        (of("splunk-hec"), 200, r#"{"code":0}"#),
        (of("splunk-soar"), 200, r#"{"success":true,"id":1}"#),
        (of("webhook"), 204, ""),
    ]
}

async fn all_wait(reply: fn() -> Reply, words: &[&str]) -> Option<Duration> {
    let fake = Fake::start(move |_, _| reply()).await;
    let mut asked = None;
    for (target, ..) in targets(&json!(fake.url)) {
        let outcomes = target.deliver(&records(2), soon()).await;
        asked = assert_later(&outcomes, words);
    }
    asked
}

#[tokio::test]
async fn trouble_in_passing_means_again() {
    all_wait(|| Reply::Reset, &["localhost"]).await;
    all_wait(|| Reply::CutOff, &["cut off"]).await;
    all_wait(|| answer(500, "MARKER"), &["HTTP 500"]).await;
    all_wait(|| answer(502, "<html>MARKER"), &["HTTP 502"]).await;
    let asked = all_wait(|| answer(503, ""), &["HTTP 503"]).await;
    assert_eq!(asked, None);
    let reply = || Reply::Answer(429, vec![("retry-after", "120".into())], String::new());
    let asked = all_wait(reply, &["HTTP 429", "too many requests"]).await;
    assert_eq!(asked, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn a_web_page_is_known_for_one_whatever_its_status() {
    let page = || {
        let kind = ("content-type", "text/html; charset=utf-8".to_owned());
        Reply::Answer(200, vec![kind], "<html>MARKER".into())
    };
    all_wait(page, &["web page", "check url"].map(|_| "web page")).await;
    let untyped = || Reply::Answer(403, vec![], "\n<!DOCTYPE html><p>MARKER".into());
    all_wait(untyped, &["web page", "login"]).await;
}

#[tokio::test]
async fn redirects_are_refused_with_their_reason() {
    let elsewhere = Fake::start(|_, _| answer(200, r#"{"code":0}"#)).await;
    let location = elsewhere.url.to_string();
    let fake = Fake::start(move |_, _| {
        Reply::Answer(307, vec![("location", location.clone())], String::new())
    })
    .await;
    for (target, ..) in targets(&json!(fake.url)) {
        let outcomes = target.deliver(&records(1), soon()).await;
        assert_later(&outcomes, &["redirect", "not followed"]);
    }
    assert!(elsewhere.asked().is_empty(), "the token went elsewhere");
}

#[tokio::test]
async fn a_slow_server_is_given_up_at_the_deadline() {
    let fake = Fake::start(|_, _| Reply::Nothing).await;
    for (target, ..) in targets(&json!(fake.url)) {
        let until = Deadline::after(Duration::from_millis(100));
        let outcomes = target.deliver(&records(1), until).await;
        assert_later(&outcomes, &["no ", "time"]);
    }
}

#[tokio::test]
async fn a_server_that_is_down_and_comes_back_loses_nothing() {
    let closed = Fake::start(|_, _| Reply::Reset).await;
    for (target, status, body) in targets(&json!(closed.url)) {
        assert_later(&target.deliver(&records(2), soon()).await, &["localhost"]);
        let body = body.to_owned();
        let up = Fake::start(move |n, _| match n {
            0 => Reply::Reset,
            _ => answer(status, &body),
        })
        .await;
        let name = target.name();
        let target = crate::support::target(&json!({"target": name, "url": up.url, "secret": "s"}));
        assert_later(&target.deliver(&records(2), soon()).await, &["localhost"]);
        assert_taken(&target.deliver(&records(2), soon()).await);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    // Far more than is looked at; that it is read no further shows in the memory, not here.
    let fake = Fake::start(|_, _| answer(400, &"MARKER".repeat(1_000_000))).await;
    for (target, ..) in targets(&json!(fake.url)) {
        assert_later(&target.deliver(&records(1), soon()).await, &["HTTP 400"]);
    }
}

#[tokio::test]
async fn certificates_are_verified() {
    let issued = issued_for("localhost");
    let fake = Fake::tls(&issued, |_, _| answer(200, r#"{"code":0}"#)).await;
    let settings = |ca: Option<&str>| json!({"target": "splunk-hec", "url": fake.url, "secret": "s", "ca": ca});
    let stranger = issued_for("localhost").ca_pem;
    for ca in [None, Some(stranger.as_str())] {
        let outcomes = target(&settings(ca)).deliver(&records(1), soon()).await;
        assert_later(&outcomes, &["localhost", "cannot connect", "certificate"]);
    }
    let outcomes = target(&settings(Some(&issued.ca_pem)))
        .deliver(&records(1), soon())
        .await;
    assert_taken(&outcomes);
    let other = issued_for("siem.example.com");
    let fake = Fake::tls(&other, |_, _| answer(200, r#"{"code":0}"#)).await;
    let settings =
        json!({"target": "splunk-hec", "url": fake.url, "secret": "s", "ca": other.ca_pem});
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["cannot connect", "certificate"]);
}

#[test]
fn a_private_authority_that_cannot_be_read_is_told_by_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "MARKER").unwrap();
    let missing = folder.path().join("missing.pem");
    for (ca, words) in [(missing, "cannot be read"), (empty, "holds no")] {
        for settings in [
            json!({"target": "splunk-hec", "url": "https://h", "secret": "s", "ca": ca}),
            json!({"target": "syslog", "address": "h:1", "ca": ca}),
        ] {
            let ports = drawbridge_deliver::Ports {
                secrets: Arc::new(drawbridge_deliver::NamedSecrets::new(None)),
                clock: Arc::new(drawbridge_time::SystemClock),
                aws_assertions: None,
            };
            let settings = DeliverSettings::parse(&settings.to_string()).unwrap();
            let error = settings.build(&ports).map(drop).unwrap_err().to_string();
            assert!(error.contains("ca") && error.contains(words), "{error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
    }
}

/// 401, 403 and 404 have several causes: none is assumed, each way out is named, and nothing of an
/// answer's body is repeated.
#[tokio::test]
async fn a_refusal_with_several_causes_names_them() {
    let hec = ("splunk-hec", json!({"secret": "s"}));
    let soar = ("splunk-soar", json!({"secret": "s"}));
    let hook = ("webhook", json!({"secret": "s"}));
    for (target_name, status, words) in [
        (&hec, 401, vec!["secret", "url"]),
        (&hec, 403, vec!["secret", "firewall"]),
        (&soar, 401, vec!["secret", "url"]),
        (&soar, 403, vec!["secret", "allowed IPs", "role"]),
        (&hook, 403, vec!["secret", "firewall"]),
        (&hec, 404, vec!["url", "8088"]),
        (&hook, 404, vec!["url"]),
    ] {
        let (name, more) = target_name;
        let fake = Fake::start(move |_, _| answer(status, r#"{"message":"MARKER"}"#)).await;
        let mut settings = more.clone();
        settings["target"] = (*name).into();
        settings["url"] = fake.url.as_str().into();
        let outcomes = target(&settings).deliver(&records(2), soon()).await;
        assert_later(&outcomes, &[&format!("HTTP {status}")]);
        assert_later(&outcomes, &words);
    }
}

/// What is wrong with a certificate is said with the way out, over HTTP as over syslog.
#[tokio::test]
async fn a_certificate_that_is_not_taken_is_told_with_the_way_out() {
    let stranger = issued_for("localhost").ca_pem;
    for (issued, ca, words) in [
        (
            issued_for("localhost"),
            Some(&stranger),
            vec!["not trusted", "set ca"],
        ),
        (issued_for("other.example"), None, vec!["another name"]),
        (
            without_alternative_name("localhost"),
            None,
            vec!["subjectAltName=DNS:"],
        ),
        (self_signed_for("localhost", true), None, vec!["CA:FALSE"]),
        (
            of_another_key_type("localhost"),
            None,
            vec!["not trusted", "set ca", "subject alternative name"],
        ),
        (
            for_clients_only("localhost"),
            None,
            vec!["not for servers", "serverAuth"],
        ),
        (
            of_version_one(),
            None,
            vec!["version 1", "-extfile", "subjectAltName=DNS:"],
        ),
        (
            of_a_short_key(),
            None,
            vec!["RSA with less than 2048 bits", "not trusted", "set ca"],
        ),
        (signed_with_sha_1(), None, vec!["SHA-1", "-sha256"]),
    ] {
        let fake = Fake::tls(&issued, |_, _| answer(204, "")).await;
        let ca = ca.unwrap_or(&issued.ca_pem);
        let settings = json!({"target": "webhook", "url": fake.url, "secret": "s", "ca": ca});
        let outcomes = target(&settings).deliver(&records(1), soon()).await;
        assert_later(&outcomes, &words);
        let port = fake.url.port().unwrap();
        let address = format!("localhost:{port}");
        let settings = json!({"target": "syslog", "address": address, "ca": ca});
        let outcomes = target(&settings).deliver(&records(1), soon()).await;
        assert_later(&outcomes, &words);
        assert!(fake.asked().is_empty());
    }
}

/// None is ever sent. A server that does not say that it wants one may have another reason.
#[tokio::test]
async fn a_server_that_asks_for_a_client_certificate_is_told_as_that() {
    for version in [&TLS12, &TLS13] {
        let issued = asking_for_a_client_certificate("localhost", version);
        let fake = Fake::tls(&issued, |_, _| answer(204, "")).await;
        let address = format!("localhost:{}", fake.url.port().unwrap());
        for settings in [
            json!({"target": "webhook", "url": fake.url, "secret": "s", "ca": issued.ca_pem}),
            json!({"target": "syslog", "address": address, "ca": issued.ca_pem}),
        ] {
            let outcomes = target(&settings).deliver(&records(1), soon()).await;
            assert_later(&outcomes, &["asks for a client certificate", "a relay"]);
        }
        assert!(fake.asked().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_refuses_tls_without_a_reason_is_told_with_the_usual_ones() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    // OpenSSL's answer where a client certificate is missing, with TLS 1.2, and where no cipher is in common.
    let handshake_failure = [21, 3, 3, 0, 2, 2, 40];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let _ = tcp.read(&mut [0; 4096]).await;
            let _ = tcp.write_all(&handshake_failure).await;
            let _ = tcp.read_to_end(&mut Vec::new()).await;
        }
    });
    for settings in [
        json!({"target": "webhook", "url": format!("https://localhost:{port}"), "secret": "s"}),
        json!({"target": "syslog", "address": format!("localhost:{port}")}),
    ] {
        let outcomes = target(&settings).deliver(&records(1), soon()).await;
        let words = [
            "HandshakeFailure",
            "may ask for a client certificate",
            "TLS 1.2",
        ];
        assert_later(&outcomes, &words);
    }
    server.await.unwrap();
}

/// A port that speaks plain HTTP, or something else, is told from one behind a firewall.
#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_by_its_port() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let plain = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = tcp.read_to_end(&mut Vec::new()).await;
    });
    let settings = json!({"target": "webhook", "url": url, "secret": "s"});
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["does not speak TLS", "check the port"]);
    plain.await.unwrap();
}
