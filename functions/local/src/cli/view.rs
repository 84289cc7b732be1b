use clap::Args;

use super::DataLocationArgs;

const EXAMPLES: &str = "\
Examples:
  drawbridge view
  drawbridge view --out /var/lib/drawbridge --port 8090
  drawbridge view --stack STACK                  the same for a stack on AWS

Open the address that it prints. On another machine than your browser's, forward its port, as with
`ssh -L 8090:127.0.0.1:8090 HOST`.";

/// Show alerts beside their records, the tenants and the quarantine as pages for the browser.
///
/// Paste or open an alert, or look at the demo's, and point at a value of a record to see where it came
/// from, in any format. The pages of the tenants and the quarantine are those of a folder or a stack, as
/// `status` and `replay list` tell them; the quarantine's show the alerts themselves.
///
/// The pages are read-only and for this machine alone: it listens on 127.0.0.1, and answers only
/// requests that have the random token of the address it prints. What you paste is not stored, and nothing is sent
/// anywhere. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct View {
    /// The port to listen on; without it, a free one is taken.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
