use std::sync::{Mutex, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_http::{Body, Transport, TransportError};
use drawbridge_issuer::SigningKey;
use futures::{StreamExt as _, stream};
use http::{Request, Response};
use serde_json::json;

/// Entra's metadata and keys, without a network; it counts what it is asked.
#[derive(Default)]
pub(crate) struct Keys {
    asked: Mutex<Vec<String>>,
}

pub(crate) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::new("key").unwrap())
}

impl Keys {
    /// The addresses that were asked since this was asked last.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Transport for Keys {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, TransportError> {
        let url = request.uri().to_string();
        self.asked.lock().unwrap().push(url.clone());
        let directory = url.split('/').nth(3).unwrap_or_default();
        let root = format!("https://login.microsoftonline.com/{directory}");
        let body = match url.strip_suffix("/v2.0/.well-known/openid-configuration") {
            Some(_) => {
                json!({"issuer": format!("{root}/v2.0"), "jwks_uri": format!("{root}/keys")})
            }
            None => json!({"keys": [key().jwk()]}),
        };
        let body = Bytes::from(body.to_string());
        Ok(Response::new(stream::iter([Ok(body)]).boxed()))
    }
}
