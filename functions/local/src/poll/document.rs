//! `poll --tenant-id`: finds the document of the tenant on the command line, and writes it if there is none.

use drawbridge_config::{PolledAlerts, Tenant};
use drawbridge_entra::{Cloud, TenantId};

use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::outputs;
use crate::progress::say;
use crate::tenants::{
    Given, TenantDocument, add_document, change_bindings, sources, tenant_documents,
};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// How often writing the list is tried again if others write it at the same time.
const BIND_TRIES: usize = 20;

/// How often the document is looked for, since somebody else may write it meanwhile.
const TRIES: usize = 3;

/// The name of the tenant with the id of the command line.
pub(super) async fn name_of(
    tenant_id: &str,
    args: &cli::Poll,
    place: &DataLocation,
) -> Result<String, Failure> {
    check_values(tenant_id, args)?;
    // Objects are named by it: a domain's dots have no place there.
    let name = tenant_id.to_ascii_lowercase().replace('.', "-");
    for _ in 0..TRIES {
        let found = tenant_documents(place.store.as_ref())
            .await?
            .found_and_say_unreadable();
        if let Some(there) = of_id(tenant_id, &name, &found, place)? {
            check_agrees(there, tenant_id, args, place)?;
            // Both ids are the administrator's then, who gives the command line.
            if args.client_id.is_some() {
                bind(there.tenant.as_ref().map_err(Failure::of)?, place).await?;
            }
            return Ok(there.document.name.clone());
        }
        if write(tenant_id, &name, args, &found, place).await? {
            say(&format!(
                "wrote tenants/{name}.toml to {}: it is now a regular tenant, even if this poll fails; {} removes it",
                place.name(),
                place.command(&format!("tenants remove {name}"))
            ));
            return Ok(name);
        }
    }
    Err(Failure::of(format!(
        "tenants/{name}.toml is written by others again and again: run this again"
    )))
}

/// Checks what can be checked without the folder.
fn check_values(tenant_id: &str, args: &cli::Poll) -> Result<(), Failure> {
    if tenant_id.parse::<TenantId>().is_err() {
        return Err(Failure::usage(
            "--tenant-id must be the directory id in Entra, or one of its domains",
        ));
    }
    // A document does not repeat what it was given.
    if let Some(cloud) = &args.cloud {
        cloud
            .parse::<Cloud>()
            .map_err(|error| Failure::usage(format!("--cloud {} {error}", cli::quoted(cloud))))?;
    }
    Ok(())
}

/// The document with this id: the one that is named after it, or the only one.
fn of_id<'a>(
    tenant_id: &str,
    name: &str,
    found: &'a [TenantDocument],
    place: &DataLocation,
) -> Result<Option<&'a TenantDocument>, Failure> {
    if let Some(there) = found.iter().find(|found| found.document.name == name) {
        return Ok(Some(there));
    }
    let of_id: Vec<_> = found
        .iter()
        .filter(|found| {
            let tenant = found.tenant.as_ref();
            tenant.is_ok_and(|tenant| tenant.tenant_id.eq_ignore_ascii_case(tenant_id))
        })
        .collect();
    match of_id.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => {
            let names: Vec<_> = several.iter().map(|of| of.document.name.as_str()).collect();
            Err(Failure::of(format!(
                "{} tenants in {} have this id, {}: name the one to poll with --tenant, or poll them \
                 all with --all",
                several.len(),
                place.name(),
                names.join(" and ")
            )))
        }
    }
}

/// Checks that the other options agree with the document, since the document decides how it is polled.
fn check_agrees(
    there: &TenantDocument,
    tenant_id: &str,
    args: &cli::Poll,
    place: &DataLocation,
) -> Result<(), Failure> {
    let tenant = there.tenant.as_ref().map_err(Failure::of)?;
    if there.document.is_paused {
        return Err(Failure::of(format!(
            "{} is paused: {} has it polled again",
            there.document.name,
            place.command(&format!("tenants resume {}", there.document.name))
        )));
    }
    let others = differing(tenant, tenant_id, args);
    if others.is_empty() {
        return Ok(());
    }
    Err(Failure::of(format!(
        "{} in {} differs from what you gave for {}: give what it says, or correct it. To have it written anew as \
         you gave it, run {} first, then this again",
        there.document.key,
        place.name(),
        others.join(" and "),
        place.command(&format!("tenants remove {} --yes", there.document.name))
    )))
}

/// The options that were given and are not what a document says.
fn differing(tenant: &Tenant, tenant_id: &str, args: &cli::Poll) -> Vec<&'static str> {
    let alerts = |sources: &[String]| PolledAlerts::of(&tenant.tenant_id, sources);
    let agrees = [
        (
            "--tenant-id",
            tenant.tenant_id.eq_ignore_ascii_case(tenant_id),
        ),
        (
            "--client-id",
            args.client_id
                .as_ref()
                .is_none_or(|id| id.eq_ignore_ascii_case(&tenant.client_id)),
        ),
        (
            "--secret-file",
            args.secret_file.is_none() || secret(args) == tenant.secret,
        ),
        (
            "--cloud",
            args.cloud.is_none() || args.cloud == tenant.cloud,
        ),
        (
            "--service-source",
            sources(&args.service_sources)
                .is_none_or(|given| alerts(given) == alerts(&tenant.service_sources)),
        ),
        (
            "--allow-unknown",
            !args.allow_unknown || tenant.allow_unknown,
        ),
        (
            "--format",
            args.format
                .as_ref()
                .is_none_or(|format| outputs::names(tenant) == [format.as_str()]),
        ),
        (
            "--page-size",
            args.page_size.is_none_or(|size| size == tenant.page_size),
        ),
    ];
    let others = agrees.into_iter().filter(|(_, agrees)| !agrees);
    others.map(|(option, _)| option).collect()
}

/// Where the client secret is kept. A file's path is absolute, so that it also holds for other commands.
fn secret(args: &cli::Poll) -> Option<String> {
    Some(match &args.secret_file {
        Some(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            format!("file:{}", path.display())
        }
        None => format!("env:{SECRET_VARIABLE}"),
    })
}

/// Writes the document; `false` if somebody else did meanwhile.
async fn write(
    tenant_id: &str,
    name: &str,
    args: &cli::Poll,
    found: &[TenantDocument],
    place: &DataLocation,
) -> Result<bool, Failure> {
    let secret = secret(args);
    let outputs: Vec<String> = args.format.iter().cloned().collect();
    let given = Given {
        tenant_id,
        client_id: args.client_id.as_deref().unwrap_or_default(),
        secret: secret.as_deref(),
        cloud: args.cloud.as_deref(),
        service_sources: sources(&args.service_sources),
        allow_unknown: args.allow_unknown,
        outputs: &outputs,
        page_size: args.page_size,
        ..Given::default()
    };
    if !add_document(name, &given, found, place).await? {
        return Ok(false);
    }
    bind(&given.tenant(name)?, place).await?;
    Ok(true)
}

/// Notes in the administrator's list whose secret `DRAWBRIDGE_CLIENT_SECRET` is, if it is the tenant's.
async fn bind(tenant: &Tenant, place: &DataLocation) -> Result<(), Failure> {
    let is_at_microsoft = tenant.login_url.is_none() && tenant.graph_url.is_none();
    if tenant.federation.is_some() || !tenant.needs_entry() || !is_at_microsoft {
        return Ok(());
    }
    let store = place.store.as_ref();
    let mut tries = 0;
    loop {
        tries += 1;
        let bound = change_bindings(store, |bindings| {
            let is_new = !bindings.has_ids_of(tenant);
            if is_new {
                bindings.bind(tenant, false);
            }
            is_new
        });
        match bound.await {
            // Another poll may write the list at the same time.
            Err(_) if tries < BIND_TRIES => {}
            bound => return bound.map(drop),
        }
    }
}
