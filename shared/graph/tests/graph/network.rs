//! The transport against a real server on loopback.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use drawbridge_entra::testing::{TENANT, shown};
use drawbridge_entra::{ClientSecret, Endpoints, SignInError, TokenCache, TokenEndpoint};
use drawbridge_graph::{ErrorKind, Graph, GraphError, Settings};
use drawbridge_http::script::{MARKER, page};
use drawbridge_http::{HttpSettings, HttpTransport, RetryPolicy, Transport, TransportError, Url};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_telemetry::testing::Events;
use drawbridge_time::{Backoff, Deadline};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::query;

/// Serves `answer` at the alerts' address, and tokens.
async fn serve<A: IntoResponse + Clone + Send + Sync + 'static>(answer: A) -> SocketAddr {
    let token = format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{MARKER}"}}"#);
    let router = Router::new()
        .route(&format!("/{TENANT}/oauth2/v2.0/token"), post(token))
        .route(
            "/v1.0/security/alerts_v2",
            get(move || async move { answer }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A client that tries twice without waiting.
fn graph(login: SocketAddr, graph: SocketAddr) -> Graph {
    graph_over(HttpTransport::new(), login, graph)
}

fn graph_over(transport: HttpTransport, login: SocketAddr, graph: SocketAddr) -> Graph {
    let transport = Arc::new(transport);
    let url = |address| format!("http://{address}").parse::<Url>().unwrap();
    let endpoints = Endpoints::custom(url(login), url(graph)).unwrap();
    let secret = Arc::new(FixedSecret(format!("s3cret-{MARKER}")));
    let endpoint = TokenEndpoint::new(transport.clone(), &endpoints, TENANT, "client-1");
    let provider = ClientSecret::new(endpoint, secret);
    let retry = RetryPolicy {
        max_tries: 2,
        backoff: Backoff {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(1),
        },
        ..RetryPolicy::default()
    };
    let tokens = TokenCache::with_policy(Arc::new(provider), retry.clone());
    let settings = Settings {
        max_body_bytes: 1_000_000,
        retry,
        ..Settings::default()
    };
    Graph::new(transport, Arc::new(tokens), endpoints, settings)
}

async fn list<A: IntoResponse + Clone + Send + Sync + 'static>(
    answer: A,
) -> Result<drawbridge_graph::Page, GraphError> {
    let address = serve(answer).await;
    graph(address, address)
        .list(&query(), Deadline::none())
        .await
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

#[tokio::test]
async fn a_gzipped_page_is_unpacked() {
    let body = page(&["a", "b"], None);
    let page = list(([JSON, GZIP], gzip(body.as_bytes()))).await.unwrap();
    assert_eq!(page.alerts().len(), 2);
    assert_eq!(page.len_bytes(), body.len());
}

#[tokio::test]
async fn gzip_that_ends_too_early_is_cut_off() {
    let ids: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let whole = gzip(page(&ids, None).as_bytes());
    // In the middle, and in the trailer, where all the text is there but unproven.
    for cut in [whole.len() / 2, whole.len() - 4] {
        let error = list(([JSON, GZIP], whole[..cut].to_vec()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network, "{error}");
        assert_eq!(error.exchange().unwrap().tries, 2);
        shown(&error);
    }
}

#[tokio::test]
async fn what_only_claims_to_be_gzip_is_an_error() {
    let error = list(([JSON, GZIP], page(&["a"], None))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    shown(&error);
}

#[tokio::test]
async fn a_bomb_is_stopped_at_the_limit() {
    let bomb = bomb();
    assert!(bomb.len() < 10 << 20);
    let before = peak_kib();
    let error = list(([JSON, GZIP], bomb)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_eq!(error.exchange().unwrap().tries, 1);
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        assert!(
            after - before < 64 * 1024,
            "{before} KiB before, {after} KiB after"
        );
    }
}

/// A gigabyte of spaces in a few megabytes. Packing one block after another like it gives the same
/// bytes each time, so that one block is enough to write the rest; nobody gets to the missing end.
fn bomb() -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = |encoder: &mut GzEncoder<Vec<u8>>| {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    };
    let mut bomb = packed(&mut encoder);
    let again = packed(&mut encoder);
    for _ in 1..1024 {
        bomb.extend_from_slice(&again);
    }
    Bytes::from(bomb)
}

/// The most memory this process has held so far; known on Linux only.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let headers = [("location", "http://127.0.0.1:1/v1.0/MARKER")];
    let error = list((http::StatusCode::FOUND, headers)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        shown(&error).contains("redirects to 127.0.0.1:1"),
        "{error}"
    );
}

#[tokio::test]
async fn the_client_introduces_itself_and_offers_gzip() {
    let seen = Arc::new(std::sync::Mutex::new(HeaderMap::new()));
    let copy = seen.clone();
    let router = Router::new().fallback(move |headers: HeaderMap| async move {
        *copy.lock().unwrap() = headers;
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    let answer = HttpTransport::new().send(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let headers = seen.lock().unwrap();
    assert_eq!(
        headers["user-agent"],
        concat!("drawbridge/", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(headers["accept-encoding"], "gzip");
    assert!(!headers.contains_key("referer"));
}

/// Answers every connection with `bytes`, then closes it, or leaves it open.
async fn raw(bytes: &'static [u8], close: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
            if !close {
                open.push(stream);
            }
        }
    });
    address
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_network_failure() {
    let login = serve("").await;
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"value\":[\"MARKER\"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"val\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nMARKER",
        b"MARKER is not HTTP\r\n\r\n",
    ] {
        let address = raw(bytes, true).await;
        let error = graph(login, address)
            .list(&query(), Deadline::none())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network, "{error}");
        assert_eq!(error.exchange().unwrap().tries, 2);
        shown(&error);
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let login = serve("").await;
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"value\":[";
    for bytes in [&head[..], b""] {
        let address = raw(bytes, false).await;
        let transport = HttpTransport::with_settings(HttpSettings {
            read_timeout: Duration::from_millis(100),
            ..HttpSettings::default()
        });
        let graph = graph_over(transport, login, address);
        let error = graph.list(&query(), Deadline::none()).await.unwrap_err();
        let is_timeout = matches!(
            &error,
            GraphError::Network {
                cause: TransportError::Timeout(_),
                ..
            }
        );
        assert!(is_timeout, "{error}");
        shown(&error);
    }
}

#[tokio::test]
async fn nobody_listening_is_a_connection_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = graph(address, address)
        .list(&query(), Deadline::none())
        .await
        .unwrap_err();
    let is_connect = matches!(
        &error,
        GraphError::SignIn(SignInError::Network {
            cause: TransportError::Connect(_),
            ..
        })
    );
    assert!(is_connect, "{error}");
    assert!(
        shown(&error).contains(&format!("POST {address}")),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_does_not_leave_loopback() {
    let request = http::Request::get("http://192.0.2.1/MARKER")
        .body(Bytes::new())
        .unwrap();
    let error = HttpTransport::new().send(request).await.err().unwrap();
    assert!(matches!(error, TransportError::Setup(_)), "{error}");
    assert!(!error.to_string().contains(MARKER));
}

#[tokio::test]
async fn the_libraries_below_do_not_tell_secrets_either() {
    let (events, _guard) = Events::record();
    let next = format!(r#"https://evil.example/?{MARKER}"#);
    list(([JSON, GZIP], gzip(page(&["a"], None).as_bytes())))
        .await
        .unwrap();
    list(([JSON, GZIP], gzip(page(&["a"], Some(&next)).as_bytes())))
        .await
        .unwrap_err();
    let text = events.text();
    assert!(!text.is_empty() && !text.contains(MARKER), "{text}");
}

/// A document may name an address as well as a name, and a name is all that the resolver sees.
#[tokio::test]
async fn an_address_that_is_not_public_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let transport = HttpTransport::to_public_addresses();
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"] {
        for scheme in ["https", "http"] {
            let url: Url = format!("{scheme}://{host}:{port}/").parse().unwrap();
            let request = http::Request::get(url.as_str()).body(Bytes::new()).unwrap();
            let Err(TransportError::Setup(reason)) = transport.send(request).await else {
                panic!("{url} was connected to");
            };
            assert!(reason.contains("not public"), "{url}: {reason}");
        }
    }
}
