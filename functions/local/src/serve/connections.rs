//! Connections, how many there may be, and how long each may take to ask.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use drawbridge_served::{MAX_BODY_BYTES, Router, Unanswerable};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::impatient::Impatient;
use super::known::Known;
use crate::failure::Failure;

/// The most connections at once. Further clients wait until one ends.
const MAX_CONNECTIONS: usize = 256;

/// How long a connection may take to send a request's head, the time before it included; and as long
/// again for the body of one for a token.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long to wait if a connection could not be accepted, for example for lack of file handles.
const PAUSE: Duration = Duration::from_secs(1);

/// How long answers at hand may take once it is to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// Answers until it is to stop, and then what is at hand.
pub(super) async fn answer(
    listener: TcpListener,
    router: &Arc<Router>,
    known: &Arc<Known>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = take(listener, (router, known), &connections) => {}
        // The sender lives as long as the process.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    let ended = tokio::time::timeout(LAST_ANSWERS, connections.shutdown()).await;
    ended.map_err(|_| {
        Failure::of(
            "some answers were not at their end after 30 seconds and were broken off; their clients \
             ask again",
        )
    })
}

/// Takes connections, and answers on each.
async fn take(
    listener: TcpListener,
    (router, known): (&Arc<Router>, &Arc<Known>),
    connections: &GracefulShutdown,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    // It is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (router, known) = (Arc::clone(router), Arc::clone(known));
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, known) = (Arc::clone(&router), Arc::clone(&known));
            async move {
                let answer = answer_to(&router, &known, request).await;
                Ok::<_, Infallible>(answer.map(Body::from_stream))
            }
        });
        let connection = http.serve_connection(TokioIo::new(Impatient::new(stream)), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client that went away or took too long gets no answer.
            let _ = connection.await;
            drop(place);
        });
    }
}

/// The answer to a request. Only the body of one for a token is read.
async fn answer_to(
    router: &Router,
    known: &Known,
    request: Request<Incoming>,
) -> Response<drawbridge_served::Body> {
    let (head, body) = request.into_parts();
    if known.is_over() && router.depends_on_tenants(&head) {
        return router.refuse(Unanswerable::Tenants { is_retryable: true });
    }
    if !router.takes_body(&head) {
        return router.answer(&head, b"").await;
    }
    let body = axum::body::to_bytes(Body::new(body), MAX_BODY_BYTES);
    match tokio::time::timeout(HEAD_WITHIN, body).await {
        Ok(Ok(body)) => router.answer(&head, &body).await,
        Ok(Err(_)) => router.refuse(Unanswerable::BodyTooLong),
        Err(_) => router.refuse(Unanswerable::NoBody),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use drawbridge_secrets::testing::FixedSecret;
    use drawbridge_served::TENANTS_KNOWN_FOR;
    use drawbridge_store::testing::FaultyStore;
    use drawbridge_time::SystemClock;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::Instant;

    use super::*;

    /// A server that serves nobody, until the sender goes.
    async fn serving() -> (SocketAddr, watch::Sender<bool>) {
        serving_while(Arc::new(Known::now())).await
    }

    async fn serving_while(known: Arc<Known>) -> (SocketAddr, watch::Sender<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let store = Arc::new(FaultyStore::default());
        let router = Router::new(store, Arc::new(SystemClock));
        let router = Arc::new(router.with_own_tokens(Arc::new(FixedSecret(String::new())), "key"));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move { answer(listener, &router, &known, stopped).await });
        (address, stop)
    }

    /// Opens a connection and sends `text` on it.
    async fn connect_and_send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    const REQUEST: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_send_its_request_is_not_waited_for() {
        let (address, _stop) = serving().await;
        for begun in ["", "GET /api/alerts HT"] {
            let start = Instant::now();
            let text = rest(connect_and_send(address, begun).await).await;
            assert!(!text.contains("200"), "{text}");
            assert!(start.elapsed() >= HEAD_WITHIN);
        }
        let text = rest(connect_and_send(address, REQUEST).await).await;
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_up_to_its_bound_and_not_waited_for() {
        let (address, _stop) = serving().await;
        let head =
            "POST /x/oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ";
        let long = "x".repeat(MAX_BODY_BYTES + 1);
        for (length, body, status) in [
            (5, "a=b&c", "404"),
            (5, "a=", "408"),
            (long.len(), &*long, "413"),
        ] {
            let text =
                rest(connect_and_send(address, &format!("{head}{length}\r\n\r\n{body}")).await)
                    .await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn once_documents_cannot_be_read_for_five_minutes_nobody_keeps_a_right() {
        let known = Arc::new(Known::now());
        let (address, _stop) = serving_while(Arc::clone(&known)).await;
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = format!(
            "{}.{}.x",
            part(r#"{"alg":"RS256","kid":"k"}"#),
            part(r#"{"tid":"d","ver":"2.0"}"#)
        );
        let statuses = async || {
            let mut statuses = Vec::new();
            for head in [
                "GET /api/alerts HTTP/1.1\r\nAuthorization: Bearer ".to_owned() + &token,
                "POST /oauth2/token HTTP/1.1\r\nContent-Length: 0".to_owned(),
                // What they have no part in.
                "GET /api/alerts HTTP/1.1\r\nAccept: */*".to_owned(),
                "GET / HTTP/1.1\r\nAccept: */*".to_owned(),
            ] {
                let request = format!("{head}\r\nHost: x\r\nConnection: close\r\n\r\n");
                let text = rest(connect_and_send(address, &request).await).await;
                statuses.push(text[9..12].to_owned());
                if statuses.last().is_some_and(|status| status == "503") {
                    assert!(
                        text.to_ascii_lowercase().contains("retry-after: 30"),
                        "{text}"
                    );
                }
            }
            statuses.join(" ")
        };
        let all_is_well = "401 404 401 404";
        assert_eq!(statuses().await, all_is_well);
        tokio::time::advance(TENANTS_KNOWN_FOR - Duration::from_secs(1)).await;
        assert_eq!(statuses().await, all_is_well);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(statuses().await, "503 503 401 404");
        known.renew();
        assert_eq!(statuses().await, all_is_well);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_bound_of_connections_and_whoever_comes_then_waits() {
        let (address, _stop) = serving().await;
        let start = Instant::now();
        let mut held = Vec::new();
        for _ in 0..MAX_CONNECTIONS {
            held.push(connect_and_send(address, "GET /").await);
        }
        let text = rest(connect_and_send(address, REQUEST).await).await;
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
        assert!(start.elapsed() >= HEAD_WITHIN);
    }
}
