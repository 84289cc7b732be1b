//! `drawbridge tenants`: documents, as people handle them, and the tenant of a stack's parameters.

mod absent;
mod add;
pub(crate) mod admission;
mod allow;
mod alone;
mod bindings;
pub(crate) mod check;
mod duplicate_tenants;
mod evidence;
pub(crate) mod first_poll;
pub(crate) mod first_tenant;
mod forget;
mod known_tenants;
mod list;
mod list_text;
mod pause;
mod polled_document;
mod purge;
mod remove;
mod state_says;
pub(crate) mod taken;
mod tenant_document;
mod unknown_tenant;
mod verdicts;
mod version;

use std::io::Write as _;

pub(crate) use add::{Given, add_document, sources};
pub(crate) use bindings::change_bindings;
pub(crate) use known_tenants::KnownTenants;
pub(crate) use pause::is_paused;
pub(crate) use polled_document::polled_document;
pub(crate) use tenant_document::{TenantDocument, TenantDocuments, tenant_documents};
pub(crate) use unknown_tenant::{check_known, unknown};

use crate::cli::{self, TenantsCommand};
use crate::failure::Failure;

/// Does what one of the commands asks for.
pub(crate) async fn run(args: cli::Tenants) -> Result<(), Failure> {
    match args.command {
        TenantsCommand::Add(args) => add::run(*args).await,
        TenantsCommand::Allow(args) => allow::run(&args).await,
        TenantsCommand::List(args) => list::run(&args).await,
        TenantsCommand::Check(args) => check::run(&args).await,
        TenantsCommand::Remove(args) => remove::run(&args).await,
        TenantsCommand::Purge(args) => purge::run(&args).await,
        TenantsCommand::Pause(args) => pause::run(&args, true).await,
        TenantsCommand::Resume(args) => pause::run(&args, false).await,
        TenantsCommand::Schema => schema(),
    }
}

fn schema() -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    serde_json::to_writer_pretty(&mut out, &drawbridge_config::schema())
        .map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
