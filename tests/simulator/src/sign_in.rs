use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use crate::entra::{self, Credential, Refusal, Request};
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
    if let Err(refusal) = check(&world, &tenant, &form).await {
        return error_body::sign_in(refusal);
    }
    let lifetime = world.options.token_lifetime.as_secs();
    let body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": world.issue_token(),
    });
    error_body::json_response(StatusCode::OK, body.to_string())
}

/// What is checked, in Entra's order, with the refusal that Entra gives.
async fn check(world: &World, tenant: &str, form: &HashMap<String, String>) -> Result<(), Refusal> {
    let options = &world.options;
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let demand = |holds: bool, refusal| if holds { Ok(()) } else { Err(refusal) };
    demand(
        tenant.eq_ignore_ascii_case(&options.tenant_id),
        Refusal::NO_TENANT,
    )?;
    demand(
        field("grant_type") == "client_credentials",
        Refusal::WRONG_GRANT,
    )?;
    demand(
        field("client_id").eq_ignore_ascii_case(&options.client_id),
        Refusal::NO_APPLICATION,
    )?;
    let mut credentials = options.credentials.clone();
    credentials.push(Credential::Secret(options.client_secret.clone()));
    let request = Request {
        form,
        client_id: field("client_id"),
        audience: &format!("{}{tenant}/oauth2/v2.0/token", world.root),
        now: Timestamp::now(),
    };
    entra::check(&credentials, &request, &world.used_assertions).await?;
    demand(
        field("scope") == format!("{}.default", world.root),
        Refusal::WRONG_SCOPE,
    )
}
