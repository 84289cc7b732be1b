use std::sync::OnceLock;

use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use drawbridge_record::Format;
use drawbridge_simulator::Alerts;
use drawbridge_telemetry::shown;
use drawbridge_view::{Page, clipped};
use http::StatusCode;
use http::request::Parts;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::data_location::DataLocation;
use crate::demo;
use crate::failure::Failure;

/// What the pages are made of.
pub(super) struct Site {
    pub(super) place: DataLocation,
    demo: OnceLock<Alerts>,
}

impl Site {
    pub(super) fn new(place: DataLocation) -> Self {
        Self {
            place,
            demo: OnceLock::new(),
        }
    }

    /// The alerts of the demo, which are made when they are first asked for.
    pub(super) fn demo(&self) -> Result<&Alerts, Failure> {
        if let Some(alerts) = self.demo.get() {
            return Ok(alerts);
        }
        let alerts = demo::its_alerts()?;
        Ok(self.demo.get_or_init(|| alerts))
    }
}

/// A page, or why there is none.
pub(super) type Answer = Result<Response, Trouble>;

/// Why there is no page.
pub(super) struct Trouble(StatusCode, String);

impl Trouble {
    /// What was asked for is not there, or is nothing that can be.
    pub(super) fn asked(status: StatusCode, why: impl Into<String>) -> Self {
        Self(status, why.into())
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, failure.to_string())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = html! { p.alarm role="alert" { (clipped(&self.1)) } };
        (self.0, page("This cannot be shown", "", body)).into_response()
    }
}

/// The query of an address.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(asked)) => Ok(Self(asked)),
            Err(_) => {
                let why = "this page does not know what is asked for: something in its address is missing, is there \
                           twice, or is no whole number where one belongs; the links above lead to what there is";
                Err(Trouble::asked(StatusCode::BAD_REQUEST, why))
            }
        }
    }
}

/// The name of a tenant that is asked for, if it can be one.
pub(super) fn check_tenant(name: &str) -> Result<(), Trouble> {
    let bad = |failure: Failure| Trouble::asked(StatusCode::BAD_REQUEST, failure.to_string());
    crate::cli::check_name(name).map_err(bad)
}

/// The tenant that is asked for, or the first one.
pub(super) fn chosen(asked: String, tenants: &[String]) -> Result<String, Trouble> {
    if asked.is_empty() {
        return Ok(tenants.first().cloned().unwrap_or_default());
    }
    check_tenant(&asked)?;
    Ok(asked)
}

/// The field that chooses a tenant.
pub(super) fn tenant_field(names: &[String], chosen: &str) -> Markup {
    html! {
        label {
            "Tenant "
            select name="tenant" {
                @for name in names { option value=(name) selected[*name == chosen] { (name) } }
            }
        }
    }
}

/// A part of an address behind its question mark.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).finish()
}

/// A page of the site.
pub(super) fn page(title: &str, here: &str, body: Markup) -> Response {
    let links = [
        ("./".to_owned(), "Alert"),
        ("alerts".to_owned(), "Alerts"),
        ("tenants".to_owned(), "Tenants"),
        ("versions".to_owned(), "Versions"),
        ("quarantine".to_owned(), "Quarantine"),
    ];
    let page = Page {
        title,
        links: &links,
        here,
        body,
    };
    Html(page.html()).into_response()
}

/// The format of that name, or the first one.
pub(super) fn format_of(name: Option<&str>) -> Result<&'static dyn Format, Trouble> {
    let bad = |failure: Failure| Trouble::asked(StatusCode::BAD_REQUEST, failure.to_string());
    match name {
        Some(name) => crate::map::named(name).map_err(bad),
        None => Ok(drawbridge_record::formats()[0]),
    }
}

/// The field that chooses a format.
pub(super) fn format_field(chosen: &dyn Format) -> Markup {
    html! {
        label {
            "Format "
            select name="format" {
                @for name in drawbridge_record::names() {
                    option value=(name) selected[name == chosen.name()] { (name) }
                }
            }
        }
    }
}

/// What to do if there is no tenant.
pub(super) fn no_tenant(place: &DataLocation) -> Markup {
    html! {
        p {
            "There is no tenant in " (shown(&place.name())) " yet: " (place.command("tenants add NAME …")) " adds one. What "
            "`drawbridge demo` wrote is in a folder of its own, which `drawbridge view --out "
            (crate::cli::Demo::default().out.display()) "` shows."
        }
    }
}

/// The switch of the records' empty keys.
pub(super) fn hide_empty() -> Markup {
    html! { p.controls { label { input #hide-empty type="checkbox"; " Hide empty keys" } } }
}
