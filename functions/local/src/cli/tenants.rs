use clap::{Args, Subcommand};
use url::Url;

use super::DataLocationArgs;

const EXAMPLES: &str = "\
Examples:
  drawbridge tenants add contoso --tenant-id ID --client-id ID --secret CONTOSO_SECRET
  drawbridge tenants check contoso               sign in and ask for one alert, for real
  drawbridge tenants list
  drawbridge tenants pause contoso
  drawbridge tenants list --stack STACK          the same for a stack on AWS";

const ADD_EXAMPLES: &str = "\
Examples:
  drawbridge tenants add contoso --tenant-id ID --client-id ID --secret CONTOSO_SECRET
  drawbridge tenants add gov --tenant-id ID --client-id ID --certificate drawbridge-data/secrets/gov.pem --cloud gcc-high
  drawbridge tenants add fabrikam --tenant-id ID --client-id ID --federation aws --stack STACK
  drawbridge tenants add xdr --tenant-id ID --client-id ID --secret XDR_SECRET --service-source all --output ocsf

On one machine the secret's NAME is a variable of the environment, or a file (a path with a slash
or a dot); on a stack a name or an ARN in Secrets Manager.";

const LIST_EXAMPLES: &str = "\
Examples:
  drawbridge tenants list
  drawbridge tenants list --json | jq -r 'select(.paused) | .name'

The exit code is 1 if a tenant that is not paused is broken, or if a file in tenants/ is not a document.";

const CHECK_EXAMPLES: &str = "\
Examples:
  drawbridge tenants check contoso fabrikam
  drawbridge tenants check --all
  drawbridge tenants check --all --json | jq 'select(.works | not)'

The exit code is 1 if any of them does not work. A warning, such as that a certificate ends soon, is
printed and leaves it at 0.";

const ALLOW_EXAMPLES: &str = "\
Examples:
  drawbridge tenants allow fabrikam --stack STACK
  drawbridge tenants allow fabrikam --revoke --stack STACK";

const REMOVE_EXAMPLES: &str = "\
Examples:
  drawbridge tenants remove contoso
  drawbridge tenants remove contoso --yes        without asking, for scripts";

const PURGE_EXAMPLES: &str = "\
Examples:
  drawbridge tenants purge contoso --dry-run     what would be removed
  drawbridge tenants pause contoso               a tenant that is polled cannot be purged
  drawbridge tenants purge contoso
  drawbridge tenants purge contoso --yes --json  without asking, for scripts

If it is interrupted, the same command goes on with the rest.";

const PAUSE_EXAMPLES: &str = "\
Examples:
  drawbridge tenants pause contoso
  drawbridge tenants resume contoso              it goes on from its watermark";

/// Add, list, check, pause and remove tenants.
///
/// A tenant is one document, tenants/NAME.toml or .json in the folder or the stack's bucket. What
/// you add is polled within a minute, on a stack within five.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tenants {
    #[command(subcommand)]
    pub(crate) command: TenantsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantsCommand {
    Add(Box<TenantsAdd>),
    Allow(TenantsAllow),
    List(TenantsList),
    Check(TenantsCheck),
    Remove(TenantsRemove),
    Purge(TenantsPurge),
    /// Stop polling a tenant, and keep its document and its state.
    Pause(TenantsMove),
    /// Poll a paused tenant again, from its watermark on.
    Resume(TenantsMove),
    /// Print the JSON Schema of a tenant's document, for editors and pipelines.
    #[command(after_help = "Examples:\n  drawbridge tenants schema > tenant.schema.json")]
    Schema,
}

/// Add a tenant: write its document.
///
/// Entra is not contacted; `tenants check` does that. One of --secret, --certificate and --federation
/// says what the tenant signs in with, and names where that is kept, never the secret itself.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
#[group(id = "identity", required = true, multiple = false, args = ["secret", "certificate", "federation"])]
pub(crate) struct TenantsAdd {
    /// What to call it, in keys, metrics and jobs: a-z, 0-9 and -.
    pub(crate) name: String,
    /// The directory (tenant) id in Entra.
    #[arg(long, value_name = "ID")]
    pub(crate) tenant_id: String,
    /// The application (client) id of the app registration.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// The name under which the client secret is kept.
    #[arg(long, value_name = "NAME")]
    pub(crate) secret: Option<String>,
    /// The name under which the certificate with its key is kept, as PEM.
    #[arg(long, value_name = "NAME")]
    pub(crate) certificate: Option<String>,
    /// Sign in without a stored secret: "aws" for the poll function's role, or the path of a token file.
    #[arg(long, value_name = "aws|FILE")]
    pub(crate) federation: Option<String>,
    /// The cloud of the tenant: global, gcc-high or dod [default: global, or the hosts that the
    /// administrator has set for all tenants].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["login_url", "graph_url"])]
    pub(crate) cloud: Option<String>,
    /// The sign-in host in place of the cloud's, if the administrator has allowed it.
    #[arg(long, value_name = "URL", requires = "graph_url")]
    pub(crate) login_url: Option<Url>,
    /// The Graph root in place of the cloud's.
    #[arg(long, value_name = "URL", requires = "login_url")]
    pub(crate) graph_url: Option<Url>,
    /// A product whose alerts are read, or "all"; may be given several times
    /// [default: microsoftDefenderForEndpoint].
    #[arg(long = "service-source", value_name = "NAME")]
    pub(crate) service_sources: Vec<String>,
    /// A severity that is read; may be given several times [default: all].
    #[arg(long = "severity", value_name = "NAME")]
    pub(crate) severities: Vec<String>,
    /// Accept products and severities that this release does not know.
    #[arg(long)]
    pub(crate) allow_unknown: bool,
    /// An output, such as siem or ocsf-objects; may be given several times. One that is served needs a
    /// table in the document, which docs/served.md has
    /// [default: all of the stack's; in a folder siem].
    #[arg(long = "output", value_name = "NAME")]
    pub(crate) outputs: Vec<String>,
    /// Write JSON in place of TOML.
    #[arg(long)]
    pub(crate) json_document: bool,
    /// Replace the document if there is one.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// List the tenants, how they sign in, and how far each was read.
///
/// With --stack, the tenant of the stack's parameters is among them, which has no document.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct TenantsList {
    /// Print one JSON object per line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Sign in as the tenants, ask Graph for one alert, and say what is wrong.
///
/// It signs in for real: the token with its permission and the answer of Graph are those that a poll
/// would get. Nothing is written. With --stack, the tenant of the stack's parameters is checked as well, and
/// an output that the stack does not have is refused.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
#[group(id = "names or all", required = true, multiple = false, args = ["names", "all"])]
pub(crate) struct TenantsCheck {
    /// The tenants to check, paused ones too.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Check all tenants that are not paused.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object per tenant, each on a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Let a document sign in with a federated credential: for the administrator.
///
/// A federated identity has no secret that would distinguish one document from another. So the ids that the
/// document has now are written to admin/tenants.toml, and with others it is refused. Those who write
/// documents must not be able to write there.
#[derive(Debug, Args)]
#[command(after_help = ALLOW_EXAMPLES)]
pub(crate) struct TenantsAllow {
    /// The document's name.
    pub(crate) name: String,
    /// Let it take the place of the tenant of this name in the stack's parameters.
    #[arg(long)]
    pub(crate) replaces_first_tenant: bool,
    /// Take the permission back.
    #[arg(long, conflicts_with = "replaces_first_tenant")]
    pub(crate) revoke: bool,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Remove a tenant: delete its document. Its state and its records stay.
#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct TenantsRemove {
    /// The tenant's name.
    pub(crate) name: String,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Remove all that is kept of a tenant that is paused or was removed.
///
/// That is its records and objects, its quarantine, its state and its document, and what is kept
/// beside them. The command shows what there is, asks, and says what it cannot reach, such as records
/// in the SIEM.
#[derive(Debug, Args)]
#[command(after_help = PURGE_EXAMPLES)]
pub(crate) struct TenantsPurge {
    /// The tenant's name.
    pub(crate) name: String,
    /// Do not ask for confirmation.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Show what would be removed, and remove nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

#[derive(Debug, Args)]
#[command(after_help = PAUSE_EXAMPLES)]
pub(crate) struct TenantsMove {
    /// The tenant's name.
    pub(crate) name: String,
    /// Print one JSON object, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
