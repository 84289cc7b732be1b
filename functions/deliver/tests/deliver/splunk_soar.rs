use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::fake::http::{Asked, Fake, Told, json as answer};
use crate::support::{
    OLD_TOKEN, TOKEN, assert_later, assert_refused, assert_taken, record, records, soon, target,
    target_with, text_record,
};

/// SOAR as far as containers and artifacts go; identifiers are unique.
#[derive(Default)]
struct Soar {
    containers: Mutex<HashMap<String, u64>>,
    artifacts: Mutex<HashMap<(u64, String), Value>>,
    /// Whether a second artifact of one identifier is refused; versions differ.
    takes_duplicates: bool,
}

impl Soar {
    fn told(&self, asked: &Asked) -> Told {
        match asked.headers.get("ph-auth-token").map(String::as_str) {
            Some(TOKEN) => {}
            Some(OLD_TOKEN) => {
                return answer(401, r#"{"failed":true,"message":"Invalid token"}"#);
            }
            _ => panic!("no token"),
        }
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        match (asked.method.as_str(), path) {
            ("POST", "/rest/container") => self.container(&asked.body),
            ("POST", "/rest/artifact") => self.artifact(&asked.body),
            ("GET", "/rest/artifact") => self.search(query),
            other => panic!("{other:?}"),
        }
    }

    fn container(&self, body: &str) -> Told {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["run_automation"], false);
        assert!(["low", "medium", "high"].contains(&body["severity"].as_str().unwrap()));
        let identifier = body["source_data_identifier"].as_str().unwrap().to_owned();
        let mut containers = self.containers.lock().unwrap();
        if let Some(id) = containers.get(&identifier) {
            let reply = json!({
                "failed": true, "message": "MARKER duplicate", "existing_container_id": id,
            });
            return answer(400, &reply.to_string());
        }
        let id = containers.len() as u64 + 1;
        containers.insert(identifier, id);
        answer(200, &json!({"success": true, "id": id}).to_string())
    }

    fn artifact(&self, body: &str) -> Told {
        let body: Value = serde_json::from_str(body).unwrap();
        let container = body["container_id"].as_u64().unwrap();
        let identifier = body["source_data_identifier"].as_str().unwrap().to_owned();
        let mut artifacts = self.artifacts.lock().unwrap();
        let id = artifacts.len() as u64 + 100;
        if artifacts.contains_key(&(container, identifier.clone())) {
            assert!(!self.takes_duplicates, "it was not asked for");
            let reply = json!({"failed": true, "existing_artifact_id": id});
            return answer(400, &reply.to_string());
        }
        artifacts.insert((container, identifier), body);
        answer(200, &json!({"success": true, "id": id}).to_string())
    }

    fn search(&self, query: &str) -> Told {
        let pairs: HashMap<String, String> =
            drawbridge_graph::Url::parse(&format!("http://x/?{query}"))
                .unwrap()
                .query_pairs()
                .into_owned()
                .collect();
        let container = pairs["_filter_container_id"].parse().unwrap();
        let identifier = serde_json::from_str(&pairs["_filter_source_data_identifier"]).unwrap();
        let artifacts = self.artifacts.lock().unwrap();
        let count = usize::from(artifacts.contains_key(&(container, identifier)));
        answer(200, &json!({"count": count, "data": []}).to_string())
    }
}

async fn soar(takes_duplicates: bool) -> (Fake, std::sync::Arc<Soar>) {
    let soar = std::sync::Arc::new(Soar {
        takes_duplicates,
        ..Soar::default()
    });
    let state = std::sync::Arc::clone(&soar);
    (Fake::start(move |_, asked| state.told(asked)).await, soar)
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
