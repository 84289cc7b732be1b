use std::io;

use drawbridge_graph::Deadline;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{CertificateError, Error as TlsError};

use super::Syslog;
use crate::settings::Confirm;

impl Syslog {
    /// Writes frames on a connection of their own and ends it in order. `Err` says why it is not
    /// certain that the server has all of them.
    pub(super) async fn sent(&self, frames: &[u8], until: Deadline) -> Result<(), String> {
        // The whole exchange; a server that reads slowly is given up, too.
        let limit = self.timeout * 3;
        let limit = until.remaining().map_or(limit, |left| left.min(limit));
        timeout(limit, self.exchange(frames))
            .await
            .unwrap_or_else(|_| Err(format!("not done within {} s", limit.as_secs())))
    }

    async fn exchange(&self, frames: &[u8]) -> Result<(), String> {
        let place = (self.address.host.as_str(), self.address.port);
        let connecting = async {
            let tcp = TcpStream::connect(place).await?;
            tcp.set_nodelay(true)?;
            TlsConnector::from(self.tls.clone())
                .connect(self.address.name.clone(), tcp)
                .await
        };
        let mut stream = timeout(self.timeout, connecting)
            .await
            .map_err(|_| "no connection in time".to_owned())?
            .map_err(|error| format!("no connection: {}", told(&error)))?;
        let broken = |error: io::Error| format!("the connection broke: {}", told(&error));
        stream.write_all(frames).await.map_err(broken)?;
        stream.flush().await.map_err(broken)?;
        // Sends close_notify, then the end of the stream.
        stream.shutdown().await.map_err(broken)?;
        if self.confirm == Confirm::Write {
            return Ok(());
        }
        match timeout(self.timeout, read_to_end(&mut stream)).await {
            Ok(read) => read.map_err(broken),
            Err(_) => Err(
                "the server did not close the connection after us, so it is not known \
                           whether it has read everything: if it never does, set confirm to \
                           \"write\""
                    .to_owned(),
            ),
        }
    }
}

/// Reads until the server has closed; what it may say is of no interest.
async fn read_to_end(stream: &mut tokio_rustls::client::TlsStream<TcpStream>) -> io::Result<()> {
    let mut ignored = [0; 1024];
    loop {
        match stream.read(&mut ignored).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // Closed without a close_notify, as many servers do. An operating system ends a stream
            // like that only if the process had read all of it; else it resets the connection.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// An error in words, with what to do where it is about the certificate.
fn told(error: &io::Error) -> String {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>());
    match tls {
        Some(TlsError::InvalidCertificate(problem)) => format!(
            "the server's certificate is not valid ({})",
            match problem {
                CertificateError::UnknownIssuer | CertificateError::BadSignature =>
                    "it is from an authority that is not trusted: set ca to the server's own",
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } =>
                    "it is for another name: address must be the name in the certificate",
                CertificateError::Expired | CertificateError::ExpiredContext { .. } =>
                    "it has expired",
                CertificateError::Other(other)
                    if other.to_string().contains("CaUsedAsEndEntity") =>
                    "it is an authority's itself, as openssl req -x509 makes it: give the server \
                     one with basicConstraints CA:FALSE, and set ca to that or to who signed it",
                _ => "check the server's certificate",
            }
        ),
        Some(TlsError::AlertReceived(alert)) => format!("the server refused TLS ({alert:?})"),
        Some(TlsError::InvalidMessage(_)) => {
            "the server does not speak TLS: check the port".to_owned()
        }
        _ => error.kind().to_string(),
    }
}
