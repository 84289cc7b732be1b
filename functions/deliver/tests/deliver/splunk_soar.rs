use serde_json::{Value, json};

use crate::fake::http::{Fake, json as answer};
use crate::fake::splunk_soar::Soar;
use crate::support::{
    TOKEN, assert_later, assert_refused, assert_taken, record, records, soon, target, target_with,
    text_record,
};

async fn soar(takes_duplicates: bool) -> (Fake, std::sync::Arc<Soar>) {
    let soar = std::sync::Arc::new(Soar {
        token: TOKEN.to_owned(),
        takes_duplicates,
        ..Soar::default()
    });
    let state = std::sync::Arc::clone(&soar);
    (Fake::start(move |_, asked| state.reply(asked)).await, soar)
}

fn settings(fake: &Fake) -> Value {
    json!({"target": "splunk-soar", "url": fake.url, "secret": "soar"})
}

#[tokio::test]
async fn an_alert_is_a_container_and_a_record_an_artifact_with_cef() {
    let (fake, soar) = soar(false).await;
    assert_taken(&target(&settings(&fake)).deliver(&records(4), soon()).await);
    assert_eq!(soar.containers.lock().unwrap().len(), 2);
    let artifacts = soar.artifacts.lock().unwrap();
    assert_eq!(artifacts.len(), 4);
    let first = &artifacts[&(1, "da0:0".to_owned())];
    assert_eq!(first["cef"]["fileName"], "0.exe");
    assert_eq!(first["cef"]["deviceHostname"], "ws-1.corp.example.com");
    assert_eq!(first["cef"]["FullId"], "da0:0");
    assert_eq!(first["cef_types"]["fileHashSha1"], json!(["hash", "sha1"]));
    assert!(
        first["cef"].get("sourceAddress").is_none(),
        "an empty key became one"
    );
    assert_eq!(
        (&first["severity"], &first["label"]),
        (&json!("high"), &json!("alert"))
    );
    // Playbooks start with the last artifact of the alert.
    assert_eq!(first["run_automation"], false);
    assert_eq!(artifacts[&(1, "da0:1".to_owned())]["run_automation"], true);
}

#[tokio::test]
async fn what_is_known_counts_as_delivered_in_every_version() {
    for takes_duplicates in [false, true] {
        let (fake, soar) = soar(takes_duplicates).await;
        let target = target(&settings(&fake));
        assert_taken(&target.deliver(&records(2), soon()).await);
        assert_taken(&target.deliver(&records(3), soon()).await);
        assert_eq!(soar.artifacts.lock().unwrap().len(), 3);
        assert_eq!(soar.containers.lock().unwrap().len(), 2);
    }
}

/// The same message twice in the batch that makes the container, which has nothing to search for.
#[tokio::test]
async fn a_record_that_comes_twice_in_a_batch_is_sent_once() {
    let (fake, soar) = soar(true).await;
    let mut given = records(2);
    given.extend(records(2));
    given.push(record(0));
    let target = target(&settings(&fake));
    assert_taken(&target.deliver(&given, soon()).await);
    let sent = |fake: &Fake, method: &str| {
        let asked = fake.asked();
        let artifacts = asked
            .iter()
            .filter(|asked| asked.method == method && asked.path.starts_with("/rest/artifact"));
        artifacts.count()
    };
    assert_eq!(sent(&fake, "POST"), 2);
    assert_eq!(sent(&fake, "GET"), 0);
    // The last one that is sent starts the playbooks, though a known one comes behind it.
    let run = soar.artifacts.lock().unwrap()[&(1, "da0:1".to_owned())]["run_automation"].clone();
    assert_eq!(run, true);
    assert_taken(&target.deliver(&given, soon()).await);
    assert_eq!((sent(&fake, "POST"), sent(&fake, "GET")), (2, 2));
}

#[tokio::test]
async fn what_became_of_a_record_is_true_of_its_double() {
    let fake = Fake::start(|_, asked| {
        match asked.body.contains("\"1.exe\"") && asked.path.ends_with("artifact") {
            true => answer(400, r#"{"failed":true,"message":"MARKER"}"#),
            false => answer(200, r#"{"success":true,"id":9}"#),
        }
    })
    .await;
    let target = target(&settings(&fake));
    let outcomes = target
        .deliver(&[record(1), record(0), record(1)], soon())
        .await;
    assert_refused(&outcomes[0], "HTTP 400");
    assert_refused(&outcomes[2], "HTTP 400");
    // None taken: nothing is given up.
    let outcomes = target.deliver(&[record(1), record(1)], soon()).await;
    assert_later(&outcomes, &["HTTP 400"]);
}

#[tokio::test]
async fn a_duplicate_that_the_search_did_not_show_counts_as_delivered() {
    let fake = Fake::start(
        |_, asked| match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/rest/container") => {
                answer(400, r#"{"failed":true,"existing_container_id":3}"#)
            }
            ("GET", _) => answer(200, r#"{"count":0,"data":[]}"#),
            _ => answer(
                400,
                r#"{"failed":true,"existing_artifact_id":4,"message":"MARKER"}"#,
            ),
        },
    )
    .await;
    assert_taken(&target(&settings(&fake)).deliver(&[record(0)], soon()).await);
}

#[tokio::test]
async fn a_refused_token_is_looked_up_anew_and_then_explained() {
    let (fake, _) = soar(false).await;
    assert_taken(
        &target_with(&settings(&fake), true)
            .deliver(&records(1), soon())
            .await,
    );
    let never = Fake::start(|_, _| answer(401, r#"{"message":"MARKER"}"#)).await;
    let outcomes = target(&settings(&never)).deliver(&records(2), soon()).await;
    assert_later(&outcomes, &["refused the credential", "check secret"]);
}

#[tokio::test]
async fn a_record_that_is_refused_does_not_hold_up_the_others() {
    let fake = Fake::start(|_, asked| {
        match asked.body.contains("\"1.exe\"") && asked.path.ends_with("artifact") {
            true => answer(400, r#"{"failed":true,"message":"MARKER"}"#),
            false => answer(200, r#"{"success":true,"id":9}"#),
        }
    })
    .await;
    let mut given = records(4);
    given[2].body = "{\"broken".into();
    let outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
    assert_refused(&outcomes[1], "HTTP 400");
    assert_refused(&outcomes[2], "not valid JSON");
    assert_taken(&[outcomes[0].clone(), outcomes[3].clone()]);
    // All of them refused: nothing is given up.
    let fake = Fake::start(|_, _| answer(400, r#"{"failed":true,"message":"MARKER"}"#)).await;
    let outcomes = target(&settings(&fake)).deliver(&records(2), soon()).await;
    assert_later(&outcomes, &["HTTP 400"]);
    // But what cannot be sent at all is given up alone.
    let outcomes = target(&settings(&fake)).deliver(&given[2..3], soon()).await;
    assert_refused(&outcomes[0], "not valid JSON");
}

#[tokio::test]
async fn text_is_an_artifact_with_a_message() {
    let (fake, soar) = soar(false).await;
    let given = [text_record("cef", "CEF:0|a|b|c|d|e|8|msg=x")];
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    let artifacts = soar.artifacts.lock().unwrap();
    let cef = &artifacts[&(1, "da0:0".to_owned())]["cef"];
    assert_eq!(*cef, json!({"message": "CEF:0|a|b|c|d|e|8|msg=x"}));
}
