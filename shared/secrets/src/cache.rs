//! Secrets kept for a while, so that a function does not ask (and pay) at every use.

use std::num::NonZero;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_recent::Recent;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::SecretError;

/// Asks for a secret where it is kept.
#[async_trait]
pub(crate) trait Fetch: Send + Sync {
    async fn fetch(&self, name: &str) -> Result<SecretString, SecretError>;
}

/// The most secrets that are kept, however small: far more than a process has tenants.
const MOST: NonZero<usize> = NonZero::new(10_000).expect("it is not zero");

/// What is kept of a secret beside its text, and of why it could not be had.
const REST_BYTES: usize = 400;

/// How long values are kept, and how much memory they may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A value, for who asks for it.
    pub(crate) ttl: Duration,
    /// A value, for who had it refused.
    pub(crate) refreshed: Duration,
    /// That it could not be had.
    pub(crate) failed: Duration,
    /// The most bytes of all secrets. Those that were used least recently are asked for again.
    pub(crate) most_bytes: usize,
}

/// What was fetched, and when; one fetch of a secret at a time.
#[derive(Debug)]
pub(crate) struct Cache {
    limits: Limits,
    kept: std::sync::Mutex<Recent<Arc<Mutex<Kept>>>>,
}

#[derive(Debug, Default)]
struct Kept {
    value: Option<(Instant, SecretString)>,
    failure: Option<(Instant, SecretError)>,
}

impl Kept {
    /// The value, if it is no older than that.
    fn within(&self, longest: Duration) -> Option<SecretString> {
        let (at, value) = self.value.as_ref()?;
        (at.elapsed() < longest).then(|| value.clone())
    }
}

impl Cache {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            kept: std::sync::Mutex::new(Recent::new(MOST, limits.most_bytes)),
        }
    }

    /// The value as it was at most a TTL ago. Where asking again fails in passing, the old one
    /// is given: most likely it is still good, and whoever uses it finds out.
    pub(crate) async fn get(
        &self,
        name: &str,
        source: &dyn Fetch,
    ) -> Result<SecretString, SecretError> {
        let kept = self.kept(name);
        let mut kept = kept.lock().await;
        if let Some(value) = kept.within(self.limits.ttl) {
            return Ok(value);
        }
        match self.fetch(name, &mut kept, source).await {
            Err(error) if error.is_retryable() => {
                let (_, value) = kept.value.as_ref().ok_or_else(|| error.clone())?;
                tracing::warn!(%error, "the secret could not be asked for again; the old one is used");
                Ok(value.clone())
            }
            fetched => fetched,
        }
    }

    /// The value as it is now.
    pub(crate) async fn refresh(
        &self,
        name: &str,
        source: &dyn Fetch,
    ) -> Result<SecretString, SecretError> {
        let kept = self.kept(name);
        let mut kept = kept.lock().await;
        match kept.within(self.limits.refreshed) {
            Some(value) => Ok(value),
            None => self.fetch(name, &mut kept, source).await,
        }
    }

    async fn fetch(
        &self,
        name: &str,
        kept: &mut Kept,
        source: &dyn Fetch,
    ) -> Result<SecretString, SecretError> {
        if let Some((at, error)) = &kept.failure
            && at.elapsed() < self.limits.failed
        {
            return Err(error.clone());
        }
        let fetched = source.fetch(name).await;
        let now = Instant::now();
        if let Ok(value) = &fetched {
            self.all()
                .weigh(name, REST_BYTES + value.expose_secret().len());
        }
        match &fetched {
            Ok(value) => {
                *kept = Kept {
                    value: Some((now, value.clone())),
                    failure: None,
                }
            }
            Err(error) => kept.failure = Some((now, error.clone())),
        }
        fetched
    }

    /// What is kept of a secret; others do not wait for it.
    fn kept(&self, name: &str) -> Arc<Mutex<Kept>> {
        let mut all = self.all();
        let is_new = all.peek(name).is_none();
        let kept = Arc::clone(all.get_or_default(name));
        if is_new {
            all.weigh(name, REST_BYTES);
        }
        kept
    }

    fn all(&self) -> MutexGuard<'_, Recent<Arc<Mutex<Kept>>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_access::AccessError;

    use super::*;
    use crate::{MemberKind, OwnMember, SecretSource as _, Secrets, StoredSecret};
    use secrecy::ExposeSecret;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Gives the number of the fetch, or fails with what is set.
    #[derive(Default)]
    struct Counter {
        fetches: AtomicU32,
        fail: Option<SecretError>,
    }

    impl Counter {
        fn failing(error: SecretError) -> Self {
            Self {
                fail: Some(error),
                ..Self::default()
            }
        }
    }

    #[async_trait]
    impl Fetch for Counter {
        async fn fetch(&self, _: &str) -> Result<SecretString, SecretError> {
            tokio::task::yield_now().await;
            let count = self.fetches.fetch_add(1, Ordering::SeqCst);
            self.fail
                .clone()
                .map_or_else(|| Ok(SecretString::from(count.to_string())), Err)
        }
    }

    const TTL: Duration = Duration::from_secs(300);

    fn cache() -> Cache {
        Cache::new(Limits {
            ttl: TTL,
            refreshed: Duration::ZERO,
            failed: Duration::ZERO,
            most_bytes: 1 << 20,
        })
    }

    async fn got(cache: &Cache, source: &Counter) -> String {
        cache
            .get("s", source)
            .await
            .unwrap()
            .expose_secret()
            .to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_kept_for_the_ttl_and_no_longer() {
        let (cache, source) = (cache(), Counter::default());
        assert_eq!(got(&cache, &source).await, "0");
        tokio::time::advance(TTL - Duration::from_millis(1)).await;
        assert_eq!(got(&cache, &source).await, "0");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(got(&cache, &source).await, "1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_asks_and_its_value_is_kept() {
        let (cache, source) = (cache(), Counter::default());
        assert_eq!(got(&cache, &source).await, "0");
        assert_eq!(
            cache.refresh("s", &source).await.unwrap().expose_secret(),
            "1"
        );
        assert_eq!(got(&cache, &source).await, "1");
    }

    /// Whoever may write documents may name any number of secrets, one after the other.
    #[tokio::test(start_paused = true)]
    async fn no_more_is_kept_than_there_is_room_for() {
        let (cache, source) = (cache(), Counter::default());
        for n in 0..5_000 {
            cache.get(&format!("s{n}"), &source).await.unwrap();
        }
        let (kept, bytes) = {
            let all = cache.all();
            (all.len(), all.bytes())
        };
        assert!(kept < 5_000 && bytes <= 1 << 20, "{kept} of {bytes} bytes");
        let fetches = || source.fetches.load(Ordering::SeqCst);
        assert_eq!(fetches(), 5_000);
        for (name, fetched) in [("s4999", 5_000), ("s0", 5_001)] {
            cache.get(name, &source).await.unwrap();
            assert_eq!(fetches(), fetched, "{name}");
        }
    }

    #[tokio::test]
    async fn many_at_once_make_one_fetch() {
        let (cache, source) = (cache(), Counter::default());
        let all = tokio::join!(
            got(&cache, &source),
            got(&cache, &source),
            got(&cache, &source)
        );
        assert_eq!(all, ("0".into(), "0".into(), "0".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_old_value_bridges_a_passing_failure_but_no_other() {
        let (cache, source) = (cache(), Counter::default());
        let passing = Counter::failing(AccessError::unavailable("s", "x").into());
        let gone = Counter::failing(SecretError::Missing {
            place: "s".into(),
            fix: "y".into(),
        });
        assert!(cache.get("s", &passing).await.is_err());
        assert_eq!(got(&cache, &source).await, "0");
        tokio::time::advance(TTL).await;
        assert_eq!(got(&cache, &passing).await, "0");
        assert!(cache.get("s", &gone).await.is_err());
        assert!(cache.refresh("s", &passing).await.is_err());
    }

    const MINUTE: Duration = Duration::from_secs(60);

    /// One secret for many, of which a wrong member, or its loss, is no reason to ask at each poll.
    #[tokio::test(start_paused = true)]
    async fn one_for_many_is_asked_for_within_bounds_whoever_has_it_refused() {
        let cache = Cache::new(Limits {
            ttl: 60 * MINUTE,
            refreshed: 5 * MINUTE,
            failed: MINUTE,
            most_bytes: 1 << 20,
        });
        let source = Counter::default();
        let refreshed = async || {
            let value = cache.refresh("s", &source).await.unwrap();
            value.expose_secret().to_owned()
        };
        assert_eq!(got(&cache, &source).await, "0");
        assert_eq!(refreshed().await, "0");
        tokio::time::advance(5 * MINUTE).await;
        assert_eq!(got(&cache, &source).await, "0");
        assert_eq!(refreshed().await, "1");
        assert_eq!(refreshed().await, "1");

        let gone = Counter::failing(SecretError::Missing {
            place: "s".into(),
            fix: "y".into(),
        });
        tokio::time::advance(60 * MINUTE).await;
        for _ in 0..10 {
            assert!(cache.get("s", &gone).await.is_err());
            assert!(cache.refresh("s", &gone).await.is_err());
        }
        assert_eq!(gone.fetches.load(Ordering::SeqCst), 1);
        tokio::time::advance(MINUTE).await;
        assert_eq!(got(&cache, &source).await, "2");
    }

    /// As the functions have them: a source of each tenant, and what they share.
    struct Shared(Cache, Members);

    /// A secret of which a test changes the text.
    struct Members {
        text: std::sync::Mutex<String>,
        fetches: AtomicU32,
    }

    #[async_trait]
    impl Fetch for Members {
        async fn fetch(&self, _: &str) -> Result<SecretString, SecretError> {
            tokio::task::yield_now().await;
            self.fetches.fetch_add(1, Ordering::SeqCst);
            Ok(self.text.lock().unwrap().as_str().into())
        }
    }

    #[async_trait]
    impl Secrets for Shared {
        async fn get(&self, _: &str) -> Result<SecretString, SecretError> {
            panic!("the whole is asked for as one secret");
        }

        async fn shared(&self, name: &str) -> Result<SecretString, SecretError> {
            self.0.get(name, &self.1).await
        }

        async fn refresh_shared(&self, name: &str) -> Result<SecretString, SecretError> {
            self.0.refresh(name, &self.1).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ten_tenants_of_one_secret_ask_once_and_a_rotated_member_is_found_when_it_is_refused() {
        let text = |of: &dyn Fn(usize) -> String| {
            let members = (0..10).map(|n| format!("\"t{n}\":\"{}\"", of(n)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        let shared = Arc::new(Shared(
            Cache::new(crate::manager::SHARED),
            Members {
                text: text(&|n| format!("old-{n}")).into(),
                fetches: AtomicU32::default(),
            },
        ));
        let fetches = || shared.1.fetches.swap(0, Ordering::SeqCst);
        let sources: Vec<StoredSecret> = (0..10)
            .map(|n| {
                let secrets = Arc::clone(&shared) as Arc<dyn Secrets>;
                let own = OwnMember::new(secrets, &format!("t{n}"), MemberKind::ClientSecret);
                StoredSecret::new(Arc::new(own), "prod/_shared/1")
            })
            .collect();
        let read = async |n: usize| {
            let own = sources[n].secret().await;
            own.map(|own| own.expose_secret().to_owned())
        };
        for n in 0..10 {
            assert_eq!(read(n).await.unwrap(), format!("old-{n}"));
        }
        assert_eq!(fetches(), 1);

        // One is rotated; it finds that when the old one is refused. The others are none the wiser.
        let changed = |n: usize| match n {
            3 => "new-3".to_owned(),
            n => format!("old-{n}"),
        };
        *shared.1.text.lock().unwrap() = text(&changed);
        tokio::time::advance(6 * MINUTE).await;
        for n in 0..10 {
            assert_eq!(read(n).await.unwrap(), format!("old-{n}"));
        }
        assert_eq!(fetches(), 0);
        sources[3].forget();
        assert_eq!(read(3).await.unwrap(), "new-3");
        assert_eq!(fetches(), 1);

        // One is wrong for good: refused at each of its polls, for an hour of minutes.
        for _ in 0..60 {
            tokio::time::advance(MINUTE).await;
            sources[7].forget();
            assert_eq!(read(7).await.unwrap(), "old-7");
            assert_eq!(read(1).await.unwrap(), "old-1");
        }
        assert_eq!(fetches(), 12);

        // One that is not there is looked for as often.
        *shared.1.text.lock().unwrap() = text(&changed).replace("\"t5\"", "\"t55\"");
        tokio::time::advance(60 * MINUTE).await;
        for _ in 0..60 {
            tokio::time::advance(MINUTE).await;
            assert!(read(5).await.is_err());
            assert_eq!(read(1).await.unwrap(), "old-1");
        }
        assert_eq!(fetches(), 12);
        *shared.1.text.lock().unwrap() = text(&changed);
        tokio::time::advance(5 * MINUTE).await;
        assert_eq!(read(5).await.unwrap(), "old-5");
    }
}
