use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::killer::Killer;

/// Stands between the function and the emulated cloud and sees every call.
pub(crate) struct Proxy {
    url: String,
}

#[derive(Clone)]
struct Shared {
    client: reqwest::Client,
    cloud: Arc<str>,
    killer: Arc<Killer>,
}

impl Proxy {
    pub(crate) async fn start(cloud: &str, killer: Arc<Killer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(Shared {
            client: reqwest::Client::new(),
            cloud: cloud.into(),
            killer,
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn forward(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let saves = parts.method == Method::PUT && path.contains("/state/");
    let gone = || StatusCode::BAD_GATEWAY.into_response();
    let Some(call) = shared.killer.call(saves) else {
        return gone();
    };
    let mut headers = parts.headers;
    for name in [header::HOST, header::CONTENT_LENGTH, header::EXPECT] {
        headers.remove(name);
    }
    let url = format!("{}{path}", shared.cloud);
    let request = shared.client.request(parts.method, url);
    let answer = request.headers(headers).body(body).send().await;
    let Ok(answer) = answer else { return gone() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap_or_default();
    shared.killer.made(call, saves);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response
}
