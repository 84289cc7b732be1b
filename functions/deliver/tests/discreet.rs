//! No event of any library shows what the Sentinel target signs in with, at the most talkative level.
//!
//! One test, so that no other thread decides which events are told.

use std::sync::Arc;

use drawbridge_deliver::{DeliverSettings, NamedSecrets, Outcome, Ports, Record};
use drawbridge_issuer::{Issuer, TestCertificate};
use drawbridge_simulator::{Alerts, Credential, Options};
use drawbridge_telemetry::testing::Events;
use drawbridge_time::{Deadline, SystemClock};
use serde_json::json;

const SCOPE: &str = "https://monitor.azure.com/.default";
const CONTENT: &str = "MARKER of the alerts";

fn record() -> Record {
    Record {
        key: "da1:1".into(),
        alert_id: "da1".into(),
        tenant: "contoso".into(),
        format: "siem".into(),
        severity: "High".into(),
        body: json!({"FullId": "da1:1", "AlertTitle": CONTENT}).to_string(),
    }
}

#[tokio::test]
async fn no_event_and_no_reason_shows_a_secret_a_key_an_assertion_or_a_token() {
    let issuer = Issuer::start().await.unwrap();
    let [known, other] = [(), ()].map(|()| TestCertificate::new().unwrap());
    let assertion = issuer
        .sign(&json!({"iss": issuer.url(), "sub": "pod", "aud": "a", "exp": 4_000_000_000_u64}))
        .unwrap();
    let options = Options {
        client_secret: "MARKER-right".to_owned(),
        credentials: vec![
            Credential::Certificate {
                der: known.der.clone(),
            },
            Credential::Federated {
                issuer: issuer.url().to_owned(),
                subject: "pod".to_owned(),
                audience: "a".to_owned(),
            },
        ],
        scopes: vec![SCOPE.to_owned()],
        ..Options::default()
    };
    let (tenant_id, client_id) = (options.tenant_id.clone(), options.client_id.clone());
    let entra = drawbridge_simulator::start(options, Alerts::parse(b"[]").unwrap())
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stored = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let kept = |name: &str, text: &str| format!("file:{}", stored(name, text));
    let ports = Ports {
        secrets: Arc::new(NamedSecrets::new(None)),
        clock: Arc::new(SystemClock),
        aws_assertions: None,
    };

    let (events, guard) = Events::record();
    let mut told_all = String::new();
    // The simulator is no intake: whoever is let in gets a token and is told 404 there.
    for (given, words) in [
        (json!({"secret": kept("right", "MARKER-right")}), "HTTP 404"),
        (
            json!({"secret": kept("wrong", "MARKER-wrong")}),
            "AADSTS7000215",
        ),
        (
            json!({"certificate": kept("known", &known.pem())}),
            "HTTP 404",
        ),
        (
            json!({"certificate": kept("other", &other.pem())}),
            "AADSTS700027",
        ),
        (
            json!({"certificate": kept("torn", &known.pem()[..2_000])}),
            "damaged",
        ),
        (
            json!({"federation": stored("token", &assertion)}),
            "HTTP 404",
        ),
        (
            json!({"federation": stored("no-token", &known.key_pem)}),
            "JWT",
        ),
    ] {
        let mut settings = json!({
            "target": "sentinel", "url": entra.login_url(), "login_url": entra.login_url(),
            "dcr": "dcr-0", "stream": "s", "tenant_id": tenant_id, "client_id": client_id,
        });
        let fields = settings.as_object_mut().unwrap();
        fields.extend(given.as_object().unwrap().clone());
        let settings = DeliverSettings::parse(&settings.to_string()).unwrap();
        let target = settings.build(&ports).unwrap();
        let outcomes = target.deliver(&[record()], Deadline::none()).await;
        let told = match &outcomes[..] {
            [Outcome::Later(later)] => later.reason.clone(),
            other => format!("{other:?}"),
        };
        assert!(told.contains(words), "{given}: {told}");
        // What was told is held to the same as what was logged.
        told_all += &told;
    }
    drop(guard);

    let text = events.text() + &told_all;
    assert!(text.contains("TRACE") || text.contains("DEBUG"), "{text}");
    // The beginnings of DER in PEM and of a JWT beside what is marked.
    for part in ["MARKER", "MII", "eyJ"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains(assertion.rsplit('.').next().unwrap()),
        "{text}"
    );
}
