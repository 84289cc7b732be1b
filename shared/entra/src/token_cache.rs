//! One token shared by every request of a tenant.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drawbridge_http::{Retry, RetryPolicy};
use drawbridge_time::Deadline;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use crate::error::SignInError;
use crate::token::{Token, TokenProvider};

/// A token is renewed after four fifths of its life, but at most this long before its end.
const LONGEST_MARGIN: Duration = Duration::from_secs(300);
/// A token this close to its end is not used: it could end on the way.
const LAST_MOMENT: Duration = Duration::from_secs(30);
/// A longer life than this is not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// An early renewal may hold up a request, which still has a good token, this long.
const EARLY_LIMIT: Duration = Duration::from_secs(10);

/// Holds a token and renews it before it ends.
///
/// One fetch runs at a time: others wait for it, or go on with the token there is while it lasts.
/// After a failed fetch nobody asks again for a short while; they are told the same error. Life is
/// counted on the monotonic clock from before the fetch; should a suspended machine stop that
/// clock, the 401 that follows renews the token all the same.
pub struct TokenCache {
    provider: Arc<dyn TokenProvider>,
    retry: Retry,
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    fetched: u64,
    failure: Option<Failure>,
}

struct Held {
    lease: Lease,
    renew_at: Instant,
    useless_at: Instant,
}

struct Failure {
    error: SignInError,
    count: u32,
    until: Instant,
}

/// A token on loan, with a number so that only this very token is thrown away when refused.
#[derive(Clone)]
pub struct Lease {
    /// The token.
    pub secret: SecretString,
    number: u64,
}

enum Cached {
    Fresh(Lease),
    Old(Lease),
    Nothing,
}

impl TokenCache {
    /// A cache over `provider` with the default persistence.
    pub fn new(provider: Arc<dyn TokenProvider>) -> Self {
        Self::with_policy(provider, RetryPolicy::default())
    }

    /// A cache over `provider`; `policy` says how often a failed fetch is tried again.
    pub fn with_policy(provider: Arc<dyn TokenProvider>, policy: RetryPolicy) -> Self {
        Self {
            provider,
            retry: Retry::new(policy),
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// A token that is good for at least some seconds.
    ///
    /// # Errors
    /// The provider's last error, or [`SignInError::OutOfTime`].
    pub async fn token(&self, deadline: Deadline) -> Result<SecretString, SignInError> {
        self.lease(deadline).await.map(|lease| lease.secret)
    }

    /// When the credential ends that was last used, where it says so itself: a certificate does.
    pub fn credential_expires(&self) -> Option<Timestamp> {
        self.provider.credential_expires()
    }

    /// How many bytes are kept of tokens and credentials, whose length others choose.
    pub fn kept_bytes(&self) -> usize {
        let token = |held: &Held| held.lease.secret.expose_secret().len();
        let tokens = self.state().held.as_ref().map_or(0, token);
        tokens + self.provider.kept_bytes()
    }

    /// Throws the token away; the next request fetches a new one.
    pub fn invalidate(&self) {
        self.state().held = None;
    }

    /// Throws away the token of `lease`, unless it has been replaced already.
    pub fn reject(&self, lease: &Lease) {
        self.state()
            .held
            .take_if(|held| held.lease.number == lease.number);
    }

    /// A token on loan, as [`token`](Self::token), which can be [rejected](Self::reject) by itself.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn lease(&self, deadline: Deadline) -> Result<Lease, SignInError> {
        match self.find() {
            Cached::Fresh(lease) => Ok(lease),
            Cached::Old(lease) => Ok(self.renew_early(lease, deadline).await),
            Cached::Nothing => self.fetch_first(deadline).await,
        }
    }

    async fn renew_early(&self, current: Lease, deadline: Deadline) -> Lease {
        let Ok(_one_at_a_time) = self.fetching.try_lock() else {
            return current;
        };
        if let Cached::Fresh(lease) = self.find() {
            return lease;
        }
        if self.recent_failure().is_some() {
            return current;
        }
        let asked = Instant::now();
        match timeout(deadline.cap(EARLY_LIMIT), self.provider.fetch()).await {
            Ok(Ok(token)) => self.keep(&token, asked),
            Ok(Err(error)) => {
                warn!(%error, "early token renewal failed; the current token is still good");
                self.remember(error);
                current
            }
            Err(_) => current,
        }
    }

    async fn fetch_first(&self, deadline: Deadline) -> Result<Lease, SignInError> {
        let _one_at_a_time = self.within(deadline, self.fetching.lock()).await?;
        if let Cached::Fresh(lease) | Cached::Old(lease) = self.find() {
            return Ok(lease);
        }
        if let Some(error) = self.recent_failure() {
            return Err(error);
        }
        let begun = Instant::now();
        let mut tries = 0;
        // In an outage, a line per try would be four per poll.
        let mut told = None;
        loop {
            tries += 1;
            let asked = Instant::now();
            let mut error = match self.within(deadline, self.provider.fetch()).await? {
                Ok(token) => return Ok(self.keep(&token, asked)),
                Err(error) => error,
            };
            // The provider knows of its own try alone.
            if let Some(exchange) = error.exchange_mut() {
                exchange.tries = tries;
                exchange.elapsed = begun.elapsed();
            }
            let delay = match error.is_retryable() {
                true => self.retry.delay(error.requested_wait(), tries, deadline),
                false => None,
            };
            let Some(delay) = delay else {
                self.remember(error.clone());
                return Err(error);
            };
            let (kind, delay_ms) = (error.kind(), delay.as_millis());
            if told.replace(kind) == Some(kind) {
                debug!(%error, tries, delay_ms, "no token yet, trying again");
            } else {
                warn!(%error, tries, delay_ms, "no token yet, trying again");
            }
            sleep(delay).await;
        }
    }

    async fn within<T>(
        &self,
        deadline: Deadline,
        work: impl Future<Output = T>,
    ) -> Result<T, SignInError> {
        let Some(left) = deadline.remaining() else {
            return Ok(work.await);
        };
        // What has no time is not begun.
        let done = match left.is_zero() {
            true => None,
            false => timeout(left, work).await.ok(),
        };
        done.ok_or_else(|| SignInError::OutOfTime {
            host: self.provider.host(),
        })
    }

    fn find(&self) -> Cached {
        let now = Instant::now();
        match &self.state().held {
            Some(held) if now < held.renew_at => Cached::Fresh(held.lease.clone()),
            Some(held) if now < held.useless_at => Cached::Old(held.lease.clone()),
            _ => Cached::Nothing,
        }
    }

    fn keep(&self, token: &Token, asked: Instant) -> Lease {
        let life = token.lifetime.min(LONGEST_LIFE);
        let mut state = self.state();
        state.fetched += 1;
        state.failure = None;
        let lease = Lease {
            secret: token.secret.clone(),
            number: state.fetched,
        };
        state.held = Some(Held {
            lease: lease.clone(),
            renew_at: asked + (life - LONGEST_MARGIN.min(life / 5)),
            useless_at: asked + (life - LAST_MOMENT.min(life / 10)),
        });
        debug!(lifetime_secs = life.as_secs(), "new token");
        lease
    }

    fn remember(&self, error: SignInError) {
        let mut state = self.state();
        let count = state
            .failure
            .as_ref()
            .map_or(1, |failure| failure.count.saturating_add(1));
        let asked = error.retry_after().unwrap_or_default();
        let pause = asked.max(self.retry.backoff(count));
        state.failure = Some(Failure {
            error,
            count,
            until: Instant::now() + pause,
        });
    }

    fn recent_failure(&self) -> Option<SignInError> {
        let state = self.state();
        let failure = state.failure.as_ref()?;
        (Instant::now() < failure.until).then(|| failure.error.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in a critical section can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("TokenCache")
            .field("held", &state.held.is_some())
            .field("fetched", &state.fetched)
            .finish_non_exhaustive()
    }
}
