//! The versions of an alert and its records, as a tenant's files have them: what came late, and when.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use drawbridge_telemetry::shown;
use drawbridge_view::{Changes, changes, clipped};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Json;

use super::record_file::RecordFile;
use super::record_steps::Steps;
use super::site::{Answer, Query, Site, chosen, no_tenant, page, tenant_field};
use crate::state::tenants_with_state;

/// The most versions that are shown, and the most paths of each.
pub(super) const MAX_VERSIONS: usize = 100;
pub(super) const MAX_PATHS: usize = 20;

/// A format that has one record per version of an alert: its name, the heading, and where a record has the
/// alert's id, its time, and what tells one version from the next.
type Versioned = (&'static str, &'static str, [&'static str; 3]);

const VERSIONED: [Versioned; 3] = [
    (
        "native",
        "The alert's versions",
        ["/id", "/lastUpdateDateTime", "/status"],
    ),
    (
        "ocsf",
        "Its records in ocsf",
        [
            "/metadata/original_event_uid",
            "/metadata/original_time",
            "/activity_name",
        ],
    ),
    (
        "ecs",
        "Its records in ecs",
        ["/event/id", "/@timestamp", "/m365_defender/alert/status"],
    ),
];

/// Which alert is asked for.
#[derive(Deserialize)]
pub(super) struct VersionsQuery {
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
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Query(asked): Query<VersionsQuery>,
) -> Answer {
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
            let tenant = chosen(asked.tenant, &tenants)?;
            html! {
                p {
                    "What the files of records in " (shown(&place.name())) " have of an alert, in the order in which "
                    "it was written: the versions of the alert itself where the tenant has the output " code { "native" }
                    ", and its records, of which late evidence adds some. The page " a href="alerts" { "Alerts" } " has the ids."
                }
                form.controls method="get" action="versions" aria-label="An alert" {
                    label { "Alert id " input name="id" required size="44" value=(shown(&id)) autocomplete="off"; }
                    @if !tenants.is_empty() { (tenant_field(&tenants, &tenant)) }
                    button type="submit" { "Show" }
                }
                @if tenants.is_empty() { (no_tenant(place)) }
                @if !id.is_empty() {
                    (found(folder, &tenant, &id))
                }
            }
        }
    };
    Ok(page("The versions of an alert", "Versions", body))
}

/// What a tenant's files have of an alert.
fn found(folder: &Path, tenant: &str, id: &str) -> Markup {
    let mut absent = Vec::new();
    let mut section = |name: &str, title: &str, found: &dyn Fn(RecordFile) -> Markup| {
        let format = drawbridge_record::format(name);
        let file = format.map_or(Ok(None), |format| RecordFile::open(folder, tenant, format));
        let found = match file {
            Ok(Some(file)) => html! { p.note { (shown(&file.said())) } (found(file)) },
            Ok(None) => {
                absent.push(name.to_owned());
                return html! {};
            }
            Err(error) => html! { p.alarm role="alert" { (shown(&error.to_string())) } },
        };
        html! { section aria-label=(title) { h2 { (title) } (found) } }
    };
    let [native, others @ ..] = VERSIONED.map(|(name, title, places)| {
        section(name, title, &|file| {
            timeline(&versions(file, id, places), places)
        })
    });
    let siem = section("siem", "Its records in siem", &|file| {
        Steps::of(id, file.lines()).markup()
    });
    html! {
        (native)
        (siem)
        @for other in others { (other) }
        @if !absent.is_empty() {
            p.note { "The tenant has no file of " (absent.join(", ")) "; those of cef and leef are not searched." }
        }
    }
}

/// The lines of a file that are of an alert.
fn versions(file: RecordFile, id: &str, [of, time, other]: [&str; 3]) -> Vec<Version> {
    let lines = file.lines().filter(|line| line.may_name(id));
    let versions = lines.filter_map(|line| {
        let line = line.text;
        let record: Json = serde_json::from_str(&line).ok()?;
        if record.pointer(of)?.as_str()? != id {
            return None;
        }
        Some(Version {
            time: text_of(record.pointer(time)),
            other: text_of(record.pointer(other)),
            line,
        })
    });
    // One more tells that there are more.
    versions.take(MAX_VERSIONS + 1).collect()
}

/// The text of a value; a question mark where there is none.
pub(super) fn text_of(value: Option<&Json>) -> String {
    match value {
        Some(Json::String(text)) if !text.is_empty() => text.clone(),
        Some(Json::Null | Json::String(_)) | None => "?".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn timeline(versions: &[Version], [_, time, other]: [&str; 3]) -> Markup {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    html! {
        @if versions.is_empty() { p { "It has nothing of this alert." } }
        ol.timeline {
            @for (version, before) in versions.iter().zip(before).take(MAX_VERSIONS) {
                li data-time=(shown(&version.time)) {
                    b { (shown(&version.time)) } span.note { " " (last(time)) "; " (last(other)) " " } (clipped(&version.other))
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

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
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
