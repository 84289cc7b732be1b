use std::io::Write as _;

use drawbridge_poll::BackfillProgress;
use jiff::Timestamp;

use super::shown::state;
use crate::cli::BackfillStatus;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::span::ago;

/// The folder of all progress.
const FOLDER: &str = "backfills/";

pub(super) async fn run(args: &BackfillStatus) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    let prefix = match &args.tenant {
        Some(tenant) => format!("{FOLDER}{tenant}/"),
        None => FOLDER.to_owned(),
    };
    let mut rows = Vec::new();
    let mut out = crate::screen::stdout();
    let mut reasons = Vec::new();
    let Found { all, unreadable } = all(&place, &prefix).await?;
    for progress in all {
        if args.json {
            let mut line = serde_json::json!(progress);
            line["state"] = state(&progress).into();
            line["percent"] = progress.percent().into();
            writeln!(out, "{line}")?;
            continue;
        }
        rows.push([
            progress.id.clone(),
            progress.tenant.clone(),
            format!("{} %", progress.percent()),
            progress.alerts.to_string(),
            progress.records.to_string(),
            ago(progress.updated, Timestamp::now()),
            state(&progress).to_owned(),
        ]);
        reasons.extend(progress.stopped.map(|reason| (progress.id, reason)));
    }
    if args.json {
        return check_complete(unreadable);
    }
    if rows.is_empty() {
        check_complete(unreadable)?;
        writeln!(out, "no backfills in {}", place.name())?;
        return Ok(());
    }
    let head = [
        "ID",
        "TENANT",
        "DONE",
        "ALERTS",
        "RECORDS",
        "LAST STEP",
        "STATE",
    ];
    crate::table::write(&mut out, head, &rows)?;
    for (id, reason) in reasons {
        writeln!(out, "\n{id} stopped: {reason}")?;
    }
    check_complete(unreadable)
}

/// The progress of the backfill with that id.
pub(super) async fn with_id(place: &DataLocation, id: &str) -> Result<BackfillProgress, Failure> {
    let found = all(place, FOLDER).await?;
    found
        .all
        .into_iter()
        .find(|progress| progress.id == id)
        .ok_or_else(|| {
            Failure::of(format!(
                "no backfill is called {id:?} in {}: see `drawbridge backfill status`",
                place.name()
            ))
        })
}

/// The backfills, and how many reports or folders of them cannot be read; each was said.
struct Found {
    all: Vec<BackfillProgress>,
    unreadable: usize,
}

fn check_complete(unreadable: usize) -> Result<(), Failure> {
    match unreadable {
        0 => Ok(()),
        some => Err(Failure::of(format!(
            "{some} reports of backfills or folders of them cannot be read"
        ))),
    }
}

/// One tenant's trouble is not the others'.
async fn all(place: &DataLocation, prefix: &str) -> Result<Found, Failure> {
    let store = place.store.as_ref();
    let listing = store.list_readable(prefix).await.map_err(Failure::of)?;
    let mut all = Vec::new();
    let mut unreadable: Vec<String> = listing.unreadable.iter().map(ToString::to_string).collect();
    for key in listing.keys {
        let parts: Vec<&str> = key.trim_start_matches(FOLDER).split('/').collect();
        let [tenant, file] = parts.as_slice() else {
            continue;
        };
        let Some(id) = file.strip_suffix(".json") else {
            continue;
        };
        match BackfillProgress::load(store, tenant, id).await {
            Ok(progress) => all.extend(progress),
            Err(error) => unreadable.push(error.to_string()),
        }
    }
    for error in &unreadable {
        say(&format!("drawbridge: {error}"));
    }
    Ok(Found {
        all,
        unreadable: unreadable.len(),
    })
}
