use std::io::Write as _;

use bytes::Bytes;
use drawbridge_config::{PAUSED_FOLDER, TENANTS_FOLDER, Tenant, is_name, parse};
use drawbridge_store::{Catalogue, StoreError};
use serde::Serialize;

use super::admission::check_name;
use super::alone::check_alone;
use super::bindings::replaces_first;
use super::first_tenant::FirstTenant;
use super::tenant_document::{TenantDocument, tenant_documents};
use super::version::remove_version;
use crate::cli::{self, TenantsAdd};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen::print_done;

/// What was given, in the order in which a document says it. All else is left to the defaults.
#[derive(Default, Serialize)]
pub(crate) struct Given<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) federation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cloud: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) login_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) graph_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_sources: Option<&'a [String]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) severities: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_unknown: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) outputs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_size: Option<u32>,
}

impl Given<'_> {
    /// The tenant that a document of it would make, but that no document says it.
    pub(crate) fn tenant(&self, name: &str) -> Result<Tenant, Failure> {
        let text = serde_json::to_string(self).map_err(|_| no_form())?;
        let tenant = parse(name, "arguments.json", text.as_bytes()).map_err(Failure::usage)?;
        Ok(Tenant {
            is_document: false,
            ..tenant
        })
    }
}

fn no_form() -> Failure {
    Failure::of("the document has no form in that notation")
}

/// The products that a command line names, with `all` for every one there is; `None` for the default.
pub(crate) fn sources(given: &[String]) -> Option<&[String]> {
    match given {
        [] => None,
        [one] if one == "all" => Some(&[]),
        some => Some(some),
    }
}

pub(super) async fn run(args: TenantsAdd) -> Result<(), Failure> {
    let name = &args.name;
    check_is_name(name)?;
    let place = DataLocation::open(&args.place).await?;
    let found = tenant_documents(place.store.as_ref())
        .await?
        .found_and_say_unreadable();
    let old = found.iter().find(|found| found.document.name == *name);
    if let (Some(old), false) = (old, args.replace) {
        return Err(Failure::of(format!(
            "there is a tenant {name:?} in {} already, {}: give --replace to write it anew, or \
             another name",
            place.name(),
            old.document.key
        )));
    }
    if let Some(old) = old.filter(|old| old.etag.is_none())
        && let Err(error) = &old.tenant
    {
        return Err(Failure::of(format!(
            "{error}; nothing was written: take it away with `drawbridge tenants remove {name}{}`",
            place.options()
        )));
    }
    let is_paused = old.is_some_and(|old| old.document.is_paused);
    let folder = if is_paused {
        PAUSED_FOLDER
    } else {
        TENANTS_FOLDER
    };
    let ending = if args.json_document { "json" } else { "toml" };
    let key = format!("{folder}{name}.{ending}");
    let body = document(&args)?;
    let beside = (!is_paused).then_some(found.as_slice());
    let tenant = checked(name, &key, &body, beside, &place).await?;

    let unread = match FirstTenant::of(name, &place)? {
        _ if is_paused => None,
        FirstTenant::This if replaces_first(place.store.as_ref(), name).await? => None,
        first => first.written(name, &place.options()),
    };
    let kind = if args.json_document {
        "application/json"
    } else {
        "application/toml"
    };
    let old_here = old.filter(|old| old.document.key == key);
    let expected = old_here.and_then(|old| old.etag.as_ref());
    match place
        .store
        .put_if(&key, Bytes::from(body), kind, expected)
        .await
    {
        Ok(_) => {}
        Err(StoreError::Conflict { place }) => {
            return Err(Failure::of(format!(
                "somebody else wrote {place} meanwhile; nothing was changed: look at it, then run \
                 this again"
            )));
        }
        Err(error) => return Err(Failure::of(error)),
    }
    // In the other notation, it would be there twice.
    if let Some(old) = old.filter(|old| old.document.key != key) {
        remove_other(place.store.as_ref(), old, &key).await?;
    }
    let then = match unread {
        Some(unread) => unread,
        None if is_paused => "it is still paused".to_owned(),
        None => format!("polls use it within {}", place.heard_within()),
    };
    let wrote = format!("wrote {key} to {}; {then}", place.name());
    print_done(args.json, ("tenant", name), &[wrote])?;
    if args.json {
        return Ok(());
    }
    // Commands stay in one line, for whoever copies them.
    let mut out = crate::screen::stdout();
    if tenant.needs_entry() {
        writeln!(
            out,
            "next, by the administrator: drawbridge tenants allow {name}{}",
            place.options()
        )?;
    }
    writeln!(
        out,
        "next: drawbridge tenants check {name}{}",
        place.options()
    )?;
    Ok(())
}

/// Reads a document that is to be written, and checks that it may be: by itself, and beside those that
/// are polled.
async fn checked(
    name: &str,
    key: &str,
    body: &str,
    beside: Option<&[TenantDocument]>,
    place: &DataLocation,
) -> Result<Tenant, Failure> {
    // What is wrong with it by itself is wrong with the command line that it was made of.
    let tenant = parse(name, key, body.as_bytes()).map_err(Failure::usage)?;
    crate::outputs::check_names(&tenant).map_err(Failure::usage)?;
    check_name(&tenant, place).map_err(Failure::usage)?;
    crate::outputs::check(&tenant, place).map_err(Failure::of)?;
    place.trust()?.check(&tenant).map_err(Failure::of)?;
    if let Some(found) = beside {
        check_alone(&tenant, found, place)
            .await
            .map_err(|error| Failure::of(format!("{key} was not written: {error}")))?;
    }
    Ok(tenant)
}

/// Writes the document of a tenant that has none in a folder; `false` if somebody else has written it
/// meanwhile.
pub(crate) async fn add_document(
    name: &str,
    given: &Given<'_>,
    found: &[TenantDocument],
    place: &DataLocation,
) -> Result<bool, Failure> {
    check_is_name(name)?;
    let key = format!("{TENANTS_FOLDER}{name}.toml");
    let body = toml::to_string(given).map_err(|_| no_form())?;
    checked(name, &key, &body, Some(found), place).await?;
    let put = place
        .store
        .put_if(&key, Bytes::from(body), "application/toml", None);
    match put.await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(Failure::of(error)),
    }
}

fn check_is_name(name: &str) -> Result<(), Failure> {
    match is_name(name) {
        true => Ok(()),
        false => {
            // "Contoso GmbH" is what people are used to write.
            let meant = name.to_ascii_lowercase().replace([' ', '_', '.'], "-");
            let quoted = cli::quoted(name);
            let is_shown = is_name(&meant) && quoted != cli::HIDDEN;
            let meant = is_shown.then(|| format!("; did you mean {meant:?}?"));
            Err(Failure::usage(format!(
                "{quoted} cannot be a tenant's name, which is 1 to 64 of a-z, 0-9 and -{}",
                meant.unwrap_or_default()
            )))
        }
    }
}

/// Removes the document that another one under `key` took the place of.
async fn remove_other(
    store: &dyn Catalogue,
    old: &TenantDocument,
    key: &str,
) -> Result<(), Failure> {
    let there = &old.document.key;
    let is_removed = match &old.etag {
        Some(read) => remove_version(store, there, read).await?,
        None => false,
    };
    if is_removed {
        return Ok(());
    }
    Err(Failure::of(format!(
        "wrote {key}, but somebody else wrote {there} meanwhile: both are there, and the .toml \
         counts; remove the one that is wrong"
    )))
}

fn document(args: &TenantsAdd) -> Result<String, Failure> {
    let given = Given {
        tenant_id: &args.tenant_id,
        client_id: &args.client_id,
        secret: args.secret.as_deref(),
        certificate: args.certificate.as_deref(),
        federation: args.federation.as_deref(),
        cloud: args.cloud.as_deref(),
        login_url: args.login_url.as_ref().map(url::Url::as_str),
        graph_url: args.graph_url.as_ref().map(url::Url::as_str),
        service_sources: sources(&args.service_sources),
        severities: &args.severities,
        allow_unknown: args.allow_unknown,
        outputs: &args.outputs,
        page_size: None,
    };
    if args.json_document {
        let text = serde_json::to_string_pretty(&given).map_err(|_| no_form())?;
        Ok(text + "\n")
    } else {
        toml::to_string(&given).map_err(|_| no_form())
    }
}
