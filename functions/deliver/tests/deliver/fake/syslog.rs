//! A syslog server over TLS that counts octets strictly.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::certificate::{Issued, issued_for};

/// How the server treats a connection.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    /// Reads to the end and closes.
    Good,
    /// Reads to the end and stays.
    NeverCloses,
    /// Reads a little and dies: the operating system resets the connection.
    Dies,
}

pub(crate) struct FakeSyslog {
    pub(crate) address: String,
    pub(crate) issued: Issued,
    messages: Arc<Mutex<Vec<String>>>,
}

impl FakeSyslog {
    /// With a certificate for `host`; the nth connection is treated as `manners` says, the last
    /// for all further ones.
    pub(crate) async fn start(host: &str, manners: &'static [Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let issued = issued_for(host);
        let acceptor = TlsAcceptor::from(issued.config.clone());
        let messages: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&messages);
        tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((tcp, _)) = listener.accept().await {
                let manner = manners[connections.min(manners.len() - 1)];
                connections += 1;
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(tcp).await else {
                        return;
                    };
                    if manner == Manner::Dies {
                        let _ = stream.read_u8().await;
                        stream.get_ref().0.set_zero_linger().unwrap();
                        return;
                    }
                    let mut bytes = Vec::new();
                    // The end must come with a close_notify, or this is an error.
                    stream.read_to_end(&mut bytes).await.unwrap();
                    kept.lock().unwrap().extend(frames(&bytes));
                    if manner == Manner::NeverCloses {
                        std::future::pending::<()>().await;
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            address: format!("localhost:{port}"),
            issued,
            messages,
        }
    }

    /// The messages of all connections that came to their end.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }
}

/// `MSG-LEN SP SYSLOG-MSG`, again and again (RFC 5425, 4.3); nothing else is let pass.
fn frames(mut bytes: &[u8]) -> Vec<String> {
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
