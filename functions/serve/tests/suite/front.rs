//! What is between a client and the router: an event of the function's URL, and its streamed answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drawbridge_served::{Body, Router};
use http::Response;
use http::request::Parts;
use serde_json::{Value, json};

pub(crate) async fn answer(router: &Router, head: Parts, body: &[u8]) -> Response<Body> {
    let answer = drawbridge_serve::answer(router, None, &event(&head, body)).await;
    let mut response = Response::new(answer.stream);
    *response.status_mut() = answer.metadata_prelude.status_code;
    *response.headers_mut() = answer.metadata_prelude.headers;
    response
}

/// As Lambda has it.
fn event(head: &Parts, body: &[u8]) -> Value {
    let headers = head.headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        (name.as_str(), Value::from(text))
    });
    let headers: serde_json::Map<_, _> = headers.map(|(n, v)| (n.to_owned(), v)).collect();
    json!({
        "version": "2.0", "routeKey": "$default",
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous", "stage": "$default",
            "http": {"method": head.method.as_str(), "path": head.uri.path(), "protocol": "HTTP/1.1"},
        },
        "body": STANDARD.encode(body),
        "isBase64Encoded": true,
    })
}
