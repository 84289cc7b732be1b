//! The keys that a directory's tokens are signed with, as its OpenID metadata has them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use drawbridge_http::{Transport, Url, collect, is_loopback};
use drawbridge_time::Clock;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use serde::Deserialize;

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

/// After how long a question was held up, and not answered late.
const HELD_UP_AFTER: SignedDuration = SignedDuration::from_secs(15);

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
    /// The directory has no key of that name.
    Unknown,
    /// The directory's keys could not be fetched.
    Unavailable,
}

/// The keys of directories.
pub(crate) struct Keys {
    clock: Arc<dyn Clock>,
    /// At most two per tenant, one for each version of tokens.
    entries: Mutex<HashMap<DirectoryVersion, Arc<Entry>>>,
}

/// The sign-in host, the directory, and the version of its tokens.
type DirectoryVersion = (String, String, Version);

#[derive(Default)]
struct Entry {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    good: Option<Good>,
    asked: Option<Timestamp>,
    has_failed: bool,
    asking: Option<Asking>,
}

/// A fetch that is under way. It runs in a task of its own, so that a client that hangs up does not
/// cancel it for others.
struct Asking {
    since: Timestamp,
    ended: Ended,
}

/// Completes when a fetch has succeeded or failed.
type Ended = Shared<BoxFuture<'static, ()>>;

/// A fetch of keys: one that was under way, or one that was started just now.
enum KeyFetch {
    Running(Ended),
    Started(Ended),
}

/// The keys that were fetched, and when.
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
        let entry = Arc::clone(locked(&self.entries).entry(place).or_default());
        let now = self.clock.now();
        let is_known = entry.known().knows(kid, GOOD, now);
        match (self.asking(&entry, login, id, version, kid), is_known) {
            (Some(KeyFetch::Running(ended) | KeyFetch::Started(ended)), false) => ended.await,
            (Some(KeyFetch::Started(ended)), true) => {
                drop(tokio::time::timeout(REFRESHED_WITHIN, ended).await);
            }
            // If the key is known, a fetch for another one is not waited for.
            (Some(KeyFetch::Running(_)) | None, _) => {}
        }
        let entry = entry.known();
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

    /// The fetch that is needed for the key, if any.
    fn asking(
        &self,
        entry: &Arc<Entry>,
        login: &Login,
        id: &str,
        version: Version,
        kid: &str,
    ) -> Option<KeyFetch> {
        let since = self.clock.now();
        let mut known = entry.known();
        if !known.should_ask(kid, since) {
            return None;
        }
        if let Some(ended) = known.on_its_way(since) {
            return Some(KeyFetch::Running(ended));
        }
        let (clock, answered) = (Arc::clone(&self.clock), Arc::clone(entry));
        let (login, id) = (login.clone(), id.to_owned());
        let task = tokio::spawn(async move {
            let found = tokio::time::timeout(ANSWER_WITHIN, ask(&login, &id, version)).await;
            let found = found.unwrap_or(Err("no answer in time".into()));
            if let Err(reason) = &found {
                tracing::warn!(
                    host = login.root.host_str(),
                    directory = id,
                    reason,
                    "the keys that tokens are checked with could not be had"
                );
            }
            answered.known().answered(found, since, clock.now());
        });
        let ended = task.map(drop).boxed().shared();
        known.asking = Some(Asking {
            since,
            ended: ended.clone(),
        });
        Some(KeyFetch::Started(ended))
    }
}

impl Entry {
    fn known(&self) -> MutexGuard<'_, Known> {
        locked(&self.known)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// The end of a question that may still be answered. One that took longer was held up together with
    /// the process, as a function's is between two requests, and whom it asked has hung up.
    fn on_its_way(&self, now: Timestamp) -> Option<Ended> {
        let asking = self.asking.as_ref();
        let asking = asking.filter(|asking| is_in_time(asking.since, now));
        let ended = asking.map(|asking| asking.ended.clone());
        ended.filter(|ended| ended.peek().is_none())
    }

    /// Takes what was found by the question that was asked at `since`.
    fn answered(
        &mut self,
        found: Result<(String, HashMap<String, Arc<DecodingKey>>), String>,
        since: Timestamp,
        now: Timestamp,
    ) {
        match found {
            Ok((issuer, keys)) => {
                self.good = Some(Good {
                    issuer,
                    keys,
                    at: since,
                });
                self.has_failed = false;
                self.asked = Some(since);
            }
            // It failed because the process was held up, which says nothing of whom it asked.
            Err(_) if !is_in_time(since, now) => {}
            Err(_) => {
                self.has_failed = true;
                self.asked = Some(since);
            }
        }
    }

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

/// Whether a question's answer can still be in time.
fn is_in_time(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).abs() <= HELD_UP_AFTER
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
