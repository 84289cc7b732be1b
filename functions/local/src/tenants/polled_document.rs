//! Whose alerts are read by a backfill, or for a gap. What polls would not read is not read for these
//! either: it would come under another name, or wait for ever.

use drawbridge_config::Tenant;

use super::admission::check_polled;
use super::bindings::replaces_first;
use super::first_tenant::FirstTenant;
use super::tenant_document::tenant_documents;
use crate::cli::quoted;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::state_head::read_whether_polled_lately;

/// The document of a tenant that is polled, or would be if it was not paused. On a stack there may be
/// none, for the tenant of the stack's parameters. `not_done` says what is not done if no poll would read the
/// tenant.
pub(crate) async fn polled_document(
    place: &DataLocation,
    name: &str,
    not_done: &str,
) -> Result<Option<Tenant>, Failure> {
    let found = tenant_documents(place.store.as_ref())
        .await?
        .found_and_say_unreadable();
    let is_stack = place.as_folder().is_none();
    let Some(of_name) = found.iter().find(|found| found.document.name == name) else {
        check_given(place, name).await?;
        return Ok(None);
    };
    if of_name.document.is_paused && is_stack {
        return Err(Failure::of(format!(
            "{name:?} is paused, so that the poll function does nothing for it: resume it first"
        )));
    }
    let services = place.services()?;
    let is_first = FirstTenant::of(name, place)? == FirstTenant::This;
    if is_first && !replaces_first(place.store.as_ref(), name).await? {
        // It is polled by the stack's parameters, and its document is not read.
        return Ok(None);
    }
    let polled = check_polled(of_name, &found, place, &services).await;
    polled.map_err(|error| {
        Failure::of(format!(
            "{error}; a poll could not read this tenant either, so {not_done}"
        ))
    })?;
    of_name.tenant.clone().map(Some).map_err(Failure::of)
}

/// Checks that a name without a document is polled, as the tenant of the stack's parameters is. Writing a state
/// would create a tenant that does not exist.
async fn check_given(place: &DataLocation, name: &str) -> Result<(), Failure> {
    let unknown = |more: &str| {
        Failure::of(format!(
            "no tenant is called {} in {}{more}: see {}",
            quoted(name),
            place.name(),
            place.command("tenants list")
        ))
    };
    match FirstTenant::of(name, place)? {
        FirstTenant::This => Ok(()),
        FirstTenant::Other => Err(unknown("")),
        FirstTenant::NotGiven if !read_whether_polled_lately(name, place).await? => Err(unknown(
            ", nor was one polled within the last 75 minutes; if it is the tenant of the stack's \
                 parameters, set DRAWBRIDGE_TENANTS to the stack's output FirstTenant. If not",
        )),
        FirstTenant::NotGiven => {
            say(&format!(
                "note: {name:?} has no document in {}; the poll function knows it only if it is the \
                 tenant of the stack's parameters, which DRAWBRIDGE_TENANTS would tell this command",
                place.name()
            ));
            Ok(())
        }
    }
}
