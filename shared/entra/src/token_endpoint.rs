//! The OAuth 2.0 token endpoint of Entra: one exchange of a credential for a token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_http::wire_text::name;
use drawbridge_http::{
    Attempts, BodyProblem, Transport, TransportError, authority, collect, retry_after,
};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::aadsts::{code_in, meaning};
use crate::endpoints::Endpoints;
use crate::error::SignInError;
use crate::tenant::{TenantError, TenantId};
use crate::token::Token;

/// The most bytes of an answer, and so of a token, of which a process keeps many. One with hundreds of
/// roles has some ten kilobytes; what is longer fits into no header.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const NOT_ENTRA: &str = "it answered but is not the Microsoft Entra login service: check login-url \
                         and any proxy on the way";

/// Where one application of one tenant gets its tokens, whatever it signs in with.
pub struct TokenEndpoint {
    transport: Arc<dyn Transport>,
    /// Made of the tenant's text, here and nowhere else.
    url: Result<Url, TenantError>,
    client_id: String,
    scope: String,
}

/// What an application proves its identity with.
pub(crate) enum Credential<'a> {
    /// A client secret.
    Secret(&'a SecretString),
    /// A signed token: the application's own, or another identity provider's (RFC 7523).
    Assertion(&'a SecretString),
}

impl TokenEndpoint {
    /// The endpoint of the tenant `tenant_id` (GUID or domain name) on `endpoints` for the
    /// application `client_id`. Its tokens are for Graph.
    ///
    /// A `tenant_id` that cannot be one is reported by the first fetch, so that one tenant's
    /// mistake does not keep a process for several from starting.
    pub fn new(
        transport: Arc<dyn Transport>,
        endpoints: &Endpoints,
        tenant_id: &str,
        client_id: &str,
    ) -> Self {
        let tenant: Result<TenantId, TenantError> = tenant_id.parse();
        Self {
            transport,
            url: tenant.map(|tenant| endpoints.token_url(&tenant)),
            client_id: client_id.to_owned(),
            scope: endpoints.scope(),
        }
    }

    /// Asks for tokens of `scope`, such as `https://monitor.azure.com/.default`, in place of
    /// Graph's.
    #[must_use]
    pub fn with_scope(self, scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            ..self
        }
    }

    /// The address, which is also the audience of an application's own assertion.
    pub(crate) fn url(&self) -> Result<&Url, TenantError> {
        self.url.as_ref().map_err(Clone::clone)
    }

    /// The host and port.
    pub(crate) fn host(&self) -> Option<String> {
        self.url.as_ref().ok().map(authority)
    }

    /// The application.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Asks once for a token (client credentials grant).
    pub(crate) async fn exchange(&self, credential: &Credential<'_>) -> Result<Token, SignInError> {
        let url = self.url()?;
        let mut attempts = Attempts::begin("POST", url);
        attempts.count();
        let answer = timeout(TIMEOUT, self.answer(url, credential))
            .await
            .unwrap_or_else(|_| Err(TransportError::Timeout(format!("{} s", TIMEOUT.as_secs()))));
        match answer {
            Ok(answer) => answer.token(&attempts),
            Err(cause) => Err(SignInError::Network {
                exchange: attempts.exchange(None),
                cause,
            }),
        }
    }

    async fn answer(
        &self,
        url: &Url,
        credential: &Credential<'_>,
    ) -> Result<Answer, TransportError> {
        let setup = |error: http::Error| TransportError::Setup(error.to_string());
        let request = http::Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(self.form(credential))
            .map_err(setup)?;
        let (parts, body) = self.transport.send(request).await?.into_parts();
        let body = match collect(&parts.headers, body, MAX_REPLY_BYTES).await {
            Ok(body) => body,
            // Whatever is that long is no token; judged as if it were empty.
            Err(BodyProblem::TooLarge) => Vec::new(),
            Err(BodyProblem::Transport(error)) => return Err(error),
        };
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.into(),
        })
    }

    fn form(&self, credential: &Credential<'_>) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scope);
        match credential {
            Credential::Secret(secret) => {
                form.append_pair("client_secret", secret.expose_secret());
            }
            Credential::Assertion(assertion) => {
                form.append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", assertion.expose_secret());
            }
        }
        Bytes::from(form.finish())
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("url", &self.url.as_ref().map(Url::as_str))
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// An answer; its body may be a token, so it is wiped when dropped.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: SecretSlice<u8>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Seconds,
}

/// A number, or a number in quotes as older endpoints write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: String,
    #[serde(default)]
    correlation_id: String,
}

impl Answer {
    fn token(&self, attempts: &Attempts) -> Result<Token, SignInError> {
        let status = self.status;
        if status.is_success() {
            return self
                .granted()
                .map_err(|problem| configuration(attempts, problem));
        }
        if status.is_redirection() {
            let problem = "it redirects, which is never followed: check login-url";
            return Err(configuration(attempts, problem));
        }
        let refused = serde_json::from_slice::<Refused>(self.body.expose_secret()).ok();
        let code = refused.as_ref().and_then(Refused::code);
        let request_id = refused.as_ref().and_then(|refused| name(&refused.trace_id));
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(SignInError::Throttled {
                exchange: attempts.exchange(request_id),
                retry_after: retry_after(&self.headers),
            });
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Err(SignInError::Server {
                exchange: attempts.exchange(request_id),
                status: status.as_u16(),
                code,
                retry_after: retry_after(&self.headers),
            });
        }
        Err(match refused {
            Some(refused) => refused.error(status, code, attempts),
            None => configuration(attempts, NOT_ENTRA),
        })
    }

    fn granted(&self) -> Result<Token, &'static str> {
        // The parser's message may quote the token, so it is dropped.
        let granted: Granted =
            serde_json::from_slice(self.body.expose_secret()).map_err(|_| NOT_ENTRA)?;
        let secret = SecretString::from(granted.access_token);
        let seconds = match granted.expires_in {
            Seconds::Number(seconds) => Some(seconds),
            Seconds::Text(text) => text.parse().ok(),
        };
        let sendable = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        let Some(seconds) = seconds else {
            return Err(NOT_ENTRA);
        };
        if !granted.token_type.eq_ignore_ascii_case("bearer") || !sendable(secret.expose_secret()) {
            return Err(NOT_ENTRA);
        }
        Ok(Token {
            secret,
            lifetime: Duration::from_secs(seconds),
        })
    }
}

impl Refused {
    fn code(&self) -> Option<u32> {
        self.error_codes
            .first()
            .copied()
            .or_else(|| code_in(&self.error_description))
    }

    fn error(&self, status: StatusCode, code: Option<u32>, attempts: &Attempts) -> SignInError {
        let known = code.and_then(meaning);
        let explanation = match known {
            Some(known) => known.explanation.to_owned(),
            None => format!(
                "Entra refused the application (HTTP {}, {}): look the code up in Microsoft's \
                 list of Entra error codes, and the ids in the sign-in logs",
                status.as_u16(),
                oauth_error(&self.error),
            ),
        };
        SignInError::Refused {
            exchange: attempts.exchange(None),
            code,
            explanation,
            trace_id: name(&self.trace_id),
            correlation_id: name(&self.correlation_id),
            transient: known.is_some_and(|known| known.transient),
        }
    }
}

/// RFC 6749's names of errors and Entra's own; anything else is not repeated.
fn oauth_error(error: &str) -> &'static str {
    const NAMES: [&str; 8] = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_resource",
        "temporarily_unavailable",
    ];
    NAMES
        .into_iter()
        .find(|name| *name == error)
        .unwrap_or("an unknown error")
}

fn configuration(attempts: &Attempts, problem: &'static str) -> SignInError {
    SignInError::NotEntra {
        exchange: attempts.exchange(None),
        problem,
    }
}
