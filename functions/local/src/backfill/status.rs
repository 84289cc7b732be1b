use std::io::Write as _;

use drawbridge_telemetry::shown;
use jiff::Timestamp;

use super::known::{KnownBackfills, reported};
use super::shown::{json, verifying};
use crate::cli::{self, BackfillStatus};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::counted;
use crate::screen::{columns, print_line, wrapped};
use crate::span::ago;
use crate::tenants::check_known;

pub(super) async fn run(args: &BackfillStatus) -> Result<(), Failure> {
    args.tenant.as_deref().map_or(Ok(()), cli::check_name)?;
    let place = DataLocation::open_existing(&args.place).await?;
    let mut rows = Vec::new();
    let mut out = crate::screen::stdout();
    let mut notes = Vec::new();
    let KnownBackfills { all, unreadable } = reported(&place, args.tenant.as_deref()).await?;
    if let (Some(tenant), true) = (&args.tenant, all.is_empty()) {
        check_known(tenant, &place).await?;
    }
    for known in all {
        let now = Timestamp::now();
        let state = known.state(&place, now);
        let progress = known.progress;
        if args.json {
            writeln!(out, "{}", json(&progress, state))?;
            continue;
        }
        rows.push([
            progress.id.clone(),
            progress.tenant.clone(),
            format!("{} %", progress.percent()),
            progress.alerts.to_string(),
            progress.records.to_string(),
            ago(progress.updated, now),
            match progress.dry_run {
                true => format!("{state} (dry run)"),
                false => state.to_owned(),
            },
        ]);
        let verifying = match state {
            "verifying" => verifying(&place, &progress).await,
            _ => None,
        };
        notes.extend(verifying.map(|text| (progress.id.clone(), state, text)));
        notes.extend(
            progress
                .stopped
                .map(|reason| (progress.id, "stopped", reason)),
        );
    }
    if args.json {
        for error in &unreadable {
            Failure::print_json(error, ("id", None));
        }
        return check_complete(unreadable.len());
    }
    let unreadable = unreadable.len();
    if rows.is_empty() {
        check_complete(unreadable)?;
        print_line(&format!("no backfills in {}", place.name()))?;
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
    crate::table::write(&mut out, head, rows)?;
    for (id, state, text) in notes {
        writeln!(
            out,
            "\n{} {state}:\n{}",
            shown(&id),
            wrapped(&text, 2, columns())
        )?;
    }
    check_complete(unreadable)
}

fn check_complete(unreadable: usize) -> Result<(), Failure> {
    match unreadable {
        0 => Ok(()),
        some => Err(Failure::of(format!(
            "{} cannot be read",
            counted(
                some,
                "report of a backfill or folder of reports",
                "reports of backfills or folders of reports"
            )
        ))),
    }
}
