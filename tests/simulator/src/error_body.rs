use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::entra::Refusal;

/// An error in Graph's shape.
pub(crate) fn graph(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": "2026-01-01T00:00:00",
                "request-id": "00000000-0000-4000-8000-000000000001",
                "client-request-id": "00000000-0000-4000-8000-000000000001",
            },
        },
    });
    json_response(status, body.to_string())
}

/// An error in the shape of Entra's token endpoint.
pub(crate) fn sign_in(refusal: Refusal) -> Response {
    let Refusal {
        status,
        error,
        code,
        message,
    } = refusal;
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {message} Trace ID: 00000000-0000-4000-8000-000000000002"),
        "error_codes": [code],
        "trace_id": "00000000-0000-4000-8000-000000000002",
        "correlation_id": "00000000-0000-4000-8000-000000000003",
    });
    json_response(status, body.to_string())
}

/// A JSON body.
pub(crate) fn json_response(status: StatusCode, body: String) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body).into_response()
}
