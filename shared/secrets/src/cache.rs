//! Secrets kept for a while, so that a function does not ask (and pay) at every use.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::SecretError;

/// Asks for a secret where it is kept.
#[async_trait]
pub(crate) trait Fetch: Send + Sync {
    async fn fetch(&self, name: &str) -> Result<SecretString, SecretError>;
}

/// What was fetched, and when; one fetch at a time.
#[derive(Debug)]
pub(crate) struct Cache {
    ttl: Duration,
    kept: Mutex<HashMap<String, (Instant, SecretString)>>,
}

impl Cache {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            kept: Mutex::default(),
        }
    }

    /// The value as it was at most a TTL ago. Where asking again fails in passing, the old one
    /// is given: most likely it is still good, and whoever uses it finds out.
    pub(crate) async fn get(
        &self,
        name: &str,
        source: &dyn Fetch,
    ) -> Result<SecretString, SecretError> {
        let mut kept = self.kept.lock().await;
        if let Some((at, value)) = kept.get(name)
            && at.elapsed() < self.ttl
        {
            return Ok(value.clone());
        }
        match source.fetch(name).await {
            Ok(value) => {
                kept.insert(name.to_owned(), (Instant::now(), value.clone()));
                Ok(value)
            }
            Err(error) => match kept.get(name) {
                Some((_, value)) if error.is_retryable() => {
                    tracing::warn!(%error, "the secret could not be asked for again; the old one is used");
                    Ok(value.clone())
                }
                _ => Err(error),
            },
        }
    }

    /// The value as it is now.
    pub(crate) async fn refresh(
        &self,
        name: &str,
        source: &dyn Fetch,
    ) -> Result<SecretString, SecretError> {
        let mut kept = self.kept.lock().await;
        let value = source.fetch(name).await?;
        kept.insert(name.to_owned(), (Instant::now(), value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_access::AccessError;

    use super::*;
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
        let (cache, source) = (Cache::new(TTL), Counter::default());
        assert_eq!(got(&cache, &source).await, "0");
        tokio::time::advance(TTL - Duration::from_millis(1)).await;
        assert_eq!(got(&cache, &source).await, "0");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(got(&cache, &source).await, "1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_asks_and_its_value_is_kept() {
        let (cache, source) = (Cache::new(TTL), Counter::default());
        assert_eq!(got(&cache, &source).await, "0");
        assert_eq!(
            cache.refresh("s", &source).await.unwrap().expose_secret(),
            "1"
        );
        assert_eq!(got(&cache, &source).await, "1");
    }

    #[tokio::test]
    async fn many_at_once_make_one_fetch() {
        let (cache, source) = (Cache::new(TTL), Counter::default());
        let all = tokio::join!(
            got(&cache, &source),
            got(&cache, &source),
            got(&cache, &source)
        );
        assert_eq!(all, ("0".into(), "0".into(), "0".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_old_value_bridges_a_passing_failure_but_no_other() {
        let (cache, source) = (Cache::new(TTL), Counter::default());
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
}
