use std::path::PathBuf;

use clap::Args;
use drawbridge_deliver::{TARGETS, TargetType};
use jiff::SignedDuration;

const EXAMPLES: &str = "\
Examples:
  drawbridge deliver --to splunk.json                      as records come, from ./drawbridge-data
  drawbridge deliver --to splunk.json --once --json        for cron
  DRAWBRIDGE_DELIVER='{...}' drawbridge deliver --file records/native.ndjson --format native

The targets, with an example of the file that --to names:
";

/// The examples, and each target of the registry with its settings.
fn after_help() -> String {
    let target = |target: &TargetType| {
        let TargetType { name, title, .. } = target;
        let fields = target.example.replace('\n', "\n  ");
        let fields = fields.trim_start_matches('{');
        format!("  {name}: {title}\n  {{\"target\":\"{name}\",{fields}\n")
    };
    EXAMPLES.to_owned() + &TARGETS.iter().map(target).collect::<String>()
}

/// Deliver the records that poll writes to a SIEM's own intake.
///
/// docs/deliver.md has the settings of each target. Secrets are named as env:VARIABLE or file:PATH.
/// The target sentinel is signed in to with a secret, a certificate or a federation, which is the
/// path of a token file here. How far the file was delivered stands beside it and moves only after the target
/// took the records, so that it may be stopped at any time. What the target will never take goes to
/// quarantine/ beside the file, with the reason.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Deliver {
    /// The file with the target and its settings as a JSON object, in place of DRAWBRIDGE_DELIVER.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The records.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "drawbridge-data/siem.ndjson"
    )]
    pub(crate) file: PathBuf,
    /// The format that they are in.
    #[arg(long, value_name = "NAME", default_value = "siem")]
    pub(crate) format: String,
    /// The name of the tenant that they are of, for targets that tell it.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) tenant: String,
    /// Deliver what there is and end.
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Look for new records this far apart: 5s, 1m.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub(crate) every: SignedDuration,
    /// Tell what was done in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
