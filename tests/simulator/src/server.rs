use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::filter::Filter;
use crate::page::{PagePosition, page, read_skip_token};
use crate::tenant::{self, Tenant};
use crate::world::World;
use crate::{Alerts, Fault, Options, Present, Stats, TenantControl, error_body, sign_in};

/// Graph's content type; with these parameters, 64-bit numbers are plain numbers.
const PAGE_TYPE: &str = "application/json;odata.metadata=minimal;odata.streaming=true;\
                         IEEE754Compatible=false;charset=utf-8";

/// Alerts per page when nobody asks; Graph documents no number.
const DEFAULT_TOP: usize = 100;
/// Graph cuts a larger `$top` down to this.
const MAX_TOP: usize = 1000;
/// Graph refuses a larger `$skip`.
const MAX_SKIP: usize = 500;

/// A running simulator; it ends when it is dropped.
pub struct Simulator {
    world: Arc<World>,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Starts a simulator.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn start(options: Options, alerts: Alerts) -> io::Result<Simulator> {
    let listener = TcpListener::bind(options.listen).await?;
    let root = format!("http://{}/", listener.local_addr()?);
    let root = Url::parse(&root).map_err(io::Error::other)?;
    let world = Arc::new(World::new(options, root, alerts));
    let router = Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(sign_in::token))
        .route("/v1.0/security/alerts_v2", get(list))
        .with_state(Arc::clone(&world));
    let (end, ended) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(async {
            // Either way, it is over.
            let _ = ended.await;
        });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the simulator ended");
        }
    });
    Ok(Simulator {
        world,
        end: Some(end),
        task,
    })
}

impl Simulator {
    /// The sign-in host.
    #[must_use]
    pub fn login_url(&self) -> Url {
        self.world.root.clone()
    }

    /// The Graph root.
    #[must_use]
    pub fn graph_url(&self) -> Url {
        self.world.root.clone()
    }

    /// The reins of one tenant; `None` for one that it does not serve.
    #[must_use]
    pub fn tenant(&self, tenant_id: &str) -> Option<TenantControl> {
        let found = self.world.find(tenant_id, |_| true)?;
        Some(TenantControl::new(Arc::clone(&self.world), found))
    }

    fn first(&self) -> &Tenant {
        self.world.tenant(0)
    }

    /// What it was asked so far, by all tenants and by strangers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.stats()
    }

    /// Adds an alert of the options' own tenant, or replaces the one of its id.
    pub fn set_alert(&self, json: &str) {
        self.first().set_alert(json);
    }

    /// Spoils the next list request of the options' own tenant that has none spoilt before it.
    pub fn inject(&self, fault: Fault) {
        self.first().inject(fault);
    }

    /// Answers everything with 503 until told otherwise.
    pub fn set_down(&self, down: bool) {
        self.world.set_down(down);
    }

    /// Changes what time it is for the alerts of every tenant.
    pub fn set_present(&self, present: Present) {
        self.world.set_present(present);
    }

    /// Ends it, connections included.
    pub async fn stop(mut self) {
        if let Some(end) = self.end.take() {
            // Gone already is as good.
            let _ = end.send(());
        }
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `GET /v1.0/security/alerts_v2`
async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let index = bearer(&headers).and_then(|token| world.tenant_of(token));
    let tenant = index.map(|index| world.tenant(index));
    match tenant {
        Some(tenant) => tenant.count(|stats| stats.list_requests += 1),
        None => world.count(|stats| stats.list_requests += 1),
    }
    if world.is_down() || tenant.is_some_and(Tenant::is_down) {
        return error_body::graph(
            StatusCode::SERVICE_UNAVAILABLE,
            "serviceNotAvailable",
            "Down.",
        );
    }
    let (Some(index), Some(tenant)) = (index, tenant) else {
        return expired();
    };
    if let Some(refusal) = refuse(tenant) {
        return refusal;
    }
    if !world.page_latency.is_zero() {
        tokio::time::sleep(world.page_latency).await;
    }
    let fault = tenant.next_fault();
    if let Some(answer) = fault.as_ref().and_then(|fault| instead(fault, tenant)) {
        return answer;
    }
    let (list, place) = match requested_page(index, tenant, &query, world.now()) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let foreign = match &fault {
        Some(Fault::ForeignNextLink(link)) => Some(link.as_str()),
        _ => None,
    };
    let page = page(&list, place, &world.root, foreign);
    tenant.count(|stats| stats.alerts_served += page.alerts);
    let accepts = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let gzip = world.gzip && accepts.is_some_and(|accepts| accepts.contains("gzip"));
    let mut response = answer(page.body, gzip, fault == Some(Fault::CutBody)).await;
    if let Some(Fault::Partial { warning }) = fault {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        if let Ok(warning) = HeaderValue::try_from(warning) {
            response.headers_mut().insert(header::WARNING, warning);
        }
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    authorization.strip_prefix("Bearer ")
}

/// The refusals that come before a look at the query.
fn refuse(tenant: &Tenant) -> Option<Response> {
    if !tenant.settings.has_consent {
        // Graph's own words, as users of other readers of `alerts_v2` report them.
        let message = "Missing application roles. API required roles: \
                       SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,\
                       SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, \
                       application roles: .";
        return Some(error_body::graph(
            StatusCode::FORBIDDEN,
            "Forbidden",
            message,
        ));
    }
    tenant
        .throttle()
        .map(|wait| throttled(tenant, Some(wait.as_secs().max(1))))
}

fn expired() -> Response {
    let message = "Access token has expired or is not yet valid.";
    error_body::graph(
        StatusCode::UNAUTHORIZED,
        "InvalidAuthenticationToken",
        message,
    )
}

fn throttled(tenant: &Tenant, retry_after_secs: Option<u64>) -> Response {
    tenant.count(|stats| stats.throttled += 1);
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = error_body::graph(status, "TooManyRequests", "Too many requests.");
    if let Some(secs) = retry_after_secs {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// The answer of a fault that needs no page.
fn instead(fault: &Fault, tenant: &Tenant) -> Option<Response> {
    Some(match fault {
        Fault::Status(status) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            error_body::graph(status, "UnknownError", "Injected.")
        }
        Fault::Throttle { retry_after_secs } => throttled(tenant, *retry_after_secs),
        Fault::Unauthorized => expired(),
        Fault::Malformed => page_type(Body::from(r#"{"value":[{"id":"da"#)),
        Fault::Html => {
            let html = HeaderValue::from_static("text/html");
            (
                [(header::CONTENT_TYPE, html)],
                "<html><body>Welcome</body></html>",
            )
                .into_response()
        }
        Fault::HugeBody(bytes) => page_type(huge(*bytes)),
        Fault::Partial { .. } | Fault::CutBody | Fault::ForeignNextLink(_) => return None,
    })
}

/// A page with a string of that many bytes in it, never held at once.
fn huge(bytes: u64) -> Body {
    const PART: usize = 1 << 20;
    let part = Bytes::from(vec![b'x'; PART]);
    let parts = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(PART);
    let start = Bytes::from_static(b"{\"value\":[{\"id\":\"");
    let end = Bytes::from_static(b"\"}]}");
    let body = std::iter::once(start)
        .chain(std::iter::repeat_n(part, parts))
        .chain([end]);
    Body::from_stream(futures::stream::iter(body.map(Ok::<_, io::Error>)))
}

type RequestedPage = (Arc<crate::tenant::List>, PagePosition);

fn bad_request(message: &str) -> Box<Response> {
    Box::new(error_body::graph(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        message,
    ))
}

/// The list that a query asks for, and where in it; or the refusal.
fn requested_page(
    index: usize,
    tenant: &Tenant,
    query: &HashMap<String, String>,
    now: Timestamp,
) -> Result<RequestedPage, Box<Response>> {
    if let Some(token) = query.get("$skiptoken") {
        let place =
            read_skip_token(token).ok_or_else(|| bad_request("The skip token is not valid."))?;
        if place.tenant != index {
            // A page of another tenant.
            return Err(Box::new(expired()));
        }
        let list = tenant
            .list(place.list)
            .ok_or_else(|| bad_request("The skip token is no longer valid."))?;
        return Ok((list, place));
    }
    let number = |name: &str, default: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| bad_request(&format!("Invalid value for {name}."))),
    };
    let filter = match query.get("$filter") {
        None => Filter::All,
        Some(text) => Filter::parse(text)
            .map_err(|why| bad_request(&format!("Invalid filter clause: {why}.")))?,
    };
    let skip = number("$skip", 0)?;
    if skip > MAX_SKIP {
        return Err(bad_request(&format!("The limit of $skip is {MAX_SKIP}.")));
    }
    let top = number("$top", DEFAULT_TOP)?.clamp(1, MAX_TOP);
    let count = query.get("$count").is_some_and(|count| count == "true");
    if count && tenant.settings.refuses_count {
        return Err(bad_request("$count is not supported with this filter."));
    }
    let query = tenant::Query { filter, top, count };
    let (number, list) = tenant.open_list(&query, now);
    let place = PagePosition {
        tenant: index,
        list: number,
        offset: skip,
    };
    Ok((list, place))
}

async fn answer(body: Bytes, gzip: bool, cut: bool) -> Response {
    if cut {
        let half = body.slice(..body.len() / 2);
        let cut = [
            Ok(half),
            Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        ];
        return page_type(Body::from_stream(futures::stream::iter(cut)));
    }
    if !gzip {
        return page_type(Body::from(body));
    }
    let compressed = tokio::task::spawn_blocking(move || {
        let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
        encoder.write_all(&body)?;
        encoder.finish()
    })
    .await;
    let Ok(Ok(compressed)) = compressed else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = page_type(Body::from(compressed));
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

fn page_type(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), PAGE_TYPE),
        ("odata-version", "4.0"),
        ("request-id", "00000000-0000-4000-8000-000000000001"),
    ];
    (headers, body).into_response()
}
