//! The port through which requests leave: HTTP in production, a script in tests.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::certificate_trouble::{CertificateTrouble, TlsRefusal};

/// A response body: decoded (gunzipped) bytes as they arrive.
pub type Body = BoxStream<'static, Result<Bytes, TransportError>>;

/// Sends one request and hands back the answer. It follows no redirect and tries nothing twice.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`; the body of the answer is read by the caller.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer at all; a status is never an error here.
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError>;
}

/// Why there was no answer, or only part of one. The text never holds a URL, a header or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Name resolution, TCP or TLS failed.
    #[error("cannot connect ({0}): check the host, DNS, TLS inspection and the firewall")]
    Connect(String),
    /// The same, where the environment names a proxy: it, or the host, may be out of reach.
    #[error(
        "cannot connect ({reason}): {variable} names a proxy, so check that it is reachable, lets \
         this host through and needs no credentials that are missing in its address; a host that \
         is to be reached directly belongs into NO_PROXY"
    )]
    ConnectByProxy {
        /// What broke.
        reason: String,
        /// The variable that names the proxy.
        variable: &'static str,
    },
    /// TLS failed because of the certificate that the other side showed.
    #[error("cannot connect: the server's certificate is not valid: {0}")]
    Certificate(CertificateTrouble),
    /// The other side refused TLS.
    #[error("cannot connect: {0}")]
    TlsRefused(TlsRefusal),
    /// Something else than TLS came, as from a port that speaks plain HTTP.
    #[error("cannot connect: the server does not speak TLS: check the port")]
    NoTls,
    /// Connecting, the first byte, or the next bytes took too long.
    #[error("no answer in time ({0})")]
    Timeout(String),
    /// The connection broke before the answer was complete.
    #[error("the answer was cut off ({0})")]
    CutOff(String),
    /// The request cannot be sent from here, whatever the other side does.
    #[error("the request cannot be sent ({0}): check the URLs and the system's root certificates")]
    Setup(String),
}
