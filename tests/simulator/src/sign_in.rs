use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error_body;
use crate::world::World;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) async fn token(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    body: String,
) -> Response {
    world.count(|stats| stats.token_requests += 1);
    if world.is_down() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let form: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let options = &world.options;
    let scope = format!("{}.default", world.root);
    // What is checked, in Entra's order, with the error that Entra gives.
    let checks = [
        (
            tenant.eq_ignore_ascii_case(&options.tenant_id),
            (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                90002,
                "Tenant not found.",
            ),
        ),
        (
            field("grant_type") == "client_credentials",
            (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                70003,
                "Grant not supported.",
            ),
        ),
        (
            field("client_id").eq_ignore_ascii_case(&options.client_id),
            (
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                700_016,
                "Application not found.",
            ),
        ),
        (
            field("client_secret") == options.client_secret,
            (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                "Invalid client secret.",
            ),
        ),
        (
            field("scope") == scope,
            (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                1_002_012,
                "The scope is not valid.",
            ),
        ),
    ];
    for (holds, (status, error, code, message)) in checks {
        if !holds {
            return error_body::sign_in(status, error, code, message);
        }
    }
    let lifetime = options.token_lifetime.as_secs();
    let body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": world.issue_token(),
    });
    error_body::json_response(StatusCode::OK, body.to_string())
}
