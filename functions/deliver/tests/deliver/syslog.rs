use std::time::Duration;

use drawbridge_deliver::DeliverSettings;
use drawbridge_time::Deadline;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::certificate::{issued_for, self_signed_for, without_alternative_name};
use crate::fake::syslog::{Behaviour, FakeSyslog};
use crate::support::{
    assert_later, assert_refused, assert_taken, record, records, soon, target, text_record,
};

fn settings(fake: &FakeSyslog) -> Value {
    json!({"target": "syslog", "address": fake.address, "ca": fake.issued.ca_pem, "timeout_secs": 5})
}

#[tokio::test]
async fn messages_are_counted_in_octets_and_have_the_header_of_rfc_5424() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
    let given = [
        text_record(
            "cef",
            "CEF:0|Microsoft|Defender|1|id|naïve|8|rt=1767323045000 msg=x\\ny",
        ),
        text_record("leef", "LEEF:2.0|Microsoft|Defender|1|id|x09|sev=8\tcat=y"),
        record(2),
    ];
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    let header =
        |time: &str, format: &str| format!("<131>1 {time} drawbridge drawbridge - {format} - ");
    assert_eq!(
        fake.messages(),
        [
            header("2026-01-02T03:04:05.000Z", "cef") + &given[0].body,
            header("-", "leef") + &given[1].body,
            header("2026-01-02T03:04:05.500Z", "siem") + &given[2].body,
        ]
    );
}

#[tokio::test]
async fn each_batch_comes_whole_on_a_connection_of_its_own() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
    let target = target(&settings(&fake));
    for _ in 0..3 {
        assert_taken(&target.deliver(&records(200), soon()).await);
    }
    assert_eq!(fake.messages().len(), 600);
}

#[tokio::test]
async fn a_server_that_dies_is_sent_everything_again() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::Dies, Behaviour::Good]).await;
    let target = target(&settings(&fake));
    let outcomes = target.deliver(&records(300), soon()).await;
    assert_later(&outcomes, &["localhost:", "the connection broke"]);
    assert_taken(&target.deliver(&records(300), soon()).await);
    assert_eq!(fake.messages().len(), 300);
}

#[tokio::test]
async fn a_server_that_never_closes_is_not_believed_unless_told_to() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::NeverCloses]).await;
    let mut settings = settings(&fake);
    settings["timeout_secs"] = 1.into();
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["did not close", "confirm"]);
    settings["confirm"] = "write".into();
    assert_taken(&target(&settings).deliver(&records(1), soon()).await);
}

#[tokio::test]
async fn certificates_are_verified_and_the_reason_says_what_to_do() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
    let stranger = issued_for("localhost").ca_pem;
    let with_ca = |ca: &str, address: &str| json!({"target": "syslog", "address": address, "ca": ca, "timeout_secs": 5});
    let outcomes = target(&with_ca(&stranger, &fake.address))
        .deliver(&records(1), soon())
        .await;
    assert_later(
        &outcomes,
        &["certificate is not valid", "not trusted", "set ca"],
    );
    let by_address = fake.address.replace("localhost", "127.0.0.1");
    let outcomes = target(&with_ca(&fake.issued.ca_pem, &by_address))
        .deliver(&records(1), soon())
        .await;
    assert_later(&outcomes, &["certificate is not valid", "another name"]);
    assert!(fake.messages().is_empty());
}

#[tokio::test]
async fn a_self_signed_server_is_trusted_unless_it_is_an_authority_too() {
    let fake = FakeSyslog::with(self_signed_for("localhost", false), &[Behaviour::Good]).await;
    assert_taken(&target(&settings(&fake)).deliver(&records(1), soon()).await);
    let fake = FakeSyslog::with(self_signed_for("localhost", true), &[Behaviour::Good]).await;
    let outcomes = target(&settings(&fake)).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["is an authority's itself", "CA:FALSE"]);
}

#[tokio::test]
async fn a_certificate_without_an_alternative_name_is_told_from_one_for_another_host() {
    let fake = FakeSyslog::with(without_alternative_name("localhost"), &[Behaviour::Good]).await;
    let outcomes = target(&settings(&fake)).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["subjectAltName=DNS:", "common name"]);
}

#[tokio::test]
async fn what_is_no_tls_server_is_told_from_one_that_is_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let ca = issued_for("localhost").ca_pem;
    let settings = json!({"target": "syslog", "address": address, "ca": ca, "timeout_secs": 5});
    let plain = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut tcp, b"220 mail ready\r\n").await;
        let mut rest = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut tcp, &mut rest).await;
    });
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["does not speak TLS"]);
    plain.await.unwrap();
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["no connection: connection refused"]);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_at_the_deadline() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let ca = issued_for("localhost").ca_pem;
    let settings = json!({"target": "syslog", "address": address, "ca": ca});
    let until = Deadline::after(Duration::from_millis(100));
    let outcomes = target(&settings).deliver(&records(1), until).await;
    assert_later(&outcomes, &["not done within"]);
}

#[tokio::test]
async fn a_message_that_the_server_would_cut_is_refused_whole() {
    let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
    let mut settings = settings(&fake);
    settings["max_message_bytes"] = 1000.into();
    let given = [
        text_record("cef", &format!("CEF:0|{}", "x".repeat(1000))),
        text_record("cef", "CEF:0|a"),
    ];
    let outcomes = target(&settings).deliver(&given, soon()).await;
    assert_refused(&outcomes[0], "more than max_message_bytes (1000)");
    assert_taken(&outcomes[1..]);
}

#[test]
fn nothing_but_tls_can_be_configured() {
    for address in ["http://siem:6514", "udp://siem:514", "tcp://siem:514"] {
        let settings = json!({"target": "syslog", "address": address}).to_string();
        let error = DeliverSettings::parse(&settings).unwrap_err().to_string();
        assert!(error.contains("over TLS only"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever records hold, the server reads as many messages as there are records, each on one
    /// line.
    #[test]
    fn no_record_breaks_the_framing(bodies in prop::collection::vec(prop_oneof![
        any::<String>(),
        "(CEF:0|LEEF:2.0)\\|[\u{0}-\u{20}a|=\\\\\u{80}-\u{a0}\u{2028}0-9 <>]{0,60}",
    ], 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sent, messages) = runtime.block_on(async {
            let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
            let given: Vec<_> = bodies.iter().map(|body| text_record("cef", body)).collect();
            let outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
            let sent = outcomes
                .iter()
                .filter(|outcome| **outcome == drawbridge_deliver::Outcome::Taken)
                .count();
            (sent, fake.messages())
        });
        prop_assert_eq!(messages.len(), sent);
        for message in messages {
            prop_assert!(message.starts_with("<131>1 "));
            prop_assert!(!message.contains(['\n', '\r', '\0']));
        }
    }
}
