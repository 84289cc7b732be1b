use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use crate::entra::{self, Refusal, Request};
use crate::error_body;
use crate::world::World;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) async fn token(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    body: String,
) -> Response {
    let form: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let client = form.get("client_id").map(String::as_str);
    let client = client.unwrap_or_default();
    let found = world.find(&tenant, |known| {
        known.client_id.eq_ignore_ascii_case(client)
    });
    match found {
        Some(found) => world.tenant(found).count(|stats| stats.token_requests += 1),
        None => world.count(|stats| stats.token_requests += 1),
    }
    if world.is_down() || found.is_some_and(|found| world.tenant(found).is_down()) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let tenant = match check(&world, &tenant, found, &form).await {
        Ok(tenant) => tenant,
        Err(refusal) => return error_body::sign_in(refusal),
    };
    let lifetime = world.tenant(tenant).settings.token_lifetime.as_secs();
    let body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": world.issue_token(tenant),
    });
    error_body::json_response(StatusCode::OK, body.to_string())
}

/// What is checked, in Entra's order, with the refusal that Entra gives; the place of the tenant.
async fn check(
    world: &World,
    tenant: &str,
    found: Option<usize>,
    form: &HashMap<String, String>,
) -> Result<usize, Refusal> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let demand = |holds: bool, refusal| if holds { Ok(()) } else { Err(refusal) };
    demand(world.find(tenant, |_| true).is_some(), Refusal::NO_TENANT)?;
    demand(
        field("grant_type") == "client_credentials",
        Refusal::WRONG_GRANT,
    )?;
    let found = found.ok_or(Refusal::NO_APPLICATION)?;
    let known = world.tenant(found);
    let request = Request {
        form,
        client_id: field("client_id"),
        audience: &format!("{}{tenant}/oauth2/v2.0/token", world.root),
        now: Timestamp::now(),
    };
    entra::check(
        &known.settings.credentials,
        &request,
        &known.used_assertions,
    )
    .await?;
    let scope = field("scope");
    let is_known = scope == format!("{}.default", world.root)
        || world.scopes.iter().any(|known| known == scope);
    demand(is_known, Refusal::WRONG_SCOPE)?;
    Ok(found)
}
