use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// Microsoft Defender alerts from Graph, as the records that your SIEM already understands.
///
/// Without a command, it shows what it does: it starts a Graph simulator on this machine, polls it
/// to the end and writes the records to a folder. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "drawbridge", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  drawbridge                                     the demo
  drawbridge map alerts.json                     alerts in, records out
  drawbridge explain alert.json                  where each key of the record comes from
  drawbridge poll --tenant-id ID --client-id ID  poll a real tenant into ./drawbridge-data

Set DRAWBRIDGE_LOG=debug to see what it does. The exit code is 0 only when all went well,
1 when something failed or was put aside, 2 when the command line is wrong.";

const DEMO_EXAMPLES: &str = "\
Examples:
  drawbridge demo                        3,000 alerts into drawbridge-data/demo
  drawbridge demo --count 100000         how fast it is
  drawbridge demo --out /tmp/records     into another folder";

const SIMULATE_EXAMPLES: &str = "\
Examples:
  drawbridge simulate                                    generated alerts of the last day
  drawbridge simulate --alerts alerts.json               your own alerts
  drawbridge simulate --listen 127.0.0.1:8080 --requests-per-minute 150
It prints the poll command that reads them; give that DRAWBRIDGE_CLIENT_SECRET=simulated.";

const POLL_EXAMPLES: &str = "\
Examples:
  drawbridge poll --tenant-id ID --client-id ID          once a minute into ./drawbridge-data
  drawbridge poll --tenant-id ID --client-id ID --once --json                        for cron
  drawbridge poll --tenant-id ID --client-id ID --since 2026-01-01T00:00:00Z --every 5m
  drawbridge poll --tenant-id ID --client-id ID --cloud gcc-high --secret-file secret.txt";

const DELIVER_EXAMPLES: &str = "\
Examples:
  drawbridge deliver --to splunk.json                      as records come, from ./drawbridge-data
  drawbridge deliver --to splunk.json --once --json        for cron
  DRAWBRIDGE_DELIVER='{...}' drawbridge deliver --file records/native.ndjson --format native
splunk.json:
  {\"target\":\"splunk-hec\",\"url\":\"https://splunk.example.com:8088\",\"secret\":\"env:HEC_TOKEN\"}
syslog.json:
  {\"target\":\"syslog\",\"address\":\"siem.example.com:6514\",\"ca\":\"/etc/siem-ca.pem\"}";

const MAP_EXAMPLES: &str = "\
Examples:
  drawbridge map alerts.json > records.ndjson
  drawbridge map < alerts.ndjson | head -n 1";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  drawbridge explain alert.json
  drawbridge explain --json < alert.json";

// What each does is said at its arguments: a line here would take the place of all of that.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Simulate(Simulate),
    Poll(Poll),
    Deliver(Deliver),
    Map(Map),
    Explain(Explain),
}

/// Poll a simulated tenant to the end and show the result.
///
/// It does so through the same client and handler as with a real tenant. Running it again writes
/// nothing twice.
#[derive(Debug, Args)]
#[command(after_help = DEMO_EXAMPLES)]
pub(crate) struct Demo {
    /// How many alerts to simulate.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub(crate) count: usize,
    /// Where to write the records and the state.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data/demo")]
    pub(crate) out: PathBuf,
}

impl Default for Demo {
    fn default() -> Self {
        Self {
            count: 3000,
            out: "drawbridge-data/demo".into(),
        }
    }
}

/// Serve a simulated Microsoft Graph: the token endpoint and alerts_v2.
///
/// It serves generated alerts over all 48 evidence types, or those of a file, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub(crate) struct Simulate {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Serve the alerts of this file: one alert, an array, a Graph list response or NDJSON.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["count", "seed", "from", "to"])]
    pub(crate) alerts: Option<PathBuf>,
    /// How many alerts to generate.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub(crate) count: usize,
    /// What to generate them from; the same seed gives the same alerts.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// When the first generated alert was updated [default: a day before --to].
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// When the last generated alert was updated [default: a minute ago].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
    /// Wait this long before answering a page.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) page_latency_ms: u64,
    /// Answer 429 above this many requests a minute, as Graph does at 150.
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_minute: Option<u32>,
    /// Answer without gzip, to measure without its cost.
    #[arg(long)]
    pub(crate) no_gzip: bool,
    /// The tenant that it signs in.
    #[arg(long, value_name = "ID", default_value = SIMULATED_TENANT)]
    pub(crate) tenant_id: String,
    /// The application that it signs in.
    #[arg(long, value_name = "ID", default_value = SIMULATED_CLIENT)]
    pub(crate) client_id: String,
    /// The client secret that it accepts.
    #[arg(long, value_name = "TEXT", default_value = SIMULATED_SECRET)]
    pub(crate) client_secret: String,
}

/// The simulator's tenant, unless told otherwise.
pub(crate) const SIMULATED_TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// The simulator's application, unless told otherwise.
pub(crate) const SIMULATED_CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// The simulator's client secret, unless told otherwise. It opens nothing.
pub(crate) const SIMULATED_SECRET: &str = "simulated";

/// Poll a tenant and append its records to a file that any shipper can tail.
///
/// The app registration needs the application permission SecurityAlert.Read.All with admin
/// consent. The client secret comes from the variable DRAWBRIDGE_CLIENT_SECRET or from a file,
/// never from the command line. Ctrl-C ends it after the page at hand; nothing is lost, and the
/// next run goes on where this one ended.
#[derive(Debug, Args)]
#[command(after_help = POLL_EXAMPLES)]
pub(crate) struct Poll {
    /// The directory (tenant) id in Entra.
    #[arg(long, value_name = "ID")]
    pub(crate) tenant_id: String,
    /// The application (client) id of the app registration.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Read the client secret from this file in place of DRAWBRIDGE_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The cloud that the tenant lives in: global, gcc-high or dod.
    #[arg(long, value_name = "NAME", default_value = "global", conflicts_with_all = ["login_url", "graph_url"])]
    pub(crate) cloud: String,
    /// The sign-in host in place of the cloud's; plain http only on this machine.
    #[arg(long, value_name = "URL", requires = "graph_url")]
    pub(crate) login_url: Option<Url>,
    /// The Graph root in place of the cloud's.
    #[arg(long, value_name = "URL", requires = "login_url")]
    pub(crate) graph_url: Option<Url>,
    /// Where the first poll starts [default: a day ago]; later ones go on from the state.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// Poll once and end.
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Poll again and again, this far apart: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) every: SignedDuration,
    /// Where to write: the records, the state, and what had to be put aside.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data")]
    pub(crate) out: PathBuf,
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = "siem")]
    pub(crate) format: String,
    /// The products whose alerts are read, or "all"; may be given several times.
    #[arg(
        long = "service-source",
        value_name = "NAME",
        default_value = "microsoftDefenderForEndpoint"
    )]
    pub(crate) service_sources: Vec<String>,
    /// Alerts a page, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
    /// End with a report in JSON on standard output (with --once), or one a poll.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Deliver the records that poll writes to a SIEM's own intake.
///
/// The targets are splunk-hec, splunk-soar, sentinel, syslog (over TLS) and webhook;
/// docs/deliver.md has the settings of each. Secrets are named as env:VARIABLE or file:PATH. How
/// far the file was delivered stands beside it and moves only after the target took the records,
/// so that it may be stopped at any time. What the target will never take goes to quarantine/
/// beside the file, with the reason.
#[derive(Debug, Args)]
#[command(after_help = DELIVER_EXAMPLES)]
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

/// Map alerts to records: JSON in, one record a line out.
///
/// The input is one alert, an array, a Graph list response or NDJSON. An alert that cannot be read
/// is reported on standard error with its position and id; the others are mapped, and the exit
/// code is 1 at the end.
#[derive(Debug, Args)]
#[command(after_help = MAP_EXAMPLES)]
pub(crate) struct Map {
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = "siem")]
    pub(crate) format: String,
    /// The input; "-" is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}

/// Show each key of an alert's records with its value and where that came from.
///
/// The input is one alert, or a list, of which the first is taken.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = "siem")]
    pub(crate) format: String,
    /// As JSON, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    /// The input; "-" is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_demo_has_the_same_defaults_with_and_without_its_name() {
        let Some(Command::Demo(named)) = Cli::parse_from(["drawbridge", "demo"]).command else {
            panic!("no demo");
        };
        let bare = Demo::default();
        assert_eq!((named.count, named.out), (bare.count, bare.out));
    }
}
