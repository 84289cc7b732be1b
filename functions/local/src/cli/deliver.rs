use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

const EXAMPLES: &str = "\
Examples:
  drawbridge deliver --to splunk.json                      as records come, from ./drawbridge-data
  drawbridge deliver --to splunk.json --once --json        for cron
  DRAWBRIDGE_DELIVER='{...}' drawbridge deliver --file records/native.ndjson --format native
splunk.json:
  {\"target\":\"splunk-hec\",\"url\":\"https://splunk.example.com:8088\",\"secret\":\"env:HEC_TOKEN\"}
syslog.json:
  {\"target\":\"syslog\",\"address\":\"siem.example.com:6514\",\"ca\":\"/etc/siem-ca.pem\"}
webhook.json, for a receiver that reads lines and not a JSON array:
  {\"target\":\"webhook\",\"url\":\"https://hooks.example.com/alerts\",\"secret\":\"env:HOOK_KEY\",
   \"body\":\"ndjson\"}
sentinel.json, signed in to with a certificate:
  {\"target\":\"sentinel\",\"url\":\"https://...ingest.monitor.azure.com\",\"dcr\":\"dcr-...\",
   \"stream\":\"Custom-DrawbridgeSiem_CL\",\"tenant_id\":\"...\",\"client_id\":\"...\",
   \"certificate\":\"file:/etc/drawbridge/identity.pem\"}";

/// Deliver the records that poll writes to a SIEM's own intake.
///
/// The targets are splunk-hec, splunk-soar, sentinel, syslog (over TLS) and webhook;
/// docs/deliver.md has the settings of each. Secrets are named as env:VARIABLE or file:PATH;
/// sentinel is signed in to with a secret, a certificate or a federation, which is the path of a
/// token file here. How far the file was delivered stands beside it and moves only after the target
/// took the records, so that it may be stopped at any time. What the target will never take goes to
/// quarantine/ beside the file, with the reason.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
