//! The versions of an alert and its records, as a tenant's files have them: what came late, and when.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Query, State};
use drawbridge_telemetry::shown;
use drawbridge_view::{Changes, changes, clipped};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::record_file::RecordFile;
use super::record_steps::Steps;
use super::site::{Answer, Site, Trouble, page};
use crate::cli;
use crate::state::tenants_with_state;

/// The most bytes of a file that are searched, from its end.
const MAX_BYTES: u64 = 64 << 20;

/// The most versions that are shown, and the most paths of each.
pub(super) const MAX_VERSIONS: usize = 100;
pub(super) const MAX_PATHS: usize = 20;

/// The keys of a line of the file `native` that tell its alert, its time and another that tells one
/// version from the next.
const ID: &str = "id";
const TIME: &str = "lastUpdateDateTime";
const OTHER: &str = "status";

/// Which alert is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    id: String,
    #[serde(default)]
    tenant: String,
}

/// One line of a file that is the alert's.
struct Version {
    time: String,
    other: String,
    line: String,
}

/// The form, and what was found.
pub(super) async fn show(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer {
    let place = &site.place;
    let id = asked.id.trim().to_owned();
    let body = match place.as_folder() {
        None => html! {
            p {
                "A stack hands its records on and keeps none that could be searched here: search your SIEM for the "
                "alert's id."
            }
        },
        Some(folder) => {
            let tenants = tenants_with_state(place).await?;
            if !asked.tenant.is_empty() {
                let bad = |failure: crate::failure::Failure| {
                    Trouble::asked(StatusCode::BAD_REQUEST, failure.to_string())
                };
                cli::check_name(&asked.tenant).map_err(bad)?;
            }
            html! {
                p {
                    "What the files of records in " (shown(&place.name())) " have of an alert, in the order in which "
                    "it was written: the versions of the alert itself where the tenant has the output " code { "native" }
                    ", and its records in " code { "siem" } ", of which late evidence adds some."
                }
                form.controls method="get" action="versions" aria-label="An alert" {
                    label { "Alert id " input name="id" required size="44" value=(shown(&id)) autocomplete="off"; }
                    label {
                        "Tenant "
                        select name="tenant" {
                            @for name in &tenants { option value=(name) selected[*name == asked.tenant] { (name) } }
                        }
                    }
                    button type="submit" { "Show" }
                }
                @if !id.is_empty() {
                    (section(folder, &asked.tenant, "native", "The alert's versions", |file| timeline(&versions(file, &id))))
                    (section(folder, &asked.tenant, "siem", "Its records", |file| Steps::of(&id, file.lines()).markup()))
                }
            }
        }
    };
    Ok(page("The versions of an alert", "Versions", body))
}

/// What a tenant's file of a format has of an alert.
fn section(
    folder: &Path,
    tenant: &str,
    format: &str,
    title: &str,
    found: impl FnOnce(RecordFile) -> Markup,
) -> Markup {
    html! {
        section aria-label=(title) {
            h2 { (title) }
            @match open(folder, tenant, format) {
                None => p.note { "The tenant has no file " (format) ".ndjson." },
                Some(file) => { p.note { (said(&file)) } (found(file)) }
            }
        }
    }
}

/// The file of a tenant with a document, or of one that was polled without.
fn open(folder: &Path, tenant: &str, format: &str) -> Option<RecordFile> {
    let below = [tenant, ""].into_iter();
    below
        .filter_map(|below| RecordFile::open(folder, below, format, MAX_BYTES))
        .next()
}

fn said(file: &RecordFile) -> String {
    let part = if file.is_cut {
        "the last 64 MiB of "
    } else {
        ""
    };
    format!(
        "From {part}{}; files that were rotated are not read.",
        file.name.display()
    )
}

/// The lines of the file `native` that are of an alert.
fn versions(file: RecordFile, id: &str) -> Vec<Version> {
    let lines = file.lines().filter_map(|line| {
        let line = line.text;
        // Before anything is made of it.
        if !line.contains(id) {
            return None;
        }
        let record: Map<String, Json> = serde_json::from_str(&line).ok()?;
        if record.get(ID)?.as_str()? != id {
            return None;
        }
        Some(Version {
            time: text_of(&record, TIME),
            other: text_of(&record, OTHER),
            line,
        })
    });
    // One more tells that there are more.
    lines.take(MAX_VERSIONS + 1).collect()
}

/// The text of a value; a question mark where there is none.
pub(super) fn text_of(record: &Map<String, Json>, key: &str) -> String {
    match record.get(key) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Null) | None => "?".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn timeline(versions: &[Version]) -> Markup {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    html! {
        @if versions.is_empty() { p { "It has nothing of this alert." } }
        ol.timeline {
            @for (version, before) in versions.iter().zip(before).take(MAX_VERSIONS) {
                li data-time=(shown(&version.time)) {
                    b { (shown(&version.time)) } span.note { " " (TIME) "; " (OTHER) " " } (clipped(&version.other))
                    @if let Some(before) = before {
                        @match changes(&before.line, &version.line) {
                            Some(changes) => (changed(&changes)),
                            None => p.note { "It cannot be taken apart." },
                        }
                    }
                    details { summary { "As it is written" } (clipped(&version.line)) }
                }
            }
        }
        @if versions.len() > MAX_VERSIONS { p.note { "The first " (MAX_VERSIONS) " are shown; there are more." } }
    }
}

/// What changed since the one before.
pub(super) fn changed(changes: &Changes) -> Markup {
    let kinds = [
        ("Added", &changes.added),
        ("Changed", &changes.changed),
        ("Removed", &changes.removed),
    ];
    html! {
        @for (word, paths) in kinds {
            @if !paths.is_empty() {
                div data-change=(word) {
                    (word) ": "
                    @for (n, path) in paths.iter().take(MAX_PATHS).enumerate() {
                        @if n > 0 { ", " }
                        (clipped(path))
                    }
                    @if paths.len() > MAX_PATHS { " and " (paths.len() - MAX_PATHS) " more" }
                }
            }
        }
    }
}
