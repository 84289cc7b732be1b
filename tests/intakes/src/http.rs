//! An HTTP server that records its requests and answers as a test says.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::certificate::Issued;

/// A request that the server received.
#[derive(Clone)]
pub struct ReceivedRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body as it was sent.
    pub raw: Vec<u8>,
    /// The body, unpacked if it was packed.
    pub body: String,
}

/// How the server replies.
pub enum Reply {
    /// A status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The connection is reset.
    Reset,
    /// The body ends before its announced length.
    CutOff,
    /// No answer, ever.
    Nothing,
}

/// An answer with a body of JSON.
pub fn json(status: u16, body: &str) -> Reply {
    let kind = ("content-type", "application/json".to_owned());
    Reply::Answer(status, vec![kind], body.to_owned())
}

/// A running server; gone with the test's runtime.
pub struct Fake {
    /// Where it is.
    pub url: Url,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
    /// How many requests waited for their answer at once, at most.
    pub peak: Arc<AtomicUsize>,
}

type Answers = dyn Fn(usize, &ReceivedRequest) -> Reply + Send + Sync;

struct Shared {
    answers: Box<Answers>,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
    gate: Option<tokio::sync::Barrier>,
    begun: AtomicUsize,
    current: AtomicUsize,
    peak: Arc<AtomicUsize>,
}

impl Fake {
    /// Answers the nth request, counted from 0, with what `answers` says.
    pub async fn start(
        answers: impl Fn(usize, &ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with(answers, None, None).await
    }

    /// Behind a certificate.
    pub async fn tls(
        issued: &Issued,
        answers: impl Fn(usize, &ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with(
            answers,
            Some(TlsAcceptor::from(issued.config.clone())),
            None,
        )
        .await
    }

    /// Answers the first request at once, as delivery begins with one; then nobody before that many
    /// are waiting, then those, and so on.
    pub async fn gated(
        at_once: usize,
        answers: impl Fn(usize, &ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with(answers, None, Some(at_once)).await
    }

    async fn with(
        answers: impl Fn(usize, &ReceivedRequest) -> Reply + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
        at_once: Option<usize>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (asked, peak) = (Arc::default(), Arc::default());
        let shared = Arc::new(Shared {
            answers: Box::new(answers),
            asked: Arc::clone(&asked),
            gate: at_once.map(tokio::sync::Barrier::new),
            begun: AtomicUsize::new(0),
            current: AtomicUsize::new(0),
            peak: Arc::clone(&peak),
        });
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, &shared).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, &shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url: format!("{scheme}://localhost:{port}").parse().unwrap(),
            asked,
            peak,
        }
    }

    /// Everything that it was asked.
    pub fn asked(&self) -> Vec<ReceivedRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// The bodies of it.
    pub fn bodies(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.body).collect()
    }
}

/// A stream that can be reset.
trait Resettable: AsyncRead + AsyncWrite + Unpin {
    fn reset(&self);
}

impl Resettable for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Resettable for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

async fn serve(mut stream: impl Resettable, shared: &Shared) {
    while let Some(asked) = read(&mut stream).await {
        let now = shared.current.fetch_add(1, Ordering::SeqCst) + 1;
        shared.peak.fetch_max(now, Ordering::SeqCst);
        let is_first = shared.begun.fetch_add(1, Ordering::SeqCst) == 0;
        if let Some(gate) = &shared.gate
            && !is_first
        {
            gate.wait().await;
        }
        let told = {
            let mut all = shared.asked.lock().unwrap();
            all.push(asked.clone());
            (shared.answers)(all.len() - 1, &asked)
        };
        shared.current.fetch_sub(1, Ordering::SeqCst);
        match told {
            Reply::Answer(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let answer = format!("{head}\r\n{body}");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Reset => return stream.reset(),
            Reply::CutOff => {
                let head = b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"text\"";
                let _ = stream.write_all(head).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Nothing => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<ReceivedRequest> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length");
    let mut raw = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut raw).await.ok()?;
    let mut body = String::new();
    match headers.get("content-encoding").map(String::as_str) {
        Some("gzip") => drop(GzDecoder::new(&*raw).read_to_string(&mut body).unwrap()),
        Some(other) => panic!("content-encoding {other}"),
        None => body = String::from_utf8(raw.clone()).unwrap(),
    }
    Some(ReceivedRequest {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers,
        raw,
        body,
    })
}
