use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use jiff::{SignedDuration, Timestamp};

use super::format::format_name;
use super::hint::Hint;
use super::time::{duration, time};

const EXAMPLES: &str = "\
Examples:
  drawbridge poll --tenant-id ID --client-id ID          once a minute into ./drawbridge-data
  drawbridge poll --tenant-id ID --client-id ID --once --json                        for cron
  drawbridge poll --tenant-id ID --client-id ID --since 2026-01-01T00:00:00Z --every 5m
  drawbridge poll --tenant-id ID --client-id ID --cloud gcc-high
  drawbridge poll --all                                  every tenant of `drawbridge tenants`
  drawbridge poll --tenant contoso --tenant fabrikam --once --json";

/// The arguments that go with --tenant-id alone: a document that is named says all of that.
const OF_DOCUMENTS: [&str; 9] = [
    "tenant_id",
    "client_id",
    "secret_file",
    "cloud",
    "since",
    "format",
    "service_sources",
    "allow_unknown",
    "page_size",
];

/// One of these says who is polled.
fn who() -> ArgGroup {
    let group = ArgGroup::new("who").args(["tenant_id", "tenants", "all"]);
    group.required(true).multiple(true)
}

/// Poll tenants and append the records of each to a file that any shipper can tail.
///
/// Each tenant has a document in the folder, tenants/NAME.toml, and its records are in
/// NAME/FORMAT.ndjson, or .log for text. --all polls every tenant, --tenant those you name; new and
/// changed documents are taken up between polls. Ctrl-C ends it after the current page; nothing is
/// lost or written twice, and the next run reads what is left.
///
/// --tenant-id is the short way to a first tenant: it polls the tenant with this id, and if there is
/// none, writes its document first, named after the id. What else you give has to agree with the
/// document. The client secret comes from the variable DRAWBRIDGE_CLIENT_SECRET or from a file, never
/// from the command line. The app registration needs the application permission
/// SecurityAlert.Read.All with admin consent.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = who())]
#[group(skip)]
pub(crate) struct Poll {
    /// The directory (tenant) id in Entra; a document is written if no tenant of the folder has it.
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
    /// Read the client secret from this file in place of DRAWBRIDGE_CLIENT_SECRET: one that is named
    /// after the tenant, such as drawbridge-data/secrets/ID.txt.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The cloud of the tenant: global, gcc-high or dod [default: global, or the hosts in
    /// DRAWBRIDGE_LOGIN_URL and DRAWBRIDGE_GRAPH_URL].
    #[arg(long, value_name = "NAME")]
    pub(crate) cloud: Option<String>,
    /// Where the first poll starts [default: a day ago]; later ones go on from the state.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Poll once and end.
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// How long to wait between two polls: 30s, 5m.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1m")]
    pub(crate) every: SignedDuration,
    /// Where to write the records, the state and the quarantine.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data")]
    pub(crate) out: PathBuf,
    /// The record format [default: siem].
    #[arg(long, value_name = "NAME", value_parser = format_name())]
    pub(crate) format: Option<String>,
    /// The products whose alerts are read, or "all"; may be given several times
    /// [default: microsoftDefenderForEndpoint].
    #[arg(long = "service-source", value_name = "NAME")]
    pub(crate) service_sources: Vec<String>,
    /// Accept products that this release does not know.
    #[arg(long)]
    pub(crate) allow_unknown: bool,
    /// Alerts per page, 1 to 1000 [default: 1000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: Option<u32>,
    /// With --all: write metrics of every tenant to this file each round, as OpenMetrics text, for the
    /// textfile collector of Prometheus' node exporter. Its name has to end in .prom for that.
    #[arg(long, value_name = "FILE", requires = "all", conflicts_with_all = ["once", "tenants", "tenant_id"], value_parser = metrics_file)]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Print a report in JSON on standard output: one at the end with --once, else one per poll.
    #[arg(long)]
    pub(crate) json: bool,
}

const METRICS_FILE: Hint =
    Hint("give a name that ends in .prom, in small letters: the collector reads no other file");

/// Another name would be written to in vain.
fn metrics_file(path: &str) -> Result<PathBuf, Hint> {
    match Path::new(path).extension() {
        Some(ending) if ending == "prom" => Ok(path.into()),
        _ => Err(METRICS_FILE),
    }
}
