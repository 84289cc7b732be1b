//! A file of each format, delivered with what its lines say of themselves: a file has no attributes.

use drawbridge_alert::Alert;
use drawbridge_deliver::file::FileDelivery;
use drawbridge_record::{Format, Record, formats};
use serde_json::{Value, json};

use crate::fake::http::{Fake, json as answer};
use crate::fake::splunk_hec::{SUCCESS, events};
use crate::fake::splunk_soar::Soar;
use crate::fake::syslog::{Behaviour, FakeSyslog};
use crate::support::{TOKEN, deliverer, soon, target};

/// The records of an alert of high severity with two files.
fn records(format: &dyn Format) -> Vec<Record> {
    let file = |name: &str| {
        json!({"@odata.type": "#microsoft.graph.security.fileEvidence",
            "fileDetails": {"fileName": name}})
    };
    let alert = json!({
        "id": "da1_1", "severity": "high", "title": "t", "createdDateTime": "2026-01-02T03:04:05Z",
        "lastUpdateDateTime": "2026-01-02T03:04:05Z", "evidence": [file("a.exe"), file("b.exe")],
    })
    .to_string();
    drawbridge_record::records(format, &Alert::decode(&alert).unwrap()).collect()
}

async fn deliver(format: &dyn Format, records: &[Record], settings: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    let lines: String = records.iter().flat_map(|r| [&*r.body, "\n"]).collect();
    std::fs::write(&file, lines).unwrap();
    let (deliverer, _store) = deliverer(target(settings));
    let mut delivery = FileDelivery::open(deliverer, &file, format.name(), "contoso").unwrap();
    let report = delivery.run(soon(), &|| false).await.unwrap();
    assert_eq!(report.delivered, records.len() as u64, "{report:?}");
}

#[tokio::test]
async fn syslog_has_the_severity() {
    for format in formats() {
        let fake = FakeSyslog::start("localhost", &[Behaviour::Good]).await;
        let to = json!({"target": "syslog", "address": fake.address, "ca": fake.issued.ca_pem});
        let records = records(*format);
        deliver(*format, &records, &to).await;
        for message in fake.messages() {
            assert!(
                message.starts_with("<131>1 2026-01-02T03:04:05"),
                "{message}"
            );
        }
        assert_eq!(fake.messages().len(), records.len());
    }
}

#[tokio::test]
async fn splunk_has_the_alert_and_the_key() {
    for format in formats() {
        let fake = Fake::start(|_, _| answer(200, SUCCESS)).await;
        let to = json!({"target": "splunk-hec", "url": fake.url, "secret": "s"});
        let records = records(*format);
        deliver(*format, &records, &to).await;
        let events = events(&fake.asked()[0].body);
        for (event, record) in events.iter().zip(&records) {
            let fields = &event["fields"];
            assert_eq!(fields["alert_id"], "da1_1", "{}", format.name());
            // No key is in a line of these: it is the line's digest.
            match format.name() {
                "native" | "ecs" => assert_eq!(fields["key"].as_str().unwrap().len(), 64),
                name => assert_eq!(fields["key"], record.key, "{name}"),
            }
        }
        assert_eq!(events.len(), records.len());
    }
}

#[tokio::test]
async fn an_alert_is_one_container_in_soar() {
    for format in formats() {
        let soar = std::sync::Arc::new(Soar {
            token: TOKEN.to_owned(),
            ..Soar::default()
        });
        let state = std::sync::Arc::clone(&soar);
        let fake = Fake::start(move |_, asked| state.reply(asked)).await;
        let to = json!({"target": "splunk-soar", "url": fake.url, "secret": "s"});
        let records = records(*format);
        deliver(*format, &records, &to).await;
        assert_eq!(
            soar.containers.lock().unwrap().len(),
            1,
            "{}",
            format.name()
        );
        assert_eq!(soar.artifacts.lock().unwrap().len(), records.len());
    }
}
