//! An OIDC issuer on a free port of loopback.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::issued::Issued;
use crate::key::{Error, SigningKey};
use crate::{StsAnswer, StsRequest, sts};

/// An issuer that runs until it is dropped. Its STS listens on the same address, and so does the
/// metadata of Entra's directories, below `/{tenant}`, with the same key.
pub struct Issuer {
    issued: Arc<Issued>,
    task: JoinHandle<()>,
}

impl Issuer {
    /// Makes a key and begins to serve.
    ///
    /// # Errors
    /// When no key can be made or no port is free.
    pub async fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let issued = Arc::new(Issued {
            url: format!("http://{}", listener.local_addr()?),
            key: SigningKey::new("key-1")?,
            inner: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/jwks.json", get(jwks))
            .route("/{tenant}/.well-known/openid-configuration", get(v1))
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(v2))
            .route("/", post(token))
            .with_state(Arc::clone(&issued));
        let task = tokio::spawn(async move {
            // Ends with the task only.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { issued, task })
    }

    /// The `iss` of its tokens, without a slash at its end; also the address of its STS.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.issued.url
    }

    /// Signs these claims with RS256.
    ///
    /// # Errors
    /// What the library says.
    pub fn sign(&self, claims: &Value) -> Result<String, Error> {
        self.issued.sign(claims)
    }

    /// Has the STS answer like this from now on.
    pub fn set_sts(&self, answer: StsAnswer) {
        self.issued.inner().answer = answer;
    }

    /// What the STS was asked so far.
    #[must_use]
    pub fn sts_requests(&self) -> Vec<StsRequest> {
        self.issued.inner().requests.clone()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn discovery(State(issued): State<Arc<Issued>>) -> Response {
    answer(&metadata(&issued, &issued.url))
}

/// As Entra has it for tokens of version 1 of a directory.
async fn v1(State(issued): State<Arc<Issued>>, Path(tenant): Path<String>) -> Response {
    answer(&metadata(&issued, &format!("{}/{tenant}/", issued.url)))
}

/// The same of version 2.
async fn v2(State(issued): State<Arc<Issued>>, Path(tenant): Path<String>) -> Response {
    answer(&metadata(&issued, &format!("{}/{tenant}/v2.0", issued.url)))
}

fn metadata(issued: &Issued, issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{}/.well-known/jwks.json", issued.url),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
    })
}

async fn jwks(State(issued): State<Arc<Issued>>) -> Response {
    answer(&json!({"keys": [issued.key.jwk()]}))
}

fn answer(body: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, body.to_string()).into_response()
}

async fn token(
    State(issued): State<Arc<Issued>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, StatusCode> {
    sts::answer(&issued, &headers, &body).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
