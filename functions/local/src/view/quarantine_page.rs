use std::sync::Arc;

use axum::extract::State;
use drawbridge_quarantine::{Item, StoredItem, stored_items};
use drawbridge_record::Format;
use drawbridge_telemetry::shown;
use drawbridge_view::{clipped, side_by_side};
use futures::{StreamExt as _, stream};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::site::{
    Answer, Query, Site, Trouble, check_tenant, format_field, format_of, hide_empty, page,
};
use crate::failure::Failure;
use crate::progress::counted;

/// Items on a page.
const PER_PAGE: usize = 50;

/// Items that are read at once; one may be of megabytes.
const AT_ONCE: usize = 8;

/// Which items are listed.
#[derive(Deserialize)]
pub(super) struct Listed {
    tenant: Option<String>,
    page: Option<usize>,
}

/// What is in quarantine, and why.
pub(super) async fn list(State(site): State<Arc<Site>>, Query(asked): Query<Listed>) -> Answer {
    let tenant = asked.tenant.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = tenant {
        check_tenant(name)?;
    }
    let store = site.place.store.as_ref();
    let items = stored_items(store, tenant).await.map_err(Failure::of)?;
    let all = items.found.len();
    let number = asked
        .page
        .unwrap_or(1)
        .clamp(1, all.div_ceil(PER_PAGE).max(1));
    let here = items
        .found
        .into_iter()
        .skip((number - 1) * PER_PAGE)
        .take(PER_PAGE);
    let read = |item: StoredItem| async move {
        let why = match item.read(store).await {
            Ok(Some(content)) => Some(reason(&content)),
            // It was delivered meanwhile.
            Ok(None) => None,
            Err(error) => Some(error.to_string()),
        };
        (item, why)
    };
    let rows: Vec<_> = stream::iter(here)
        .map(read)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let query = |page: usize| match tenant {
        Some(tenant) => format!("quarantine?tenant={tenant}&page={page}"),
        None => format!("quarantine?page={page}"),
    };
    let body = html! {
        p {
            (counted(all, "item is", "items are")) " in quarantine in " (shown(&site.place.name()))
            @if let Some(tenant) = tenant { " of the tenant " (tenant) "; " a href="quarantine" { "show those of all tenants" } }
            ". They are not in the SIEM; " (site.place.command("replay run --all")) " delivers them."
        }
        @for error in &items.unreadable { p.alarm role="alert" { (shown(&error.to_string())) } }
        @if !rows.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Items" {
                table aria-label="Items" {
                    thead { tr { @for head in ["Item", "Tenant", "What it is", "Why"] { th scope="col" { (head) } } } }
                    tbody {
                        @for (item, why) in &rows {
                            @if let Some(why) = why {
                                tr data-item=(item.id) {
                                    th scope="row" { a href={ "item?id=" (item.id) } { (shown(&item.id)) } }
                                    td { (shown(&item.tenant)) }
                                    td { (item.kind.word()) }
                                    td { (clipped(why)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if all > PER_PAGE {
            nav aria-label="Pages of the list" {
                @if number > 1 { a rel="prev" href=(query(number - 1)) { "Previous" } }
                span { "Page " (number) " of " (all.div_ceil(PER_PAGE)) }
                @if number * PER_PAGE < all { a rel="next" href=(query(number + 1)) { "Next" } }
            }
        }
    };
    Ok(page("Quarantine", "Quarantine", body))
}

fn reason(content: &Item<'_>) -> String {
    content.reason.clone().into_owned()
}

/// Which item is shown, and in what format its alert.
#[derive(Deserialize)]
pub(super) struct ItemQuery {
    id: String,
    format: Option<String>,
}

/// An item, with its alert beside its records.
pub(super) async fn item(State(site): State<Arc<Site>>, Query(asked): Query<ItemQuery>) -> Answer {
    let format = format_of(asked.format.as_deref())?;
    let gone = || Trouble::asked(StatusCode::NOT_FOUND, "there is no such item, or no longer");
    let item = StoredItem::of_key(&format!("quarantine/{}.json", asked.id)).ok_or_else(gone)?;
    let content = item.read(site.place.store.as_ref()).await;
    let content = content.map_err(Failure::of)?.ok_or_else(gone)?;
    let facts = [
        ("Item", Some(item.id.as_str())),
        ("Why", Some(&*content.reason)),
        ("Alert", content.alert_id.as_deref()),
        ("Record's key", content.key.as_deref()),
        ("Output", content.output.as_deref()),
        ("Target", content.target.as_deref()),
    ];
    let body = html! {
        dl {
            @for (name, value) in facts {
                @if let Some(value) = value { dt { b { (name) } } dd { (clipped(value)) } }
            }
            @if let Some(window) = content.window {
                dt { b { "Window that was not read" } } dd { (window.from()) " to " (window.to()) }
            }
        }
        @if let Some(record) = &content.record { h2 { "The record" } (clipped(record)) }
        (alert(&item, &content, format))
    };
    Ok(page("An item in quarantine", "Quarantine", body))
}

fn alert(item: &StoredItem, content: &Item<'_>, format: &dyn Format) -> Markup {
    let raw = content
        .alert
        .as_deref()
        .map(serde_json::value::RawValue::get);
    html! {
        @if let Some(text) = raw.or(content.text.as_deref()) {
            form.controls method="get" action="item" aria-label="Format" {
                input type="hidden" name="id" value=(item.id);
                (format_field(format))
                button type="submit" { "Show" }
            }
            (hide_empty())
            (side_by_side(text, format))
        }
    }
}
