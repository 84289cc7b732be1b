use std::{env, io};

use drawbridge_http::{CertificateTrouble, TlsRefusal, https_proxy};
use drawbridge_time::Deadline;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::Error as TlsError;

use super::Syslog;
use super::settings::Confirm;

impl Syslog {
    /// Writes frames on a connection of their own and ends it in order. `Err` says why it is not
    /// certain that the server has all of them.
    pub(super) async fn send_once(&self, frames: &[u8], until: Deadline) -> Result<(), String> {
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
            .map_err(|_| format!("no connection in time{}", proxy_note()))?
            .map_err(|error| match error.get_ref() {
                // TLS has something to say, so that the server was reached.
                Some(_) => format!("no connection: {}", describe(&error)),
                None => format!(
                    "no connection: {}; check the address, the port and the firewall{}",
                    describe(&error),
                    proxy_note()
                ),
            })?;
        let broken = |error: io::Error| format!("the connection broke: {}", describe(&error));
        stream.write_all(frames).await.map_err(broken)?;
        stream.flush().await.map_err(broken)?;
        // Sends close_notify, then the end of the stream.
        stream.shutdown().await.map_err(broken)?;
        if self.settings.confirm == Confirm::Write {
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
fn describe(error: &io::Error) -> String {
    if let Some(trouble) = CertificateTrouble::behind(error) {
        return format!("the server's certificate is not valid: {trouble}");
    }
    if let Some(refusal) = TlsRefusal::behind(error) {
        return refusal.to_string();
    }
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>());
    match tls {
        Some(TlsError::InvalidMessage(_)) => {
            "the server does not speak TLS: check the port".to_owned()
        }
        _ => error.kind().to_string(),
    }
}

/// What to add where there is no connection at all: a proxy knows nothing of syslog.
fn proxy_note() -> String {
    let Some(variable) = https_proxy(|name| env::var(name).ok()) else {
        return String::new();
    };
    format!(
        "; {variable} names a proxy, which is not used for syslog: the server must be reachable \
         directly"
    )
}
