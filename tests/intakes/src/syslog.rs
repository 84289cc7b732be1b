//! A syslog server over TLS that counts octets strictly.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Issued, issued_for};

/// How the server treats a connection.
#[derive(Clone, Copy, PartialEq)]
pub enum Behaviour {
    /// Reads to the end and closes.
    Good,
    /// Reads to the end and stays.
    NeverCloses,
    /// Reads a little and dies: the operating system resets the connection.
    Dies,
    /// Reads to the end, keeps it all, and dies before it could say so.
    TakesAndDies,
}

/// A running server; gone with the test's runtime.
pub struct FakeSyslog {
    /// Host and port.
    pub address: String,
    /// Its certificate and who issued it.
    pub issued: Issued,
    streams: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl FakeSyslog {
    /// With a certificate for `host`; the nth connection is treated as `behaviours` says, the last
    /// for all further ones.
    pub async fn start(host: &str, behaviours: &'static [Behaviour]) -> Self {
        Self::with(issued_for(host), behaviours).await
    }

    /// The same with that certificate.
    pub async fn with(issued: Issued, behaviours: &'static [Behaviour]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(issued.config.clone());
        let streams: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&streams);
        tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((tcp, _)) = listener.accept().await {
                let behaviour = behaviours[connections.min(behaviours.len() - 1)];
                connections += 1;
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(tcp).await else {
                        return;
                    };
                    if behaviour == Behaviour::Dies {
                        let _ = stream.read_u8().await;
                        stream.get_ref().0.set_zero_linger().unwrap();
                        return;
                    }
                    let mut bytes = Vec::new();
                    // The end must come with a close_notify, or this is an error.
                    stream.read_to_end(&mut bytes).await.unwrap();
                    kept.lock().unwrap().push(bytes);
                    match behaviour {
                        Behaviour::NeverCloses => std::future::pending::<()>().await,
                        Behaviour::TakesAndDies => stream.get_ref().0.set_zero_linger().unwrap(),
                        _ => drop(stream.shutdown().await),
                    }
                });
            }
        });
        Self {
            address: format!("localhost:{port}"),
            issued,
            streams,
        }
    }

    /// What came on each connection that came to its end, frames and all.
    pub fn streams(&self) -> Vec<Vec<u8>> {
        self.streams.lock().unwrap().clone()
    }

    /// The messages of all those connections.
    pub fn messages(&self) -> Vec<String> {
        let streams = self.streams();
        streams.iter().flat_map(|bytes| frames(bytes)).collect()
    }
}

/// `MSG-LEN SP SYSLOG-MSG`, again and again (RFC 5425, 4.3); nothing else is let pass.
pub fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|&b| b == b' ').unwrap();
        let digits = std::str::from_utf8(&bytes[..blank]).unwrap();
        assert!(
            !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()),
            "{digits:?}"
        );
        let end = blank + 1 + digits.parse::<usize>().unwrap();
        messages.push(String::from_utf8(bytes[blank + 1..end].to_vec()).unwrap());
        bytes = &bytes[end..];
    }
    messages
}
