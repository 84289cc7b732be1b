//! The keys that a directory's tokens are signed with, as its OpenID metadata has them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_http::{Transport, Url, collect, is_loopback};
use drawbridge_time::Clock;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::tenant::Login;

/// How long keys are gone by without asking again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How long the last good ones are, where nobody answers.
const GOOD: SignedDuration = SignedDuration::from_hours(24);

/// How long nobody is asked after he was, whatever tokens come.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// The same as long as there are no keys at all.
const PAUSE_WITHOUT_KEYS: SignedDuration = SignedDuration::from_secs(30);

/// How long an answer may take,
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// and how long where the key that is needed is known: some clients give up after five seconds.
const REFRESHED_WITHIN: Duration = Duration::from_secs(2);

/// The most bytes of the metadata and of the keys, and the most keys.
const MAX_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 64;

/// Which of Entra's two kinds of token one is. The API decides that it is for, not who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    V1,
    V2,
}

/// A key, and the issuer whose it is.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) key: Arc<DecodingKey>,
    pub(crate) issuer: String,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The directory has none of that name.
    Unknown,
    /// Which ones it has is not known.
    Unavailable,
}

/// The keys of directories.
pub(crate) struct Keys {
    clock: Arc<dyn Clock>,
    /// As many as there are tenants, twice.
    entries: Mutex<HashMap<Place, Arc<Mutex<Entry>>>>,
}

/// The sign-in host, the directory, and the version of its tokens.
type Place = (String, String, Version);

#[derive(Default)]
struct Entry {
    good: Option<Good>,
    asked: Option<Timestamp>,
    has_failed: bool,
}

/// Keys as they were had at a time.
struct Good {
    issuer: String,
    keys: HashMap<String, Arc<DecodingKey>>,
    at: Timestamp,
}

impl Keys {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
        }
    }

    /// The key called `kid` of the directory `id`.
    pub(crate) async fn get(
        &self,
        login: &Login,
        id: &str,
        version: Version,
        kid: &str,
    ) -> Result<Key, NoKey> {
        let place = (login.root.to_string(), id.to_owned(), version);
        let entry = Arc::clone(self.entries.lock().await.entry(place).or_default());
        // Who comes meanwhile waits, and does not ask, too.
        let mut entry = entry.lock().await;
        let now = self.clock.now();
        if entry.should_ask(kid, now) {
            entry.asked = Some(now);
            let within = match entry.knows(kid, GOOD, now) {
                true => REFRESHED_WITHIN,
                false => ANSWER_WITHIN,
            };
            let found = tokio::time::timeout(within, ask(login, id, version)).await;
            let found = found.unwrap_or(Err("no answer in time".into()));
            entry.has_failed = found.is_err();
            match found {
                Ok((issuer, keys)) => {
                    entry.good = Some(Good {
                        issuer,
                        keys,
                        at: now,
                    });
                }
                Err(reason) => tracing::warn!(
                    host = login.root.host_str(),
                    directory = id,
                    reason,
                    "the keys that tokens are checked with could not be had"
                ),
            }
        }
        let good = entry.good.as_ref().filter(|good| good.is_within(GOOD, now));
        match good {
            None => Err(NoKey::Unavailable),
            Some(good) => match good.keys.get(kid) {
                Some(key) => Ok(Key {
                    key: Arc::clone(key),
                    issuer: good.issuer.clone(),
                }),
                None if entry.has_failed => Err(NoKey::Unavailable),
                None => Err(NoKey::Unknown),
            },
        }
    }
}

impl Entry {
    fn should_ask(&self, kid: &str, now: Timestamp) -> bool {
        let pause = match self.good {
            Some(_) => PAUSE,
            None => PAUSE_WITHOUT_KEYS,
        };
        // A clock that was set back is no reason to wait for it.
        let is_pausing = self
            .asked
            .is_some_and(|asked| asked <= now && now.duration_since(asked) < pause);
        !self.knows(kid, FRESH, now) && !is_pausing
    }

    /// Whether it was told of a key within that time.
    fn knows(&self, kid: &str, within: SignedDuration, now: Timestamp) -> bool {
        let good = self.good.as_ref();
        good.is_some_and(|good| good.is_within(within, now) && good.keys.contains_key(kid))
    }
}

impl Good {
    fn is_within(&self, span: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() <= span
    }
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Asks for the issuer and the keys of a directory. An error is in words.
async fn ask(
    login: &Login,
    id: &str,
    version: Version,
) -> Result<(String, HashMap<String, Arc<DecodingKey>>), String> {
    let version = match version {
        Version::V1 => "",
        Version::V2 => "/v2.0",
    };
    let mut url = login.root.clone();
    let root = login.root.path().trim_end_matches('/');
    url.set_path(&format!(
        "{root}/{id}{version}/.well-known/openid-configuration"
    ));
    let transport = login.transport.as_ref();
    let metadata: Metadata = get(transport, &url).await?;
    let is_local = is_loopback(&login.root) && is_loopback(&metadata.jwks_uri);
    if metadata.jwks_uri.scheme() != "https" && !is_local {
        return Err("jwks_uri of the metadata is not https".into());
    }
    let set: KeySet = get(transport, &metadata.jwks_uri).await?;
    let keys = set.keys.into_iter().take(MAX_KEYS).filter_map(key);
    let keys: HashMap<_, _> = keys.collect();
    match keys.is_empty() {
        true => Err("there is no RSA key among them".into()),
        false => Ok((metadata.issuer, keys)),
    }
}

/// An RSA key for signatures with its name; `None` for all others.
fn key(value: serde_json::Value) -> Option<(String, Arc<DecodingKey>)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let is_for_signatures = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let is_rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
    let kid = jwk.common.key_id.clone()?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    (is_for_signatures && is_rsa).then(|| (kid, Arc::new(key)))
}

async fn get<T: serde::de::DeserializeOwned>(
    transport: &dyn Transport,
    url: &Url,
) -> Result<T, String> {
    let request = Request::get(url.as_str()).header(http::header::ACCEPT, "application/json");
    let request = request
        .body(Bytes::new())
        .map_err(|_| "the address is none")?;
    let response = transport.send(request).await;
    let (head, body) = response.map_err(|error| error.to_string())?.into_parts();
    if head.status != StatusCode::OK {
        return Err(format!("the answer is {}", head.status.as_u16()));
    }
    let body = collect(&head.headers, body, MAX_BYTES).await;
    let body = body.map_err(|_| "the answer is too long or broke off")?;
    serde_json::from_slice(&body).map_err(|_| "the answer is not what it should be".into())
}
