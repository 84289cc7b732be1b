//! The alerts that a tenant's file holds, the newest first, and one of them beside its records.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use drawbridge_telemetry::shown;
use drawbridge_view::{clipped, side_by_side};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Json;

use super::record_file::RecordFile;
use super::site::{
    Answer, Query, Site, Trouble, check_tenant, chosen, format_field, format_of, hide_empty,
    no_tenant, page, query, tenant_field,
};
use super::versions_page::text_of;
use crate::failure::Failure;
use crate::outputs::file_name;
use crate::progress::counted;
use crate::state::tenants_with_state;

/// Alerts on a page.
const PER_PAGE: usize = 50;

/// The formats of whose files the alerts are listed, the best first: a line of `native` is the alert.
const FORMATS: [&str; 4] = ["native", "siem", "ocsf", "ecs"];

/// What a line of any of them says of its alert.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "AlertId")]
    id: Option<Json>,
    #[serde(alias = "AlertTitle")]
    title: Option<Json>,
    #[serde(alias = "AlertTime", rename = "createdDateTime")]
    created: Option<Json>,
    #[serde(alias = "Severity")]
    severity: Option<Json>,
    /// In `ocsf`, of which `metadata.original_time` is the time of the version.
    metadata: Option<Json>,
    finding_info: Option<Json>,
    /// In `ecs`, of which `@timestamp` is the time of the version and stands in where there is no other.
    event: Option<Json>,
    #[serde(rename = "@timestamp")]
    version: Option<Json>,
    m365_defender: Option<Json>,
}

/// An alert of a file.
struct Listed {
    id: String,
    created: String,
    title: String,
    severity: String,
    /// How many lines are of it, and the last of them.
    lines: usize,
    last: usize,
}

/// Which alerts are listed.
#[derive(Deserialize)]
pub(super) struct AlertsQuery {
    #[serde(default)]
    tenant: String,
    page: Option<usize>,
}

/// A page of a tenant's alerts.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Query(asked): Query<AlertsQuery>,
) -> Answer {
    let place = &site.place;
    let Some(folder) = place.as_folder() else {
        let body = html! {
            p {
                "A stack hands its alerts on and keeps none but those in " a href="quarantine" { "quarantine" }
                ": look at an alert in your SIEM, and paste it on the " a href="./" { "first page" } "."
            }
        };
        return Ok(page("Alerts", "Alerts", body));
    };
    let tenants = tenants_with_state(place).await?;
    let tenant = chosen(asked.tenant, &tenants)?;
    let body = html! {
        @if tenants.is_empty() {
            (no_tenant(place))
        } @else {
            form.controls method="get" action="alerts" aria-label="A tenant" {
                (tenant_field(&tenants, &tenant))
                button type="submit" { "Show" }
            }
            (listed(folder, &tenant, asked.page.unwrap_or(1)))
        }
    };
    Ok(page("Alerts", "Alerts", body))
}

/// A page of the alerts of the first file that has any.
fn listed(folder: &Path, tenant: &str, number: usize) -> Markup {
    let mut troubles = Vec::new();
    for format in FORMATS
        .iter()
        .filter_map(|name| drawbridge_record::format(name))
    {
        match RecordFile::open(folder, tenant, format) {
            Ok(None) => {}
            Err(error) => troubles.push(error.to_string()),
            Ok(Some(file)) => {
                let said = file.said();
                let (alerts, without) = alerts(file);
                if without > 0 {
                    troubles.push(format!(
                        "{} of {} cannot be listed: no alert with an id can be read there",
                        counted(without, "line", "lines"),
                        file_name(format)
                    ));
                }
                if !alerts.is_empty() {
                    return html! {
                        @for error in &troubles { p.alarm role="alert" { (shown(error)) } }
                        p {
                            (counted(alerts.len(), "alert", "alerts")) ", the newest first. " (shown(&said))
                            @if format.name() != "native" {
                                " It holds records and not the alerts; an output " code { "native" } " would hold them, too."
                            }
                        }
                        (table(&alerts, tenant, format.name(), number))
                    };
                }
            }
        }
    }
    html! {
        @for error in &troubles { p.alarm role="alert" { (shown(error)) } }
        p {
            "No file of " code { (tenant) } " holds an alert that can be listed: there is none of " (FORMATS.join(", "))
            " with a line that names one. Files of cef and leef, and those that were rotated, are not read."
        }
    }
}

/// The alerts of a file, the newest first, and how many lines name none.
fn alerts(file: RecordFile) -> (Vec<Listed>, usize) {
    let mut without = 0;
    let mut found: HashMap<String, Listed> = HashMap::new();
    for line in file.lines() {
        let read: Option<Line> = serde_json::from_str(&line.text).ok();
        let Some(mut listed) = read.and_then(Line::listed) else {
            without += usize::from(!line.text.trim().is_empty());
            continue;
        };
        (listed.last, listed.lines) = (line.number, 1);
        if let Some(before) = found.get(&listed.id) {
            listed.lines += before.lines;
        }
        found.insert(listed.id.clone(), listed);
    }
    let mut alerts: Vec<Listed> = found.into_values().collect();
    alerts.sort_by_cached_key(|alert| {
        let created = alert.created.parse::<Timestamp>().ok();
        std::cmp::Reverse((created, alert.last))
    });
    (alerts, without)
}

/// The text of a time in milliseconds since 1970.
fn of_millis(time: &Json) -> Option<Json> {
    let time = Timestamp::from_millisecond(time.as_i64()?).ok()?;
    Some(time.to_string().into())
}

impl Line {
    /// What it says; `None` where it names no alert.
    fn listed(self) -> Option<Listed> {
        let inner = |of: &Option<Json>, path: &str| of.as_ref()?.pointer(path).cloned();
        let in_ecs = |name: &str| inner(&self.m365_defender, &format!("/alert/{name}"));
        let in_ocsf = |name: &str| inner(&self.metadata, &format!("/original_{name}"));
        let id = self.id.or_else(|| in_ecs("id"));
        let id = id.or_else(|| in_ocsf("event_uid"))?;
        let title = self.title.or_else(|| in_ecs("title"));
        let title = title.or_else(|| inner(&self.finding_info, "/title"));
        let created = self.created.or_else(|| inner(&self.event, "/created"));
        let created = created.or_else(|| of_millis(&inner(&self.finding_info, "/created_time")?));
        let created = created.or(self.version).or_else(|| in_ocsf("time"));
        let severity = self.severity.or_else(|| in_ecs("severity"));
        Some(Listed {
            id: id.as_str()?.to_owned(),
            created: text_of(created.as_ref()),
            title: text_of(title.as_ref()),
            severity: text_of(severity.as_ref()),
            lines: 0,
            last: 0,
        })
    }
}

fn table(alerts: &[Listed], tenant: &str, format: &str, number: usize) -> Markup {
    let pages = alerts.len().div_ceil(PER_PAGE);
    let number = number.clamp(1, pages);
    let here = alerts.iter().skip((number - 1) * PER_PAGE).take(PER_PAGE);
    let page = |number: usize| {
        let number = number.to_string();
        format!("alerts?{}", query(&[("tenant", tenant), ("page", &number)]))
    };
    html! {
        div.wide tabindex="0" role="region" aria-label="Alerts" {
            table aria-label="Alerts" {
                thead { tr { @for head in ["Alert", "Created", "Severity", "Id", "Versions"] { th scope="col" { (head) } } } }
                tbody {
                    @for alert in here {
                        @let of = query(&[("tenant", tenant), ("id", &alert.id)]);
                        tr data-alert=(shown(&alert.id)) {
                            th scope="row" {
                                @if format == "native" { a href={ "alert?" (of) } { (clipped(&alert.title)) } } @else { (clipped(&alert.title)) }
                            }
                            td { (shown(&alert.created)) }
                            td { (clipped(&alert.severity)) }
                            td { (clipped(&alert.id)) }
                            td {
                                a href={ "versions?" (of) } {
                                    (match format {
                                        "siem" => counted(alert.lines, "record", "records"),
                                        _ => counted(alert.lines, "version", "versions"),
                                    })
                                }
                            }
                        }
                    }
                }
            }
        }
        @if pages > 1 {
            nav aria-label="Pages of the list" {
                @if number > 1 { a rel="prev" href=(page(number - 1)) { "Previous" } }
                span { "Page " (number) " of " (pages) }
                @if number < pages { a rel="next" href=(page(number + 1)) { "Next" } }
            }
        }
    }
}

/// Which alert is shown, and how.
#[derive(Deserialize)]
pub(super) struct AlertQuery {
    id: String,
    #[serde(default)]
    tenant: String,
    format: Option<String>,
}

/// An alert of the file `native`, as it was written last, beside its records.
pub(super) async fn one(State(site): State<Arc<Site>>, Query(asked): Query<AlertQuery>) -> Answer {
    let format = format_of(asked.format.as_deref())?;
    let AlertQuery { id, tenant, .. } = &asked;
    if !tenant.is_empty() {
        check_tenant(tenant)?;
    }
    let gone = || {
        let why = "no file native.ndjson of the tenant holds that alert, as far as it is read";
        Trouble::asked(StatusCode::NOT_FOUND, why)
    };
    let native = drawbridge_record::format("native").ok_or_else(gone)?;
    let folder = site.place.as_folder().ok_or_else(gone)?;
    let file = RecordFile::open(folder, tenant, native);
    let file = file.map_err(Failure::of)?.ok_or_else(gone)?;
    let is_of = |line: &str| {
        let read: Option<Line> = serde_json::from_str(line).ok();
        read.and_then(Line::listed).is_some_and(|it| it.id == *id)
    };
    let lines = file.lines().filter(|line| line.may_name(id));
    let found = lines.map(|line| line.text).filter(|line| is_of(line));
    let alert = found.last().ok_or_else(gone)?;
    let of = query(&[("tenant", tenant), ("id", id)]);
    let body = html! {
        p {
            "The alert " (clipped(id)) " as the file native.ndjson has it last, beside the records of a first reading. "
            a href={ "versions?" (of) } { "Its versions" } " tell what came late."
        }
        form.controls method="get" action="alert" aria-label="Format" {
            input type="hidden" name="id" value=(id);
            input type="hidden" name="tenant" value=(tenant);
            (format_field(format))
            button type="submit" { "Show" }
        }
        (hide_empty())
        (side_by_side(&alert, format))
    };
    Ok(page("An alert beside its records", "Alerts", body))
}
