#![allow(
    clippy::unwrap_used,
    reason = "only tests use this; it says what is wrong by failing"
)]

use std::sync::{Mutex, OnceLock};

use crate::SigningKey;
use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_http::{Body, Transport, TransportError};
use futures::{StreamExt as _, stream};
use http::{Request, Response};
use serde_json::{Value, json};

/// The key that each directory has from the start.
pub fn first_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::new("first").unwrap())
}

/// The key that it has later, or that is somebody else's.
pub fn second_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::new("second").unwrap())
}

/// Entra's metadata and keys of every directory on any sign-in host, without a network; it notes what it
/// is asked.
pub struct Entra {
    /// The host in the issuers of tokens, through whatever host it is asked.
    issuer_host: &'static str,
    keys: Mutex<Vec<Value>>,
    is_down: Mutex<bool>,
    hangs: Mutex<bool>,
    is_slow: Mutex<bool>,
    asked: Mutex<Vec<String>>,
}

impl Default for Entra {
    fn default() -> Self {
        Self::of_host("login.example")
    }
}

impl Entra {
    /// Directories whose issuers are below that host.
    pub fn of_host(issuer_host: &'static str) -> Self {
        Self {
            issuer_host,
            keys: Mutex::new(vec![first_key().jwk().clone()]),
            is_down: Mutex::default(),
            hangs: Mutex::default(),
            is_slow: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// From now on, every directory has these keys.
    pub fn set_keys(&self, keys: impl IntoIterator<Item = Value>) {
        *self.keys.lock().unwrap() = keys.into_iter().collect();
    }

    /// Whether it cannot be reached.
    pub fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
    }

    /// From now on, nobody gets an answer.
    pub fn hang(&self) {
        *self.hangs.lock().unwrap() = true;
    }

    /// From now on, an answer takes a second.
    pub fn slow_down(&self) {
        *self.is_slow.lock().unwrap() = true;
    }

    /// Whoever waits still waits, and who asks from now on gets an answer.
    pub fn go_on(&self) {
        *self.hangs.lock().unwrap() = false;
    }

    /// The addresses that were asked since this was asked last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn answer(&self, url: &str) -> Value {
        let mut parts = url.splitn(5, '/').skip(2);
        let [Some(host), Some(directory), Some(rest)] = [parts.next(), parts.next(), parts.next()]
        else {
            return json!({ "not there": url });
        };
        let issuer = match rest {
            "discovery/keys" => return json!({"keys": *self.keys.lock().unwrap()}),
            "v2.0/.well-known/openid-configuration" => {
                format!("https://{}/{directory}/v2.0", self.issuer_host)
            }
            ".well-known/openid-configuration" => format!("https://sts.example/{directory}/"),
            other => return json!({ "not there": other }),
        };
        json!({
            "issuer": issuer,
            "jwks_uri": format!("https://{host}/{directory}/discovery/keys"),
        })
    }
}

#[async_trait]
impl Transport for Entra {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, TransportError> {
        let url = request.uri().to_string();
        self.asked.lock().unwrap().push(url.clone());
        let hangs = *self.hangs.lock().unwrap();
        if hangs {
            std::future::pending::<()>().await;
        }
        let is_slow = *self.is_slow.lock().unwrap();
        if is_slow {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        if *self.is_down.lock().unwrap() {
            return Err(TransportError::Connect("down".into()));
        }
        let body = Bytes::from(self.answer(&url).to_string());
        let body: Body = stream::iter([Ok(body)]).boxed();
        Ok(Response::new(body))
    }
}
