use std::sync::Arc;

use axum::extract::State;
use drawbridge_telemetry::shown;
use futures::{StreamExt as _, stream};
use maud::{Markup, html};

use super::hours;
use super::site::{Answer, Site, no_tenant, page};
use crate::span::{ago, span};
use crate::state_head::lag_secs;
use crate::status::TenantStatus;
use crate::tenants::tenant_documents;

/// The most unread ranges of a tenant that are listed.
const MAX_RANGES: usize = 50;

/// The most tenants whose records are plotted, and how many of them at once: some megabytes are read for
/// each.
const MAX_PLOTS: usize = 20;
const PLOTS_AT_ONCE: usize = 4;

/// How every tenant is, as `drawbridge status` tells it.
pub(super) async fn show(State(site): State<Arc<Site>>) -> Answer {
    let place = &site.place;
    let documents = tenant_documents(place.store.as_ref()).await?;
    let tenants = crate::status::tenants(place, &documents).await?;
    let store = place.store.as_ref();
    let plotted = tenants.iter().take(MAX_PLOTS);
    let plotted: Vec<_> = plotted.map(|it| (it.name.clone(), it.now)).collect();
    let plots: Vec<_> = stream::iter(plotted)
        .map(|(tenant, now)| async move { hours::plot(store, &tenant, now).await })
        .buffered(PLOTS_AT_ONCE)
        .collect()
        .await;
    let body = html! {
        p { "These are the tenants of " (shown(&place.name())) ", as they are now. Nothing was asked of Entra or Graph." }
        @for error in &documents.unreadable { p.alarm role="alert" { (shown(&error.to_string())) } }
        @if tenants.is_empty() {
            (no_tenant(place))
        } @else {
            div.wide tabindex="0" role="region" aria-label="Tenants" {
                table aria-label="Tenants" {
                    thead { tr {
                        @for head in ["Tenant", "Status", "Lag", "Last good poll", "Last error", "Unread", "Quarantine"] {
                            th scope="col" { (head) }
                        }
                    } }
                    tbody { @for tenant in &tenants { (row(tenant)) } }
                }
            }
            @if tenants.len() > MAX_PLOTS {
                p.note { "The first " (MAX_PLOTS) " tenants have a plot of their records by hour, and the others none." }
            }
            @let plots = plots.into_iter().chain(std::iter::repeat_with(|| None));
            @for (tenant, plot) in tenants.iter().zip(plots) { (more(tenant, plot)) }
        }
    };
    Ok(page("Tenants", "Tenants", body))
}

fn row(tenant: &TenantStatus) -> Markup {
    let now = tenant.now;
    let lag = tenant.state().and_then(|state| lag_secs(state, now));
    let class = if tenant.is_well() { "well" } else { "unwell" };
    html! {
        tr data-tenant=(tenant.name) {
            th scope="row" { (shown(&tenant.name)) }
            td data-column="status" { span class=(class) { (tenant.word()) } }
            td data-column="lag" { (lag.map_or_else(|| "?".to_owned(), span)) }
            td data-column="last-success" { (ago(tenant.last_success(), now)) }
            td data-column="last-error" {
                @if let Some(last) = &tenant.last_error {
                    (ago(Some(last.at), now)) ": " (shown(&last.error))
                    @if last.over.is_some() { " (over)" }
                } @else { "-" }
            }
            td data-column="unread" {
                @match tenant.state() {
                    Some(state) => (state.unread.len()),
                    None => "?",
                }
            }
            td data-column="quarantine" {
                @match tenant.quarantined {
                    0 => "0",
                    count => a href={ "quarantine?tenant=" (tenant.name) } { (count) },
                }
            }
        }
    }
}

/// What is to be said of a tenant besides: what is wrong, what to do, and what is unread.
fn more(tenant: &TenantStatus, plot: Option<Markup>) -> Markup {
    let lines = tenant.explained();
    let unread = tenant.state().map(|state| &state.unread);
    let unread = unread.filter(|unread| !unread.is_empty());
    html! {
        @if !lines.is_empty() || unread.is_some() || plot.is_some() {
            section aria-label=(shown(&tenant.name)) {
                h2 { (shown(&tenant.name)) }
                @for line in &lines { p.said { (shown(line)) } }
                @if let Some(plot) = plot { (plot) }
                @if let Some(unread) = unread {
                    h3 { "What is unread" }
                    ul {
                        @for range in unread.iter().take(MAX_RANGES) {
                            li {
                                (range.window.from()) " to " (range.window.to())
                                @if range.due.failures > 0 { ", failed " (range.due.failures) " times" }
                            }
                        }
                        @if unread.len() > MAX_RANGES { li { "and " (unread.len() - MAX_RANGES) " more" } }
                    }
                }
            }
        }
    }
}
