use std::sync::{Arc, PoisonError, RwLock};

use drawbridge_config::{SERVED, served_format};
use drawbridge_queue::{Segments, Stamp};
use drawbridge_secrets::Secrets;
use drawbridge_store::Catalogue;
use drawbridge_time::Clock;
use futures::{StreamExt as _, stream};
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, LINK, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::answer_reader::AnswerReader;
use crate::body::{Body, BrokenOff, Wanted};
use crate::far_ahead::FarAhead;
use crate::filter::Filter;
use crate::kept::Kept;
use crate::log::{self, Served};
use crate::own::{OwnTokens, is_own};
use crate::path::{ALERTS_FORMAT, Endpoint, Target, TokenPath};
use crate::query::{Query, Window};
use crate::rate::{Bounds, Rates};
use crate::refusal::{JSON, NO_STORE, POST, READ, Refusal};
use crate::segments::{Listed, SegmentError, Source};
use crate::tenant::ServedTenant;
use crate::token::{Caller, Tokens, bearer, look};

/// The header of an answer of `/api/FORMAT` with the parameter `cursor` of the request behind it.
const CURSOR: HeaderName = HeaderName::from_static("drawbridge-cursor");

/// The bounds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterSettings {
    /// The most requests of a client in a minute of the clock.
    pub requests_per_minute: u32,
    /// The most answers of a client at once.
    pub answers_at_once: usize,
    /// How many bytes an answer of `/api/alerts` has before compression at most, but for the segment
    /// with which they are reached.
    pub max_answer_bytes: u64,
    /// The most segments of a page of `/api/FORMAT`.
    pub max_page_segments: usize,
}

impl Default for RouterSettings {
    /// 100 requests, as Microsoft's API has it; 8 answers at once; 150 MB, below the 200 MB that a function may answer
    /// with; 16 segments.
    fn default() -> Self {
        Self {
            requests_per_minute: 100,
            answers_at_once: 8,
            max_answer_bytes: 150_000_000,
            max_page_segments: 16,
        }
    }
}

/// Why a request is not put to a [`Router`] at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswerable {
    /// Its address is longer than one may be.
    TooLong,
    /// Its body is longer than [`crate::MAX_BODY_BYTES`].
    BodyTooLong,
    /// Its body did not come, or not in time.
    NoBody,
    /// Who is served cannot be read; whether it may be a little later.
    Tenants {
        /// Whether it may.
        is_retryable: bool,
    },
}

/// Answers requests from the segments of a store.
pub struct Router {
    store: Arc<dyn Catalogue>,
    clock: Arc<dyn Clock>,
    settings: RouterSettings,
    tokens: Tokens,
    /// The token endpoint of its own, if there may be one.
    own: Option<OwnTokens>,
    rates: Rates,
    far_ahead: FarAhead,
    kept: Arc<Kept>,
    tenants: RwLock<Arc<[ServedTenant]>>,
}

impl Router {
    /// One that serves nobody yet.
    pub fn new(store: Arc<dyn Catalogue>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            tokens: Tokens::new(Arc::clone(&clock)),
            own: None,
            clock,
            settings: RouterSettings::default(),
            rates: Rates::default(),
            far_ahead: FarAhead::default(),
            kept: Arc::default(),
            tenants: RwLock::new(Arc::new([])),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn with_settings(self, settings: RouterSettings) -> Self {
        Self { settings, ..self }
    }

    /// Has the token endpoint of its own for tenants whose documents have clients of it, and takes its
    /// tokens. The secret of that name has the key ([`crate::TokenKey`]); without it, there is no endpoint.
    #[must_use]
    pub fn with_own_tokens(self, secrets: Arc<dyn Secrets>, name: impl Into<String>) -> Self {
        let own = OwnTokens::new(secrets, name.into(), Arc::clone(&self.clock));
        Self {
            own: Some(own),
            ..self
        }
    }

    /// From now on, these tenants are served. What was learned of keys and clients stays.
    pub fn serve(&self, tenants: Vec<ServedTenant>) {
        *self.tenants.write().unwrap_or_else(PoisonError::into_inner) = tenants.into();
    }

    /// Whether a request's body is looked at: that of one for a token is.
    pub fn takes_body(&self, request: &Parts) -> bool {
        matches!(self.target(request), Ok(Target::Token(_)))
    }

    /// Whether it depends on who is served what a request is answered. One that is refused for what it
    /// says itself needs nothing to be read. Whether there is a token endpoint, the tenants say.
    pub fn depends_on_tenants(&self, request: &Parts) -> bool {
        let authorization = request.headers.get(AUTHORIZATION);
        let authorization = authorization.map(HeaderValue::as_bytes);
        match self.target(request) {
            Err(_) => false,
            Ok(Target::Token(_)) => true,
            Ok(Target::Records(_)) => {
                self.own_token(authorization).is_some() || look(authorization).is_ok()
            }
        }
    }

    /// The answer to a request that cannot be answered, for who has more to do than this router.
    pub fn refuse(&self, reason: Unanswerable) -> Response<Body> {
        let refusal = match reason {
            Unanswerable::TooLong => Refusal::TooLong,
            Unanswerable::BodyTooLong => Refusal::BodyTooLong,
            Unanswerable::NoBody => Refusal::NoBody,
            Unanswerable::Tenants { is_retryable } => Refusal::Store { is_retryable },
        };
        refused_response(&refusal, &Uuid::new_v4().to_string(), None)
    }

    /// Answers a request. Its body matters only if [`Self::takes_body`] says so.
    pub async fn answer(&self, request: &Parts, body: &[u8]) -> Response<Body> {
        let id = Uuid::new_v4().to_string();
        let mut caller = None;
        let answer = match self.target(request) {
            Ok(Target::Token(path)) => self.token(&path, request, body, &id).await,
            Ok(Target::Records(endpoint)) => {
                self.records(&endpoint, request, &id, &mut caller).await
            }
            Err(refusal) => Err(refusal),
        };
        let mut response =
            answer.unwrap_or_else(|refusal| refused_response(&refusal, &id, caller.as_ref()));
        if request.method == Method::HEAD {
            *response.body_mut() = stream::empty().boxed();
        }
        response
    }

    async fn records(
        &self,
        endpoint: &Endpoint,
        request: &Parts,
        id: &str,
        caller: &mut Option<Caller>,
    ) -> Result<Response<Body>, Refusal> {
        let authorization = request.headers.get(AUTHORIZATION);
        let authorization = authorization.map(HeaderValue::as_bytes);
        let tenants = self.tenants();
        let found = match self.own_token(authorization) {
            Some((own, token)) => own.caller(token, &tenants).await,
            None => self.tokens.caller(authorization, &tenants).await,
        };
        let Caller { tenant, client } = &*caller.insert(found.map_err(Refusal::Denied)?);
        // Before the listing: what is not seen in it is shown later than this moment.
        let (now, asked_at) = (self.clock.now(), Instant::now());
        let counted = self.rates.count(&tenant.name, client, now, self.bounds());
        let turn = counted.map_err(Refusal::TooMany)?;
        let format = endpoint.format();
        if !tenant.formats.iter().any(|served| served == format) {
            // Whatever other tenants have: that is nobody else's business.
            let is_known = served_format(&format!("{format}{SERVED}")).is_some();
            return Err(match is_known {
                true => Refusal::NotServed {
                    format: format.to_owned(),
                },
                false => Refusal::NoSuchPath,
            });
        }
        let query = Query::read(request.uri.query().unwrap_or_default(), now);
        let mut query = query.map_err(Refusal::Query)?;
        if format != ALERTS_FORMAT {
            // These are keys of that format's records.
            query.filter = Filter::default();
        }
        let lookback_secs = tenant.settings.lookback_secs;
        if let Some(from) = query.asks_from(lookback_secs)
            && let Some(ahead) = self.far_ahead.news(&tenant.name, client, from, now)
        {
            log::far_ahead(id, &tenant.name, client, ahead);
        }
        let window = query.window(now, lookback_secs);
        let source = Source {
            store: Arc::clone(&self.store),
            segments: Segments::of(&tenant.name, &tenant.id, format),
            kept: Arc::clone(&self.kept),
        };
        let mut served = Served::new(id, &tenant.name, client, format, window);
        let filter = Arc::new(query.filter.clone());
        let listed = source.list(window, query.until, self.clock.as_ref()).await;
        let (mut listed, seen) = listed.map_err(|error| refused(&error.into(), &served))?;
        served.window = seen.window;
        let mut page = Page::default();
        let mut most_bytes = self.settings.max_answer_bytes;
        let reading = match (endpoint, query.limit) {
            (Endpoint::Format(_), _) => {
                page = self.page(&query, window, &mut listed);
                // The cursor behind the page is said before it is read.
                most_bytes = u64::MAX;
                AnswerReader::of(source, filter, listed)
            }
            (Endpoint::Alerts, Some(limit)) => AnswerReader::newest(source, filter, listed, limit),
            (Endpoint::Alerts, None) => AnswerReader::of(source, filter, listed).until_its_end(
                Arc::clone(&self.clock),
                query.until,
                seen,
            ),
        };
        let gzip = takes_gzip(&request.headers);
        let wanted = Wanted {
            reading,
            asked_at,
            most_bytes,
            gzip,
            served,
            turn,
        };
        // The first records are read before the status is said, unless they take too long.
        let mut chunks = wanted.chunks();
        let first = match chunks.next().await {
            Some(Err(error)) => return Err(Refusal::of(&error)),
            Some(Ok(first)) => Some(Ok(first)),
            None => None,
        };
        let chunks = stream::iter(first).chain(chunks);
        let chunks = chunks.map(|chunk| chunk.map_err(|_| BrokenOff));
        Ok(page.response(chunks.boxed(), gzip))
    }

    async fn token(
        &self,
        path: &TokenPath,
        request: &Parts,
        body: &[u8],
        id: &str,
    ) -> Result<Response<Body>, Refusal> {
        let own = self.own.as_ref().ok_or(Refusal::NoSuchPath)?;
        let asked = (path, request, body);
        let rates = (&self.rates, self.bounds());
        let answer = own.answer(asked, &self.tenants(), rates, id).await;
        answer.ok_or(Refusal::NoSuchPath)
    }

    /// What is asked for, if anything that there is.
    fn target(&self, request: &Parts) -> Result<Target, Refusal> {
        let target = Target::of(request.uri.path()).ok_or(Refusal::NoSuchPath)?;
        let allowed = match &target {
            Target::Token(_) if self.own.is_none() => return Err(Refusal::NoSuchPath),
            Target::Token(_) => POST,
            Target::Records(_) => READ,
        };
        match allowed.split(", ").any(|name| name == request.method) {
            true => Ok(target),
            false => Err(Refusal::Method { allowed }),
        }
    }

    /// A token of a header that says that it is of this router's own endpoint, and that.
    fn own_token<'t>(&self, authorization: Option<&'t [u8]>) -> Option<(&OwnTokens, &'t str)> {
        let token = bearer(authorization?).ok()?;
        let own = self.own.as_ref().filter(|_| is_own(token))?;
        Some((own, token))
    }

    fn tenants(&self) -> Arc<[ServedTenant]> {
        Arc::clone(&self.tenants.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            per_minute: self.settings.requests_per_minute,
            at_once: self.settings.answers_at_once,
        }
    }

    /// Leaves the first page of `listed`, and says how the next one is asked for.
    fn page(&self, query: &Query, window: Window, listed: &mut Vec<Listed>) -> Page {
        let is_more = listed.len() > self.settings.max_page_segments;
        listed.truncate(self.settings.max_page_segments);
        let last = listed.last().map(|listed| listed.stamp);
        let last = last.or(window.after);
        // Whoever asks from before all stamps goes on before all stamps.
        let last = last.or(Stamp::not_after(Timestamp::UNIX_EPOCH));
        Page {
            cursor: last,
            next: last.filter(|_| is_more).map(|last| query.next(last)),
        }
    }
}

/// Tells of a refusal, and answers with it.
fn refused_response(refusal: &Refusal, id: &str, caller: Option<&Caller>) -> Response<Body> {
    tracing::info!(
        request = id,
        tenant = caller.map(|caller| caller.tenant.name.as_str()),
        client = caller.map(|caller| caller.client.as_str()),
        status = refusal.status().as_u16(),
        reason = refusal.reason(),
        "refused"
    );
    refusal.response(id)
}

/// What an answer says of the one behind it.
#[derive(Default)]
struct Page {
    cursor: Option<Stamp>,
    /// The query of the next page, if there is one already.
    next: Option<String>,
}

impl Page {
    fn response(&self, body: Body, is_gzip: bool) -> Response<Body> {
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if is_gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let value = |text: String| HeaderValue::try_from(text).ok();
        if let Some(cursor) = self.cursor.and_then(|cursor| value(cursor.to_string())) {
            headers.insert(CURSOR, cursor);
        }
        let link = |query: &String| value(format!("<?{query}>; rel=\"next\""));
        if let Some(link) = self.next.as_ref().and_then(link) {
            headers.insert(LINK, link);
        }
        response
    }
}

impl Refusal {
    fn of(error: &SegmentError) -> Self {
        let is_retryable = match error {
            SegmentError::Store(error) => error.is_retryable(),
            SegmentError::Damaged { .. } => false,
        };
        Self::Store { is_retryable }
    }
}

fn refused(error: &SegmentError, served: &Served) -> Refusal {
    served.broke_off(error);
    Refusal::of(error)
}

/// Whether a client asks for gzip.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let is_refused = quality.is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        is_gzip && !is_refused
    })
}
