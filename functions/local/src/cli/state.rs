use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::Place;
use super::time::time;

const EXAMPLES: &str = "\
Examples:
  drawbridge state show --tenant contoso
  drawbridge state reset --tenant contoso --to 2026-01-31T12:00:00Z";

const SHOW_EXAMPLES: &str = "\
Examples:
  drawbridge state show
  drawbridge state show --tenant contoso --json | jq .lag_secs";

const RESET_EXAMPLES: &str = "\
Examples:
  drawbridge state reset --tenant contoso --to 2026-01-31T12:00:00Z
  drawbridge state reset --tenant contoso --to 2026-01-31 --yes --bucket BUCKET

The state as it was stays beside it, as state/TENANT.before-TIME.json.";

/// Show or move what a tenant's polls remember.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    Show(StateShow),
    Reset(StateReset),
}

/// Show the watermark, the lag, what is still to be read and how much is remembered.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct StateShow {
    /// Only this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// One JSON object a tenant and line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Move a tenant's watermark, so that polls go on from there.
///
/// Back: alerts are read again, and only records that are not remembered any more are written
/// again. Ahead: the alerts in between are never read.
#[derive(Debug, Args)]
#[command(after_help = RESET_EXAMPLES)]
pub(crate) struct StateReset {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: String,
    /// Where it is to go on: a time, or a day in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Timestamp,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}
