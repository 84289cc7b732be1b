use std::collections::BTreeSet;

use super::first_tenant::FirstTenant;
use super::purge::is_anything_kept;
use super::tenant_document::{TenantDocument, tenant_documents};
use crate::cli::quoted;
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Says that there is no document of this tenant, and which names there are.
pub(crate) fn unknown(name: &str, found: &[TenantDocument], place: &DataLocation) -> Failure {
    let first = match FirstTenant::of(name, place) {
        Ok(first) => first,
        Err(failure) => return failure,
    };
    let said = first.without_document(name, &place.options());
    if let (FirstTenant::This, Some(said)) = (first, &said) {
        return Failure::of(said);
    }
    let given = place.given_tenants();
    let names = found.iter().map(|f| f.document.name.as_str());
    let names: BTreeSet<&str> = names.chain(given.iter().map(|t| t.name.as_str())).collect();
    let names = Vec::from_iter(names);
    let there = match names.as_slice() {
        [] => format!(
            "there are no tenants: add one with {}",
            place.command("tenants add NAME …")
        ),
        names if names.len() > 20 => {
            format!(
                "there are {}; see {}",
                names.len(),
                place.command("tenants list")
            )
        }
        names => format!("there is {}", names.join(", ")),
    };
    let (name, place) = (quoted(name), place.name());
    let said = said.map_or_else(String::new, |said| format!("; {said}"));
    Failure::of(format!(
        "no tenant is called {name} in {place}; {there}{said}"
    ))
}

/// Refuses a name that no tenant has, such as a mistyped one, where nothing was found of it. Of one that was removed
/// something may be kept, and it is known for as long.
pub(crate) async fn check_known(name: &str, place: &DataLocation) -> Result<(), Failure> {
    let documents = tenant_documents(place.store.as_ref()).await?;
    let found = &documents.found;
    let is_known = found.iter().any(|found| found.document.name == name)
        || place.given_tenants().iter().any(|given| given.name == name)
        || is_anything_kept(name, place).await;
    if is_known {
        return Ok(());
    }
    documents.say_unreadable();
    Err(unknown(name, found, place))
}
