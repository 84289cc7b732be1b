use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::DataLocationArgs;
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
  drawbridge state reset --tenant contoso --to 2026-01-31 --yes --stack STACK

The state as it was stays beside it, as state/TENANT.before-TIME.json. Put back later, it may name
pages that polls have removed by then: records may come twice, and none is lost.";

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
///
/// All of it is as last saved: while there is no news, that is done about once per hour.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct StateShow {
    /// Show only this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Print one JSON object per tenant, each on a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Move a tenant's watermark, so that polls go on from there.
///
/// If it moves back, alerts are read again, and only records that are not remembered any more are
/// written again. If it moves ahead, the alerts in between are never read.
#[derive(Debug, Args)]
#[command(after_help = RESET_EXAMPLES)]
pub(crate) struct StateReset {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: String,
    /// The new watermark: a time, or a day in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Timestamp,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
