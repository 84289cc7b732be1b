//! A bucket with documents and segments, and the function in front of it, in the tests' own time.

use std::sync::Arc;

use drawbridge_config::Hosts;
use drawbridge_issuer::{Entra, first_key as key};
use drawbridge_queue::{Message, Queue as _, ServedQueue};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_serve::{Directory, answer};
use drawbridge_served::{Body, Router, TokenKey};
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Clock as _;
use drawbridge_time::testing::ManualClock;
use futures::StreamExt as _;
use lambda_runtime::StreamResponse;
use serde_json::{Value, json};

pub(crate) const DIRECTORY: &str = "00000000-0000-0000-0000-00000000000d";
pub(crate) const API: &str = "00000000-0000-0000-0000-00000000000a";
pub(crate) const CLIENT: &str = "00000000-0000-0000-0000-00000000000c";

pub(crate) struct Stack {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keys: Arc<Entra>,
    /// What hosts are asked that documents name.
    pub(crate) public: Arc<Entra>,
    router: Router,
    directory: Directory,
}

/// The document of a tenant, with more lines.
pub(crate) fn document(more: &str) -> String {
    format!(
        "tenant_id = \"{DIRECTORY}\"\nclient_id = \"{CLIENT}\"\nsecret = \"drawbridge/s/contoso\"\n\
         outputs = [\"siem\", \"siem-served\"]\n{more}\n\
         [serve]\naudiences = [\"{API}\"]\nclients = [\"{CLIENT}\"]\n"
    )
}

impl Stack {
    /// One with the tenant `contoso`, and another that is not served.
    pub(crate) fn new() -> Self {
        let store = Arc::new(FaultyStore::default());
        let clock = Arc::new(ManualClock::at("2026-03-02T12:00:00Z"));
        let [keys, public] =
            [(), ()].map(|()| Arc::new(Entra::of_host("login.microsoftonline.com")));
        let variable = |name: &str| {
            (name == "DRAWBRIDGE_ALLOWED_HOSTS").then(|| "login.example,graph.example".to_owned())
        };
        let directory = Directory::new(
            store.clone(),
            clock.clone(),
            Hosts::read(variable).unwrap(),
            keys.clone(),
            public.clone(),
        );
        store.insert("tenants/contoso.toml", document(""));
        let other = "tenant_id = \"x.example\"\nclient_id = \"00000000-0000-0000-0000-000000000001\"\n\
                     secret = \"drawbridge/s/other\"\n";
        store.insert("tenants/other.toml", other);
        store.insert("tenants/paused/away.toml", other);
        let key = FixedSecret(
            TokenKey::generate()
                .unwrap()
                .document()
                .unwrap()
                .to_string(),
        );
        let router = Router::new(store.clone(), clock.clone());
        Self {
            router: router.with_own_tokens(Arc::new(key), "the key"),
            store,
            clock,
            keys,
            public,
            directory,
        }
    }

    /// Writes a record, and waits until it is shown.
    pub(crate) async fn show(&self, id: u64) {
        self.write(id).await;
        self.clock.advance_secs(10);
    }

    /// Writes a record, to be shown in ten seconds, and gives the calls that it took.
    pub(crate) async fn write(&self, id: u64) -> Vec<String> {
        self.write_with(id, "").await
    }

    /// The same of a record with more in it.
    pub(crate) async fn write_with(&self, id: u64, more: &str) -> Vec<String> {
        let queue = ServedQueue::new(
            self.store.clone(),
            self.clock.clone(),
            "contoso",
            DIRECTORY,
            "siem",
        );
        let message = Message {
            key: id.to_string(),
            group: String::new(),
            time: None,
            body: json!({"FullId": id, "LastProcessedTimeUtc": "", "Title": more}).to_string(),
            attributes: Vec::new(),
        };
        assert_eq!(queue.send(&[message]).await.unwrap(), []);
        self.store.calls();
        queue.flush().await.unwrap();
        self.store.calls()
    }

    pub(crate) fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "ver": "2.0", "iss": format!("https://login.microsoftonline.com/{DIRECTORY}/v2.0"),
            "aud": API, "tid": DIRECTORY, "azp": CLIENT, "nbf": now - 60, "exp": now + 3600,
        })
    }

    pub(crate) fn token(&self) -> String {
        key().sign(&self.claims()).unwrap()
    }

    /// Asks, and gives the status and the body.
    pub(crate) async fn ask(&self, event: &Value) -> (u16, String) {
        let mut answer = self.answer(event).await;
        let mut body = Vec::new();
        while let Some(chunk) = answer.stream.next().await {
            body.extend_from_slice(&chunk.unwrap());
        }
        let head = answer.metadata_prelude;
        assert!(!head.headers.contains_key("content-length"));
        (head.status_code.as_u16(), String::from_utf8(body).unwrap())
    }

    /// Asks, and gives the answer as it goes out.
    pub(crate) async fn answer(&self, event: &Value) -> StreamResponse<Body> {
        answer(&self.router, Some(&self.directory), event).await
    }

    pub(crate) async fn get(&self, query: &str) -> (u16, String) {
        self.ask(&event("GET", "/api/alerts", query, &self.token()))
            .await
    }
}

/// An event with that token.
pub(crate) fn event(method: &str, path: &str, query: &str, token: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": query,
        "headers": {"authorization": format!("Bearer {token}"), "host": "x.lambda-url.example"},
        "requestContext": {"http": {"method": method, "path": path}},
    })
}

/// An event with a form for a token.
pub(crate) fn form(path: &str, form: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": form, "isBase64Encoded": false,
    })
}
