//! The transport over the network.

use std::env;
use std::error::Error;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_files::trouble;
use futures::StreamExt;
use reqwest::redirect::Policy;
use url::{Host, Url};

use crate::address::is_loopback;
use crate::certificate_trouble::{CertificateTrouble, TlsRefusal, is_no_tls};
use crate::proxy::{https_proxy, https_proxy_hosts, unusable_proxy};
use crate::public_address::{PublicOnly, is_public};
use crate::transport::{Body, Transport, TransportError};
use crate::wire_text::printable;

/// Time limits of the network. The limit on a whole request is up to who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// For name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Until the first byte of the answer, and between any two reads after it.
    pub read_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
        }
    }
}

/// HTTP/1.1 and HTTP/2 over TLS with the system's root certificates, gzip unpacked, redirects never
/// followed. One value serves every tenant: connections are shared between tokens and pages.
///
/// The proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`) is honoured for https. Plain http goes
/// to loopback only, and directly: a proxy could not reach the simulator, and would read along.
pub struct HttpTransport {
    settings: HttpSettings,
    own_roots: Vec<reqwest::Certificate>,
    public_only: Option<PublicOnly>,
    tls: OnceLock<Result<reqwest::Client, String>>,
    plain: OnceLock<Result<reqwest::Client, String>>,
}

impl HttpTransport {
    /// A transport with the default time limits.
    ///
    /// The HTTP client behind it is built by the first request: parsing the root certificates takes
    /// 5 to 10 ms, and a run against the simulator needs none.
    pub fn new() -> Self {
        Self::with_settings(HttpSettings::default())
    }

    /// A transport with these time limits.
    pub fn with_settings(settings: HttpSettings) -> Self {
        Self {
            settings,
            own_roots: Vec::new(),
            public_only: None,
            tls: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// A transport that connects to public addresses only, whatever a name resolves to; for hosts
    /// that a tenant's document names. Where a proxy carries the request, it resolves the name by
    /// itself, and the rule is the proxy's. The proxy itself may have any address, as the
    /// administrator has named it; so no request may be for it.
    #[must_use]
    pub fn to_public_addresses() -> Self {
        let proxies = https_proxy_hosts(|name| env::var(name).ok());
        Self {
            public_only: Some(PublicOnly::but_for(proxies)),
            ..Self::new()
        }
    }

    /// A transport that trusts the certificate authorities in `pem` and no others, for a service
    /// behind a private one.
    ///
    /// # Errors
    /// [`TransportError::Setup`] if `pem` holds no readable certificate.
    pub fn trusting(pem: &[u8], settings: HttpSettings) -> Result<Self, TransportError> {
        let unreadable =
            || TransportError::Setup("the CA file holds no PEM certificate".to_owned());
        let own_roots = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| unreadable())?;
        if own_roots.is_empty() {
            return Err(unreadable());
        }
        Ok(Self {
            own_roots,
            ..Self::with_settings(settings)
        })
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, TransportError> {
        // An address in the URL is asked of no resolver.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        if let Some(public_only) = &self.public_only {
            let refused = if address.is_some_and(|address| !is_public(address)) {
                Some("the address is not public, and a tenant's document may name no other")
            } else if url.host_str().is_some_and(|host| public_only.excepts(host)) {
                Some("the host is the proxy's own, which a tenant's document may not name")
            } else {
                None
            };
            if let Some(reason) = refused {
                return Err(TransportError::Setup(reason.to_owned()));
            }
        }
        match url.scheme() {
            "https" => self.tls_client(),
            "http" if is_loopback(url) && self.public_only.is_none() => self.plain_client(),
            _ => Err(TransportError::Setup(
                "plain http leaves loopback".to_owned(),
            )),
        }
    }

    fn tls_client(&self) -> Result<&reqwest::Client, TransportError> {
        ready(self.tls.get_or_init(|| {
            if let Some((variable, why)) = unusable_proxy(|name| env::var(name).ok()) {
                return Err(format!(
                    "{variable} {why}: give it as http://HOST:PORT, or unset it"
                ));
            }
            let builder = self.builder().https_only(true);
            build(if self.own_roots.is_empty() {
                builder
            } else {
                builder.tls_certs_only(self.own_roots.clone())
            })
        }))
    }

    fn plain_client(&self) -> Result<&reqwest::Client, TransportError> {
        ready(
            self.plain
                .get_or_init(|| build(self.builder().no_proxy().tls_certs_only([]))),
        )
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder();
        let builder = match &self.public_only {
            Some(public_only) => builder.dns_resolver(public_only.clone()),
            None => builder,
        };
        builder
            .user_agent(concat!("drawbridge/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(self.settings.connect_timeout)
            .read_timeout(self.settings.read_timeout)
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder.build().map_err(|error| reasons(&error))
}

fn ready(built: &Result<reqwest::Client, String>) -> Result<&reqwest::Client, TransportError> {
    built
        .as_ref()
        .map_err(|reason| TransportError::Setup(reason.clone()))
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(classify)?;
        let client = self.client(request.url())?;
        let mut answer = client.execute(request).await.map_err(classify)?;
        let mut response = http::Response::new(());
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let body = answer.bytes_stream().map(|chunk| chunk.map_err(classify));
        Ok(response.map(|()| body.boxed()))
    }
}

/// Sorts an error of the HTTP client; its URL, which may hold a token, is dropped first.
fn classify(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    if let Some(trouble) = CertificateTrouble::behind(&error) {
        return TransportError::Certificate(trouble);
    }
    // With TLS 1.3, it comes after the request.
    if let Some(refusal) = TlsRefusal::behind(&error) {
        return TransportError::TlsRefused(refusal);
    }
    if error.is_connect() && is_no_tls(&error) {
        return TransportError::NoTls;
    }
    let reasons = reasons(&error);
    // A timeout while connecting is both; it says more about the way than about the service.
    if error.is_connect() {
        match https_proxy(|name| env::var(name).ok()) {
            Some(variable) => TransportError::ConnectByProxy {
                reason: reasons,
                variable,
            },
            None => TransportError::Connect(reasons),
        }
    } else if error.is_timeout() {
        TransportError::Timeout(reasons)
    } else if error.is_builder() {
        TransportError::Setup(reasons)
    } else {
        TransportError::CutOff(reasons)
    }
}

/// The innermost reason of an error, which is the one that helps: those around it say which part of the
/// client met it.
fn reasons(error: &dyn Error) -> String {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(trouble) = trouble(cause) {
            reason = format!("{}: {}", trouble.code, trouble.fix);
            break;
        }
        reason = cause.to_string();
        source = cause.source();
    }
    // The number says nothing that the words before it do not.
    let words = reason.split(" (os error ").next().unwrap_or_default();
    printable(words, 300)
}
