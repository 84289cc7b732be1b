//! Decides which requests are answered, and sets the headers of every answer. Any web site in the browser and any
//! user of the machine can send requests to a page on loopback.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use drawbridge_view::Page;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::failure::Failure;

/// What the address has to begin with, and where it has to be.
#[derive(Clone)]
pub(super) struct Guard {
    port: u16,
    token: Arc<str>,
}

impl Guard {
    /// With a token of 256 random bits.
    pub(super) fn new(port: u16) -> Result<Self, Failure> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)
            .map_err(|_| Failure::of("the system gives no random numbers; try again"))?;
        Ok(Self {
            port,
            token: hex::encode(bytes).into(),
        })
    }

    /// The address of the first page.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// The names that this machine's browser may ask by. Any other may be a site's that has been pointed
    /// at this machine.
    fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port))
    }

    /// Why a request is refused.
    fn refusal(&self, request: &Request) -> Option<(StatusCode, &'static str)> {
        let headers = request.headers();
        if !self.is_ours(headers, header::HOST, "") {
            return Some((
                StatusCode::MISDIRECTED_REQUEST,
                "use the address that was printed",
            ));
        }
        let token = request.uri().path().split('/').nth(1).unwrap_or_default();
        if verify_slices_are_equal(token.as_bytes(), self.token.as_bytes()).is_err() {
            return Some((
                StatusCode::FORBIDDEN,
                "use the whole address that `drawbridge view` printed when it was started last",
            ));
        }
        if headers.contains_key(header::ORIGIN)
            && !self.is_ours(headers, header::ORIGIN, "http://")
            && !is_same_origin(headers)
        {
            return Some((StatusCode::FORBIDDEN, "another site asks for this page"));
        }
        let is_known = matches!(*request.method(), Method::GET | Method::POST);
        (!is_known).then_some((StatusCode::METHOD_NOT_ALLOWED, "the pages are read-only"))
    }

    /// Whether a header stands there once and names one of our hosts, behind `scheme`.
    fn is_ours(&self, headers: &HeaderMap, name: HeaderName, scheme: &str) -> bool {
        let mut values = headers.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        let host = value
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix(scheme));
        host.is_some_and(|host| self.hosts().iter().any(|own| own == host))
    }
}

/// Whether a request without an origin to tell is our own form's: browsers send `null` where the page has
/// the policy `no-referrer`, as ours have, and say beside it where it came from, which no page can change.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it == value);
    is("origin", "null") && is("sec-fetch-site", "same-origin")
}

/// Refuses what is not asked by the user's own browser, and says with each answer that it loads nothing,
/// lies nowhere and is in no frame.
pub(super) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(&request) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // It is made of digests and fixed words.
    if let Ok(policy) = HeaderValue::from_str(&Page::policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
