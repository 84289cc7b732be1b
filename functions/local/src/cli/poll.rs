use std::path::PathBuf;

use clap::Args;
use drawbridge_config::defaults;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::format::format_name;
use super::time::time;

const EXAMPLES: &str = "\
Examples:
  drawbridge poll --tenant-id ID --client-id ID          once a minute into ./drawbridge-data
  drawbridge poll --tenant-id ID --client-id ID --once --json                        for cron
  drawbridge poll --tenant-id ID --client-id ID --since 2026-01-01T00:00:00Z --every 5m
  drawbridge poll --tenant-id ID --client-id ID --cloud gcc-high --secret-file secret.txt
  drawbridge poll --all                                  every tenant of `drawbridge tenants`
  drawbridge poll --tenant contoso --tenant fabrikam --once --json";

/// The arguments that a tenant's document takes the place of.
const OF_DOCUMENTS: [&str; 11] = [
    "tenant_id",
    "client_id",
    "secret_file",
    "cloud",
    "login_url",
    "graph_url",
    "since",
    "format",
    "service_sources",
    "allow_unknown",
    "page_size",
];

/// Poll a tenant and append its records to a file that any shipper can tail.
///
/// The app registration needs the application permission SecurityAlert.Read.All with admin
/// consent. The client secret comes from the variable DRAWBRIDGE_CLIENT_SECRET or from a file,
/// never from the command line. Ctrl-C ends it after the page at hand; nothing is lost, and the
/// next run goes on where this one ended.
///
/// With --tenant or --all, it polls tenants that have documents in the folder, side by side, each
/// into NAME/FORMAT.ndjson; new and changed documents are taken up between polls.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[group(id = "polled", required = true, multiple = true, args = ["tenant_id", "tenants", "all"])]
pub(crate) struct Poll {
    /// The directory (tenant) id in Entra.
    #[arg(long, value_name = "ID", requires = "client_id")]
    pub(crate) tenant_id: Option<String>,
    /// The application (client) id of the app registration.
    #[arg(long, value_name = "ID", requires = "tenant_id")]
    pub(crate) client_id: Option<String>,
    /// A tenant that has a document in the folder; may be given several times.
    #[arg(long = "tenant", value_name = "NAME", conflicts_with_all = OF_DOCUMENTS)]
    pub(crate) tenants: Vec<String>,
    /// All tenants that have documents in the folder and are not paused.
    #[arg(long, conflicts_with = "tenants", conflicts_with_all = OF_DOCUMENTS)]
    pub(crate) all: bool,
    /// Read the client secret from this file in place of DRAWBRIDGE_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The cloud that the tenant lives in: global, gcc-high or dod [default: global, or where
    /// DRAWBRIDGE_LOGIN_URL and DRAWBRIDGE_GRAPH_URL lead].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["login_url", "graph_url"])]
    pub(crate) cloud: Option<String>,
    /// The sign-in host in place of the cloud's; plain http only on this machine.
    #[arg(long, value_name = "URL", requires = "graph_url")]
    pub(crate) login_url: Option<Url>,
    /// The Graph root in place of the cloud's.
    #[arg(long, value_name = "URL", requires = "login_url")]
    pub(crate) graph_url: Option<Url>,
    /// Where the first poll starts [default: a day ago]; later ones go on from the state.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Poll once and end.
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Poll again and again, this far apart: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) every: SignedDuration,
    /// Where to write the records, the state and the quarantine.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data")]
    pub(crate) out: PathBuf,
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = "siem", value_parser = format_name())]
    pub(crate) format: String,
    /// The products whose alerts are read, or "all"; may be given several times.
    #[arg(
        long = "service-source",
        value_name = "NAME",
        default_value = defaults::SERVICE_SOURCES[0]
    )]
    pub(crate) service_sources: Vec<String>,
    /// Take products that this release does not know of Graph.
    #[arg(long)]
    pub(crate) allow_unknown: bool,
    /// Alerts per page, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = defaults::PAGE_SIZE, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
    /// With --all: write metrics of every tenant to this file each round, as OpenMetrics text, for the
    /// textfile collector of Prometheus' node exporter. Its name has to end in .prom for that.
    #[arg(long, value_name = "FILE", requires = "all", conflicts_with_all = ["once", "tenants", "tenant_id"])]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Print a report in JSON on standard output: one at the end with --once, else one per poll.
    #[arg(long)]
    pub(crate) json: bool,
}
