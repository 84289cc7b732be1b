use std::io::Write as _;

use drawbridge_poll::BackfillProgress;
use jiff::Timestamp;

use super::shown::state;
use crate::cli::BackfillStatus;
use crate::data_location::DataLocation;
use crate::failure::Failure;
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
    for progress in all(&place, &prefix).await? {
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
        return Ok(());
    }
    if rows.is_empty() {
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
    Ok(())
}

/// The progress of the backfill with that id.
pub(super) async fn with_id(place: &DataLocation, id: &str) -> Result<BackfillProgress, Failure> {
    let all = all(place, FOLDER).await?;
    all.into_iter()
        .find(|progress| progress.id == id)
        .ok_or_else(|| {
            Failure::of(format!(
                "no backfill is called {id:?} in {}: see `drawbridge backfill status`",
                place.name()
            ))
        })
}

async fn all(place: &DataLocation, prefix: &str) -> Result<Vec<BackfillProgress>, Failure> {
    let store = place.store.as_ref();
    let mut all = Vec::new();
    for key in store.list(prefix).await.map_err(Failure::of)? {
        let parts: Vec<&str> = key.trim_start_matches(FOLDER).split('/').collect();
        let [tenant, file] = parts.as_slice() else {
            continue;
        };
        let Some(id) = file.strip_suffix(".json") else {
            continue;
        };
        let loaded = BackfillProgress::load(store, tenant, id).await;
        all.extend(loaded.map_err(Failure::of)?);
    }
    Ok(all)
}
