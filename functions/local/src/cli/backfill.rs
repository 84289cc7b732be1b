use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::DataLocationArgs;
use super::time::time;

const EXAMPLES: &str = "\
Examples:
  drawbridge backfill --tenant contoso --from 2026-01-01 --to 2026-02-01 --dry-run
  drawbridge backfill --tenant contoso --from 2026-01-01 --to 2026-02-01
  drawbridge backfill --tenant contoso --from 2026-01-01 --to 2026-01-02 --output siem --again
  drawbridge backfill status
  drawbridge backfill resume 20260101-20260201-1f2e3d4c
  drawbridge backfill cancel 20260101-20260201-1f2e3d4c

The same command again goes on where it was interrupted. In a folder it runs here, and Ctrl-C ends it
after the current page. On a stack the tenant's polls read it: Ctrl-C only ends the display, and they
go on.";

/// Read an older range of a tenant's alerts.
///
/// It reads by lastUpdateDateTime, a day at a time, after the live polls and with what they leave of
/// Graph's limit. Its records have the same keys as live ones. A record that was written within the
/// tenant's retention is not written again, unless --again says so.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Backfill {
    #[command(subcommand)]
    pub(crate) command: Option<BackfillCommand>,
    /// The tenant's name.
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) tenant: Option<String>,
    /// The first instant: a time, or a day in UTC.
    #[arg(long, value_name = "TIME", value_parser = time, required = true)]
    pub(crate) from: Option<Timestamp>,
    /// The end: the first instant that is not read.
    #[arg(long, value_name = "TIME", value_parser = time, required = true)]
    pub(crate) to: Option<Timestamp>,
    /// Write to this output only.
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<String>,
    /// Write records again that the output has, with the same keys.
    #[arg(long)]
    pub(crate) again: bool,
    /// Count what would be written, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// On a stack: begin it and do not watch.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// End with the progress in JSON on standard output.
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackfillCommand {
    Status(BackfillStatus),
    Resume(BackfillResume),
    Cancel(BackfillCancel),
}

/// List backfills and how far each has come.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  drawbridge backfill status --tenant contoso")]
pub(crate) struct BackfillStatus {
    /// List only the backfills of this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Print one JSON object per line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Go on with a backfill that stopped, and retry the windows that failed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  drawbridge backfill resume 20260101-20260201-1f2e3d4c")]
pub(crate) struct BackfillResume {
    /// Its id, as `backfill status` shows it.
    pub(crate) id: String,
    /// On a stack: begin it and do not watch.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// End with the progress in JSON on standard output.
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Read no more of a backfill. What it wrote stays, and `resume` goes on with the rest.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  drawbridge backfill cancel 20260101-20260201-1f2e3d4c")]
pub(crate) struct BackfillCancel {
    /// Its id, as `backfill status` shows it.
    pub(crate) id: String,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
