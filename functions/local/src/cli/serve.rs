use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  drawbridge serve                                       on 127.0.0.1:8080, from ./drawbridge-data
  drawbridge serve --listen 127.0.0.1:9000 --out /var/lib/drawbridge
  curl -H \"Authorization: Bearer $TOKEN\" 'http://127.0.0.1:8080/api/alerts?ago=PT1H'";

/// Answer GET /api/alerts as the retired SIEM API did, from what poll has written.
///
/// It serves the tenants of the folder whose documents have an output such as siem-served and the table
/// "serve", which says whose tokens may read it; docs/served.md has both. Tokens are those of Microsoft
/// Entra for an API of your own. `drawbridge poll --all` writes the records, in another process. The
/// documents are read anew every minute, and at SIGHUP.
///
/// It speaks plain HTTP: put a reverse proxy that does TLS in front of it. Ctrl-C ends it after the
/// answers under way.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// The address to listen on, on this machine; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Listen on an address that other machines reach, without TLS: anyone on the way can read tokens
    /// and records.
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
    /// The folder that poll writes into.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data")]
    pub(crate) out: PathBuf,
}
