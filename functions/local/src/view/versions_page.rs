//! The versions of an alert and its records, as a tenant's files have them: what came late, and when.

use std::sync::Arc;

use axum::extract::{Query, State};
use drawbridge_telemetry::shown;
use drawbridge_view::{Changes, changes, clipped};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::record_file::RecordFile;
use super::site::{Answer, Site, Trouble, page};
use crate::cli;
use crate::state::tenants_with_state;

/// The most bytes of a file that are searched, from its end.
const MAX_BYTES: u64 = 64 << 20;

/// The most versions that are shown, and the most paths of each.
const MAX_VERSIONS: usize = 100;
const MAX_PATHS: usize = 20;

/// The formats whose files are searched: the heading, the keys of the alert's id and of the time, and
/// another that tells one line from the next.
const FILES: [(&str, &str, [&str; 3]); 2] = [
    (
        "native",
        "The alert's versions",
        ["id", "lastUpdateDateTime", "status"],
    ),
    (
        "siem",
        "Its records",
        ["AlertId", "LastProcessedTimeUtc", "AlertPart"],
    ),
];

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
                "A stack puts its records on queues and keeps none of them, and a state remembers 16 bytes of "
                "each: search your SIEM for the alert's id."
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
                    @for (format, title, keys) in FILES {
                        @let found = open(folder, &asked.tenant, format).map(|file| (said(&file), versions(file, &id, keys)));
                        section aria-label=(title) {
                            h2 { (title) }
                            @match found {
                                None => p.note { "The tenant has no file " (format) ".ndjson." },
                                Some((read, found)) => { p.note { (read) } (timeline(&found, keys)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page("The versions of an alert", "Versions", body))
}

/// The file of a tenant with a document, or of one that was polled without.
fn open(folder: &std::path::Path, tenant: &str, format: &str) -> Option<RecordFile> {
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

/// The lines of a file that are of an alert.
fn versions(file: RecordFile, id: &str, [id_key, time, other]: [&str; 3]) -> Vec<Version> {
    let lines = file.lines().filter_map(|line| {
        // Before anything is made of it.
        if !line.contains(id) {
            return None;
        }
        let record: Map<String, Json> = serde_json::from_str(&line).ok()?;
        if record.get(id_key)?.as_str()? != id {
            return None;
        }
        let text = |key: &str| match record.get(key) {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Null) | None => "?".to_owned(),
            Some(other) => other.to_string(),
        };
        Some(Version {
            time: text(time),
            other: text(other),
            line,
        })
    });
    // One more tells that there are more.
    lines.take(MAX_VERSIONS + 1).collect()
}

fn timeline(versions: &[Version], [_, time, other]: [&str; 3]) -> Markup {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    html! {
        @if versions.is_empty() { p { "It has nothing of this alert." } }
        ol.timeline {
            @for (version, before) in versions.iter().zip(before).take(MAX_VERSIONS) {
                li data-time=(shown(&version.time)) {
                    b { (shown(&version.time)) } span.note { " " (time) "; " (other) " " } (clipped(&version.other))
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
fn changed(changes: &Changes) -> Markup {
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
