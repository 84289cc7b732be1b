use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  drawbridge serve                                       on 127.0.0.1:8080, from ./drawbridge-data
  drawbridge serve --listen 127.0.0.1:9000 --out /var/lib/drawbridge
  drawbridge serve client                                a client of the token endpoint
  curl -H \"Authorization: Bearer $TOKEN\" 'http://127.0.0.1:8080/api/alerts?ago=PT1H'";

const CLIENT_EXAMPLES: &str = "\
Examples:
  drawbridge serve client
  drawbridge serve client --id 55555555-5555-4555-8555-555555555555    another secret of that client

The secret is printed once and not stored anywhere.";

const KEY_EXAMPLES: &str = "\
Examples:
  drawbridge serve key --out /var/lib/drawbridge
  drawbridge serve key --rotate                  once a year, or as your policy says
  drawbridge serve key --rotate --at-once        if somebody else had it
  drawbridge serve key --rotate --stdin < old.json > new.json";

/// Answer GET /api/alerts as the retired SIEM API did, from what poll has written.
///
/// It serves the tenants of the folder whose documents have an output such as siem-served and the table
/// "serve", which says whose tokens may read it; docs/served.md has both. Tokens are those of Microsoft
/// Entra for an API of your own. `drawbridge poll --all` writes the records, in another process. The
/// documents are read anew every minute, and at SIGHUP.
///
/// For connectors that cannot ask Entra for such a token there is a token endpoint of Drawbridge's own,
/// with secrets that `client` makes and tokens that are signed with what `key` makes. It is off until both
/// are there.
///
/// It speaks plain HTTP: put a reverse proxy that does TLS in front of it. Ctrl-C ends it after the
/// answers under way.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Serve {
    #[command(subcommand)]
    pub(crate) command: Option<ServeCommand>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    Client(ServeClient),
    Key(ServeKey),
}

/// Make a client of Drawbridge's own token endpoint, or another secret of one.
///
/// The secret is shown once, for the connector. Beside it are the lines for the tenant's document, which
/// has the secret's hash alone. A client may have two secrets: add the new one, change the connector, and
/// remove the old one.
#[derive(Debug, Args)]
#[command(after_help = CLIENT_EXAMPLES)]
pub(crate) struct ServeClient {
    /// The client that gets another secret; without it, a new client is made.
    #[arg(long, value_name = "GUID")]
    pub(crate) id: Option<String>,
}

/// Make the key that the tokens of Drawbridge's own token endpoint are signed with, or rotate it.
///
/// It is written into the folder, as secrets/serve-key.json, for its owner alone. A stack has its key in
/// Secrets Manager, which the template makes.
#[derive(Debug, Args)]
#[command(after_help = KEY_EXAMPLES)]
pub(crate) struct ServeKey {
    /// Replace the key with a new one, which is used after ten minutes. Tokens signed with the old key stay
    /// valid until they expire, or until the next rotation.
    #[arg(long)]
    pub(crate) rotate: bool,
    /// Invalidate all tokens signed with the old key: every connector has to get a new one.
    #[arg(long, requires = "rotate")]
    pub(crate) at_once: bool,
    /// Read the old key from standard input and write the new one to standard output, as for a stack.
    #[arg(long, requires = "rotate", conflicts_with = "out")]
    pub(crate) stdin: bool,
    /// The folder that `drawbridge serve` reads.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data")]
    pub(crate) out: PathBuf,
}
