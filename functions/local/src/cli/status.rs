use clap::Args;

use super::DataLocationArgs;

const EXAMPLES: &str = "\
Examples:
  drawbridge status
  drawbridge status --stack STACK                the same for a stack on AWS
  drawbridge status --json | jq 'select(.well | not)'

The exit code is 1 if any tenant is not well. Neither Entra nor Graph is contacted:
`drawbridge doctor` does that.";

/// Show how every tenant is: the lag, the last good poll, the last error, and what to do.
///
/// A tenant is well if its polls succeed, nothing of it has failed to be read for half an hour, and nothing
/// of it is in quarantine. One that is catching up, as in a long first poll, is well while somebody polls: a
/// poll is running, or one with --once ended in the last ten minutes, so that cron may start the next one.
/// A paused one need not be polled. The last success is the one that was last saved: while there is no news,
/// that is done about once per hour, so there may be a later one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {
    /// Print one JSON object per tenant, each on a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
