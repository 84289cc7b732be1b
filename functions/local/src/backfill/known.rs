//! The backfills that there are: as the tenants' states have them, which decide what is read, and
//! as their reports tell of them.

use std::collections::BTreeMap;

use drawbridge_cursor::Backfill;
use drawbridge_poll::BackfillProgress;
use jiff::{SignedDuration, Timestamp};

use super::shown;
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::state::tenants_with_state;
use crate::state_head::state_head;

/// The folder of all reports.
const FOLDER: &str = "backfills/";

/// The longest time between two notes of a backfill that is under way in a folder: a step takes a minute, and up
/// to five more if Graph asks to wait.
const SILENT: SignedDuration = SignedDuration::from_mins(10);

/// A backfill that has a report or stands in a state.
pub(super) struct Known {
    pub(super) progress: BackfillProgress,
    /// Whether polls read it, or would if it were not suspended.
    is_in_state: bool,
}

impl Known {
    /// The word for its state. In a folder, the command that reads it notes each step, and notes nothing any more
    /// once it was killed.
    pub(super) fn state(&self, place: &DataLocation, now: Timestamp) -> &'static str {
        let is_read = self.progress.is_read();
        let has_ended = match is_read {
            true => self.progress.is_done(),
            false => shown::has_ended(&self.progress),
        };
        let updated = self.progress.updated.or(self.progress.started);
        let is_silent = updated.is_some_and(|updated| now.duration_since(updated) > SILENT);
        let is_killed = place.as_folder().is_some() && is_silent;
        if has_ended || self.is_in_state && (is_read || !is_killed) {
            shown::state(&self.progress)
        } else {
            "interrupted"
        }
    }
}

/// The backfills, and which reports or folders of them cannot be read; each was said.
pub(super) struct KnownBackfills {
    pub(super) all: Vec<Known>,
    pub(super) unreadable: Vec<String>,
}

/// The backfills of which there are reports, of one tenant or of all. One tenant's trouble is not the
/// others'.
pub(super) async fn reported(
    place: &DataLocation,
    tenant: Option<&str>,
) -> Result<KnownBackfills, Failure> {
    let prefix = match tenant {
        Some(tenant) => format!("{FOLDER}{tenant}/"),
        None => FOLDER.to_owned(),
    };
    let store = place.store.as_ref();
    let mut states = BTreeMap::new();
    let mut all = Vec::new();
    let listing = store.list_readable(&prefix).await.map_err(Failure::of)?;
    let links = listing.links.iter().map(|(_, error)| error);
    let unreadable = listing.unreadable.iter().chain(links);
    let mut unreadable: Vec<String> = unreadable.map(ToString::to_string).collect();
    for object in listing.objects {
        let parts: Vec<&str> = object.key.trim_start_matches(FOLDER).split('/').collect();
        let [tenant, file] = parts.as_slice() else {
            continue;
        };
        let Some(id) = file.strip_suffix(".json") else {
            continue;
        };
        if !states.contains_key(*tenant) {
            states.insert((*tenant).to_owned(), in_state(place, tenant).await);
        }
        let report = match BackfillProgress::load(store, tenant, id).await {
            Ok(report) => report,
            Err(error) => {
                unreadable.push(error.to_string());
                continue;
            }
        };
        all.extend(match states.get(*tenant) {
            Some(Some(backfills)) => known(tenant, id, report, backfills.get(id)),
            // What the state has is not known: the report has to do.
            _ => report.map(|progress| Known {
                progress,
                is_in_state: true,
            }),
        });
    }
    for error in &unreadable {
        say(&format!("drawbridge: {error}"));
    }
    Ok(KnownBackfills { all, unreadable })
}

/// The backfill with that id, whether there is a report of it or not.
pub(super) async fn with_id(place: &DataLocation, id: &str) -> Result<BackfillProgress, Failure> {
    let found = reported(place, None).await?;
    if let Some(known) = found.all.into_iter().find(|known| known.progress.id == id) {
        return Ok(known.progress);
    }
    for tenant in tenants_with_state(place).await? {
        let backfills = in_state(place, &tenant).await.unwrap_or_default();
        if let Some(backfill) = backfills.get(id) {
            return Ok(BackfillProgress::of_state(&tenant, id, backfill));
        }
    }
    Err(Failure::of(format!(
        "no backfill is called {} in {}: see {}",
        cli::quoted(id),
        place.name(),
        place.command("backfill status")
    )))
}

/// A backfill by its report and the state; `None` if neither has it.
fn known(
    tenant: &str,
    id: &str,
    report: Option<BackfillProgress>,
    backfill: Option<&Backfill>,
) -> Option<Known> {
    let of_state = backfill.map(|backfill| BackfillProgress::of_state(tenant, id, backfill));
    let is_in_state = of_state.is_some();
    let progress = match (report, of_state) {
        // The process that suspended it may have been unable to note that, or the reason.
        (Some(report), Some(of_state)) => BackfillProgress {
            cancelled: of_state.cancelled && (report.cancelled || report.stopped.is_none()),
            ..report
        },
        (report, of_state) => report.or(of_state)?,
    };
    Some(Known {
        progress,
        is_in_state,
    })
}

/// The backfills of a tenant's state; `None` for a state that cannot be read, which is said.
async fn in_state(place: &DataLocation, tenant: &str) -> Option<BTreeMap<String, Backfill>> {
    match state_head(place, tenant).await {
        Ok(state) => Some(state.unwrap_or_default().backfills),
        Err(error) => {
            say(&error);
            None
        }
    }
}
