use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::get;
use http::StatusCode;

use super::guard::{Guard, check};
use super::site::{Site, Trouble};
use super::{alert_page, alerts_page, quarantine_page, tenants_page, versions_page};

/// The pages, for everybody whom the guard lets in.
pub(super) fn router(site: Arc<Site>, guard: Guard) -> Router {
    Router::new()
        .route("/{token}/", get(alert_page::demo).post(alert_page::pasted))
        .route("/{token}", get(to_the_first_page))
        .route("/{token}/alerts", get(alerts_page::list))
        .route("/{token}/alert", get(alerts_page::one))
        .route("/{token}/tenants", get(tenants_page::show))
        .route("/{token}/versions", get(versions_page::show))
        .route("/{token}/quarantine", get(quarantine_page::list))
        .route("/{token}/item", get(quarantine_page::item))
        .fallback(no_page)
        .layer(from_fn_with_state(guard, check))
        .with_state(site)
}

async fn to_the_first_page(Path(token): Path<String>) -> Redirect {
    Redirect::temporary(&format!("/{token}/"))
}

async fn no_page() -> Trouble {
    let why = "there is no page at this address; use the links above";
    Trouble::asked(StatusCode::NOT_FOUND, why)
}
