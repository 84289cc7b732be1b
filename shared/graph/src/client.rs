//! The client: asks for a page, waits, renews, tries again, and gives up with a reason.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use drawbridge_entra::{Endpoints, Lease, TokenCache};
use drawbridge_http::{Attempts, Retry, Transport, TransportError};
use drawbridge_time::Deadline;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};
use url::Url;

use crate::answer::{PageRequest, SizeLimit};
use crate::error::{ErrorKind, GraphError};
use crate::link::NextLink;
use crate::page::{Counted, Page};
use crate::permission;
use crate::query::{AlertQuery, Room};
use crate::resource::Resource;
use crate::settings::Settings;
use crate::stats::{Counters, Stats};

/// Without it Graph replaces every value younger than the enum by `unknownFutureValue`.
const PREFER: &str = "include-unknown-enum-members";

/// Microsoft Graph as one application in one tenant sees it.
pub struct Graph {
    transport: Arc<dyn Transport>,
    tokens: Arc<TokenCache>,
    endpoints: Endpoints,
    settings: Settings,
    retry: Retry,
    counters: Counters,
}

impl Graph {
    /// A client of `endpoints` with the tokens of `tokens`.
    pub fn new(
        transport: Arc<dyn Transport>,
        tokens: Arc<TokenCache>,
        endpoints: Endpoints,
        settings: Settings,
    ) -> Self {
        let retry = Retry::new(settings.retry.clone());
        Self {
            transport,
            tokens,
            endpoints,
            settings,
            retry,
            counters: Counters::default(),
        }
    }

    /// The first page of a window.
    ///
    /// # Errors
    /// [`GraphError`] once no further try is worth it or fits before `deadline`.
    pub async fn list(&self, query: &AlertQuery, deadline: Deadline) -> Result<Page, GraphError> {
        if let Some(problem) = query.problem() {
            return Err(GraphError::BadQuery { problem });
        }
        let url = query.on(self.resource(), &self.endpoints);
        self.get(&url, self.limit(query.room), deadline).await
    }

    /// The same, asked once: to find out whether Graph answers at the moment.
    ///
    /// # Errors
    /// As [`list`](Self::list), for whatever comes in the way.
    pub async fn list_once(
        &self,
        query: &AlertQuery,
        deadline: Deadline,
    ) -> Result<Page, GraphError> {
        let url = query.on(self.resource(), &self.endpoints);
        let lease = self.tokens.lease(deadline).await?;
        let mut attempts = Attempts::begin("GET", &url);
        attempts.count();
        self.counters.request();
        let limit = self.limit(query.room);
        self.try_once((&url, limit), &lease, &attempts, deadline)
            .await
    }

    /// The page behind `link`, asked for with the same headers as the first.
    ///
    /// # Errors
    /// As [`list`](Self::list); [`GraphError::BadLink`] for a link of another Graph.
    pub async fn follow(&self, link: &NextLink, deadline: Deadline) -> Result<Page, GraphError> {
        let url = link.url();
        // A link may come from the client of another tenant, and so of another cloud.
        NextLink::check(url.as_str(), self.resource(), &self.endpoints).map_err(|problem| {
            GraphError::BadLink {
                exchange: Attempts::begin("GET", url).exchange(None),
                problem,
            }
        })?;
        self.get(url, self.limit(link.room()), deadline).await
    }

    /// How many alerts a window holds (`$count`).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn count(
        &self,
        query: &AlertQuery,
        deadline: Deadline,
    ) -> Result<Counted, GraphError> {
        if let Some(problem) = query.problem() {
            return Err(GraphError::BadQuery { problem });
        }
        let url = query.counting(self.resource(), &self.endpoints);
        let page = self.get(&url, self.limit(query.room), deadline);
        page.await.map(|page| page.count())
    }

    /// Has a token ready for the requests that follow. What fails is told to the first of them, which
    /// asks for the token again.
    pub async fn sign_in(&self, deadline: Deadline) {
        let _ = self.tokens.lease(deadline).await;
    }

    /// How many bytes it keeps of tokens and credentials, whose length others choose.
    pub fn kept_bytes(&self) -> usize {
        self.tokens.kept_bytes()
    }

    /// What this client reads.
    pub fn resource(&self) -> &Resource {
        &self.settings.resource
    }

    /// How many bytes a page may have that is to be a [small](Room::Small) one.
    pub fn max_small_bytes(&self) -> usize {
        self.settings.max_small_bytes
    }

    /// What this client has done so far.
    pub fn stats(&self) -> Stats {
        self.counters.read()
    }

    fn limit(&self, room: Room) -> SizeLimit {
        let bytes = match room {
            Room::Small => self.settings.max_small_bytes,
            Room::Usual => self.settings.max_body_bytes,
            Room::Large => self.settings.max_alert_bytes,
        };
        SizeLimit { bytes, room }
    }

    async fn get(
        &self,
        url: &Url,
        limit: SizeLimit,
        deadline: Deadline,
    ) -> Result<Page, GraphError> {
        let mut attempts = Attempts::begin("GET", url);
        let mut renewed = false;
        // In an outage, a line per try would be four per poll.
        let mut told = None;
        loop {
            let lease = self.tokens.lease(deadline).await?;
            if deadline.is_over() {
                return Err(GraphError::OutOfTime);
            }
            attempts.count();
            self.counters.request();
            let error = match self
                .try_once((url, limit), &lease, &attempts, deadline)
                .await
            {
                Ok(page) => {
                    self.counters.bytes(page.len_bytes());
                    return Ok(page);
                }
                Err(error) => error,
            };
            let kind = error.kind();
            if kind == ErrorKind::Throttled {
                self.counters.throttled();
            }
            if kind == ErrorKind::Unauthorized && !renewed {
                warn!(
                    exchange = %attempts.exchange(None),
                    "the token was refused, trying once more with a new one"
                );
                renewed = true;
                self.tokens.reject(&lease);
            } else {
                // What is not implemented will not be so in a moment.
                let not_implemented = StatusCode::NOT_IMPLEMENTED.as_u16();
                let is_worth_another =
                    error.is_retryable() && error.status() != Some(not_implemented);
                let delay = match is_worth_another {
                    true => {
                        let asked = error.requested_wait();
                        self.retry.delay(asked, attempts.tries(), deadline)
                    }
                    false => None,
                };
                let Some(delay) = delay else {
                    return Err(error);
                };
                let delay_ms = delay.as_millis();
                if told.replace(kind) == Some(kind) {
                    debug!(%error, kind = kind.as_str(), delay_ms, "trying again");
                } else {
                    warn!(%error, kind = kind.as_str(), delay_ms, "trying again");
                }
                sleep(delay).await;
            }
            self.counters.retry();
        }
    }

    async fn try_once(
        &self,
        (url, limit): (&Url, SizeLimit),
        lease: &Lease,
        attempts: &Attempts,
        deadline: Deadline,
    ) -> Result<Page, GraphError> {
        let network = |cause| GraphError::Network {
            exchange: attempts.exchange(None),
            cause,
        };
        let page_request = PageRequest {
            url,
            resource: self.resource(),
            endpoints: &self.endpoints,
            attempts,
            limit,
        };
        let request = request(url, lease)
            .map_err(|error| network(TransportError::Setup(error.to_string())))?;
        let time = deadline.share(self.settings.request_timeout);
        let answer = async {
            let answer = self.transport.send(request).await.map_err(network)?;
            let page = page_request.read(answer).await;
            page.map_err(|error| {
                let token = lease.secret.expose_secret();
                error.with_permission(permission::is_in(token, self.resource()))
            })
        };
        timeout(time, answer).await.unwrap_or_else(|_| {
            let time = format!("{:.1} s for the whole request", time.as_secs_f64());
            Err(network(TransportError::Timeout(time)))
        })
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("endpoints", &self.endpoints)
            .field("settings", &self.settings)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

fn request(url: &Url, lease: &Lease) -> Result<http::Request<Bytes>, http::Error> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", lease.secret.expose_secret()))?;
    bearer.set_sensitive(true);
    http::Request::get(url.as_str())
        .header(AUTHORIZATION, bearer)
        .header("prefer", PREFER)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
}
