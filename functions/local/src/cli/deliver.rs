use std::path::PathBuf;

use clap::{ArgGroup, Args};
use drawbridge_config::defaults;
use drawbridge_deliver::{TARGETS, TargetType};
use jiff::SignedDuration;

use super::format::format_name;
use super::time::duration;

const EXAMPLES: &str = "\
Examples:
  drawbridge deliver --to splunk.json --check              one test record, and the result
  drawbridge deliver --to splunk.json --all                as records come, the files of all tenants
  drawbridge deliver --to splunk.json --all --once --json  for cron
  drawbridge deliver --to splunk.json --file drawbridge-data/contoso/siem.ndjson
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

/// One of these says what is delivered.
fn what() -> ArgGroup {
    ArgGroup::new("what")
        .args(["file", "all", "check"])
        .required(true)
}

/// Deliver the records that poll writes to a SIEM's own intake.
///
/// docs/deliver.md has the settings of each target. Secrets are named as env:VARIABLE or file:PATH.
/// A checkpoint beside the file says how far it was delivered. It moves only after the target has
/// taken the records, so you can stop the command at any time. What the target will never take goes to
/// quarantine/ in the data folder, with the reason, and `drawbridge replay` delivers it again.
#[derive(Debug, Args)]
#[command(after_help = after_help(), group = what())]
#[group(skip)]
pub(crate) struct Deliver {
    /// The file with the target and its settings as a JSON object, in place of DRAWBRIDGE_DELIVER.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The file of records, of one tenant.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Deliver the files of all tenants of the folder, DIR/NAME/FORMAT.ndjson or .log.
    #[arg(long)]
    pub(crate) all: bool,
    /// With --all: the folder [default: drawbridge-data].
    // Not `requires`: clap would not ask for a member of a group of which another one is given.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "check"])]
    pub(crate) out: Option<PathBuf>,
    /// Connect, sign in, send one record that says it is a test, and report the result. Nothing else is
    /// delivered.
    #[arg(long, conflicts_with_all = ["once", "set_aside", "every"])]
    pub(crate) check: bool,
    /// The format of the records.
    #[arg(long, value_name = "NAME", default_value = defaults::OUTPUT, value_parser = format_name())]
    pub(crate) format: String,
    /// The tenant that the records belong to, for targets that show it [default: the one in whose folder
    /// the file is; else local].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["all", "check"])]
    pub(crate) tenant: Option<String>,
    /// Put records aside even if the target refuses every one of them. Without it they wait, since then
    /// it is a setting that is wrong, and not the records.
    #[arg(long)]
    pub(crate) set_aside: bool,
    /// Deliver the records that there are and end.
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Look for new records this far apart: 5s, 1m.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s")]
    pub(crate) every: SignedDuration,
    /// Print what was done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
