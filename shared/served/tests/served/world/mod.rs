//! A store, a clock, a directory with its keys, the writer and the router.

mod far_away;
mod key;

use std::io::Read as _;
use std::sync::Arc;

use drawbridge_config::Tenant;
use drawbridge_queue::{Message, Queue as _, ServedQueue};
use drawbridge_served::{Login, Router, RouterSettings, ServedTenant};
use drawbridge_store::Catalogue;
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Clock as _;
use drawbridge_time::testing::ManualClock;
use flate2::read::GzDecoder;
use futures::StreamExt as _;
use http::{HeaderMap, Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use drawbridge_issuer::{Entra, first_key, second_key};
pub(crate) use far_away::FarAway;
pub(crate) use key::Key;

/// The directory, its API and the application that reads.
pub(crate) const DIRECTORY: &str = "00000000-0000-0000-0000-00000000000d";
pub(crate) const API: &str = "00000000-0000-0000-0000-00000000000a";
pub(crate) const CLIENT: &str = "00000000-0000-0000-0000-00000000000c";

/// When a world begins.
pub(crate) const START: &str = "2026-03-02T12:00:00Z";

pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entra: Arc<Entra>,
    /// That of the token endpoint, which is off without it.
    pub(crate) key: Arc<Key>,
    pub(crate) router: Router,
}

impl World {
    /// One with the tenant `contoso`, which serves `siem` and `native`.
    pub(crate) fn new() -> Self {
        Self::with_settings(RouterSettings::default())
    }

    pub(crate) fn with_settings(settings: RouterSettings) -> Self {
        Self::over(|store| store, settings)
    }

    /// One whose router reads through another store what is written without it.
    pub(crate) fn over<S: Catalogue + 'static>(
        read_through: impl FnOnce(Arc<FaultyStore>) -> Arc<S>,
        settings: RouterSettings,
    ) -> Self {
        let store = Arc::new(FaultyStore::default());
        let clock = Arc::new(ManualClock::at(START));
        let key = Arc::new(Key::default());
        let router = Router::new(read_through(store.clone()), clock.clone())
            .with_settings(settings)
            .with_own_tokens(key.clone(), "the key");
        let world = Self {
            store,
            clock,
            entra: Arc::default(),
            key,
            router,
        };
        world.serve(&[world.tenant("contoso", DIRECTORY, "")]);
        world
    }

    pub(crate) fn serve(&self, tenants: &[Tenant]) {
        let login = Login {
            root: "https://login.example/".parse().unwrap(),
            transport: self.entra.clone(),
        };
        let served = |tenant| ServedTenant::of(tenant, login.clone()).unwrap();
        self.router.serve(tenants.iter().map(served).collect());
    }

    /// A tenant's document with more in its table `serve`.
    pub(crate) fn tenant(&self, name: &str, directory: &str, more: &str) -> Tenant {
        let text = format!(
            r#"[{{"name":"{name}","tenant_id":"{directory}","client_id":"{CLIENT}","secret":"s",
                "outputs":["siem","siem-served","native-served"],
                "serve":{{"audiences":["{API}","api://{API}"],"clients":["{CLIENT}"]{more}}}}}]"#
        );
        Tenant::parse_list("tenants", &text).unwrap().remove(0)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, secs: i64) {
        self.clock.advance_secs(secs);
    }

    /// The claims of a good token of version 2.
    pub(crate) fn claims(&self) -> Value {
        let now = self.now().as_second();
        json!({
            "ver": "2.0", "iss": format!("https://login.example/{DIRECTORY}/v2.0"),
            "aud": API, "tid": DIRECTORY, "azp": CLIENT,
            "iat": now - 60, "nbf": now - 60, "exp": now + 3600,
        })
    }

    pub(crate) fn token(&self) -> String {
        first_key().sign(&self.claims()).unwrap()
    }

    /// Writes records of these ids, as a poll does, to be shown in ten seconds.
    pub(crate) async fn write(&self, ids: impl IntoIterator<Item = u64>) {
        self.write_of("siem", ids).await;
    }

    pub(crate) async fn write_of(&self, format: &str, ids: impl IntoIterator<Item = u64>) {
        let queue = ServedQueue::new(
            self.store.clone(),
            self.clock.clone(),
            "contoso",
            DIRECTORY,
            format,
        );
        let messages: Vec<_> = ids.into_iter().map(message).collect();
        assert_eq!(queue.send(&messages).await.unwrap(), []);
        queue.flush().await.unwrap();
    }

    /// The same, and waits until they are shown.
    pub(crate) async fn show(&self, ids: impl IntoIterator<Item = u64>) {
        self.write(ids).await;
        self.advance(10);
    }

    /// Asks with a good token.
    pub(crate) async fn get(&self, target: &str) -> Answer {
        let token = self.token();
        self.ask(
            "GET",
            target,
            &[("authorization", &format!("Bearer {token}"))],
        )
        .await
    }

    /// Asks with another token.
    pub(crate) async fn get_with(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let answer = self
            .ask("GET", "/api/alerts", &[("authorization", &bearer)])
            .await;
        assert!(token.len() < 9 || !format!("{answer:?}").contains(token));
        answer
    }

    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, target, headers, b"").await
    }

    /// The same with a body.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let (head, mut body) = crate::front::answer(&self.router, head, body)
            .await
            .into_parts();
        let mut bytes = Vec::new();
        let mut is_broken = false;
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                Err(_) => is_broken = true,
            }
        }
        if head.headers.contains_key("content-encoding") {
            let mut text = Vec::new();
            GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
            bytes = text;
        }
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(bytes).unwrap(),
            is_broken,
        }
    }
}

/// The records with names of groups that look like lists.
pub(crate) const GROUPS: [(u64, &str); 2] = [(101, "EU, Servers"), (102, "EU; Servers")];

pub(crate) fn message(id: u64) -> Message {
    let group = match GROUPS.iter().find(|(of, _)| *of == id) {
        Some((_, group)) => group,
        None if id.is_multiple_of(2) => "even",
        None => "odd",
    };
    let body = json!({
        "FullId": id, "LastProcessedTimeUtc": "2021-01-02T03:04:05.1234567Z", "MachineGroup": group,
        "DeviceCreatedMachineTags": "a;b", "CloudCreatedMachineTags": "a;b",
    });
    Message {
        key: id.to_string(),
        group: String::new(),
        time: None,
        body: body.to_string(),
        attributes: Vec::new(),
    }
}

/// An answer, unpacked.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) is_broken: bool,
}

impl Answer {
    /// Its records.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(!self.is_broken);
        assert_eq!(
            self.headers["content-type"],
            "application/json; charset=utf-8"
        );
        assert_eq!(self.headers["cache-control"], "no-store");
        serde_json::from_str(&self.body).unwrap()
    }

    /// Their ids.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<u64> {
        let records = self.records().into_iter();
        records
            .map(|record| record["FullId"].as_u64().unwrap())
            .collect()
    }

    /// What a refusal says, which has this status and this code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let error = &body["error"];
        assert_eq!(error["code"], code, "{}", self.body);
        assert!(error["target"].as_str().unwrap().len() == 36);
        error["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}
