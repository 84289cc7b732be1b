//! Splunk SOAR.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use url::Url;

use crate::http::{ReceivedRequest, Reply, json as answer};

/// SOAR as far as containers and artifacts go; identifiers are unique.
#[derive(Default)]
pub struct Soar {
    /// The token of the automation user.
    pub token: String,
    /// Whether a second artifact of one identifier is taken; versions differ.
    pub takes_duplicates: bool,
    /// Ids of containers by their identifiers.
    pub containers: Mutex<HashMap<String, u64>>,
    /// Artifacts as they were posted, by container and identifier.
    pub artifacts: Mutex<HashMap<(u64, String), Value>>,
}

impl Soar {
    /// Answers a request.
    pub fn reply(&self, asked: &ReceivedRequest) -> Reply {
        let token = asked.headers.get("ph-auth-token").expect("no token");
        if *token != self.token {
            return answer(401, r#"{"failed":true,"message":"Invalid token"}"#);
        }
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        match (asked.method.as_str(), path) {
            ("POST", "/rest/container") => self.container(&asked.body),
            ("POST", "/rest/artifact") => self.artifact(&asked.body),
            ("GET", "/rest/artifact") => self.search(query),
            other => panic!("{other:?}"),
        }
    }

    fn container(&self, body: &str) -> Reply {
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

    fn artifact(&self, body: &str) -> Reply {
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

    fn search(&self, query: &str) -> Reply {
        let pairs: HashMap<String, String> = Url::parse(&format!("http://x/?{query}"))
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
