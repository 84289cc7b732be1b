use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use drawbridge_entra::is_guid;
use jiff::Timestamp;

use super::hint::Hint;
use super::time::time;

const EXAMPLES: &str = "\
Examples:
  drawbridge simulate                                    generated alerts of the last day
  drawbridge simulate --alerts alerts.json               your own alerts
  drawbridge simulate --listen 127.0.0.1:8080 --requests-per-minute 150
  drawbridge simulate --to 2026-01-01T18:00:00Z          alerts still turn up until then
  drawbridge simulate --tenants 50 --documents drawbridge-data/fifty    50 tenants and their documents
It prints the poll command that reads them into a folder of their own.";

/// Serve a simulated Microsoft Graph: the token endpoint and alerts_v2.
///
/// It serves generated alerts over all 48 evidence types, or those of a file, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<Timestamp>,
    /// When the last generated alert was updated [default: a minute ago]. While it is in
    /// the future, new alerts turn up, and known ones get more evidence.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Option<Timestamp>,
    /// Wait this long before answering a page.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) page_latency_ms: u64,
    /// Answer 429 above this many requests per minute, as Graph does at 150.
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_minute: Option<u32>,
    /// Serve this many tenants, each with alerts and a request limit of its own.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) tenants: u16,
    /// Write each tenant's document into DIR/tenants/. Name a new folder for each simulation:
    /// polls go on where those of an earlier one ended.
    #[arg(long, value_name = "DIR")]
    pub(crate) documents: Option<PathBuf>,
    /// Answer without gzip, to measure without its cost.
    #[arg(long)]
    pub(crate) no_gzip: bool,
    /// The tenant that it signs in.
    #[arg(long, value_name = "ID", default_value = SIMULATED_TENANT, value_parser = guid)]
    pub(crate) tenant_id: String,
    /// The application that it signs in.
    #[arg(long, value_name = "ID", default_value = SIMULATED_CLIENT, value_parser = guid)]
    pub(crate) client_id: String,
    /// The client secret that it accepts.
    #[arg(long, value_name = "TEXT", default_value = SIMULATED_SECRET)]
    pub(crate) client_secret: String,
}

const GUID: Hint = Hint("give a GUID, such as 11111111-1111-4111-8111-111111111111");

/// An id as Entra gives it: `poll` takes no other.
fn guid(text: &str) -> Result<String, Hint> {
    is_guid(text).then(|| text.to_owned()).ok_or(GUID)
}

/// The simulator's tenant, unless another one is given.
pub(crate) const SIMULATED_TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// The simulator's application, unless another one is given.
pub(crate) const SIMULATED_CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// The simulator's client secret, unless another one is given. It opens nothing.
pub(crate) const SIMULATED_SECRET: &str = "simulated";
