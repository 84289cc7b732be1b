use std::collections::BTreeSet;
use std::io::Write;

use drawbridge_config::{ConfigError, Document, Tenant, documents, read_document};
use drawbridge_store::{Catalogue, ETag};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use super::first_tenant::FirstTenant;
use crate::cli::quoted;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;

/// Documents that are read at once.
const AT_ONCE: usize = 16;

/// A tenant's document, and the tenant that it describes.
pub(crate) struct TenantDocument {
    pub(crate) document: Document,
    pub(crate) tenant: Result<Tenant, ConfigError>,
    /// The version that was read; none where it could not be.
    pub(crate) etag: Option<ETag>,
}

/// The documents of a store.
pub(crate) struct TenantDocuments {
    /// In the order of their names.
    pub(crate) found: Vec<TenantDocument>,
    /// The folders that cannot be entered: which documents lie there is not known.
    pub(crate) unreadable: Vec<ConfigError>,
    /// When they were begun to be read.
    pub(crate) read_at: Timestamp,
}

impl TenantDocuments {
    /// Those that were found; what could not be looked into is said first.
    pub(crate) fn told(self) -> Vec<TenantDocument> {
        self.say_unreadable();
        self.found
    }

    /// Says what could not be looked into.
    pub(crate) fn say_unreadable(&self) {
        for error in &self.unreadable {
            say(&format!("drawbridge: {error}"));
        }
    }

    /// The end of a command that looked at all of them: `trouble` is with some that were found.
    pub(crate) fn ended(
        trouble: Option<String>,
        unreadable: &[ConfigError],
    ) -> Result<(), Failure> {
        let complete = Self::check_complete(unreadable);
        match (trouble, complete) {
            (None, complete) => complete,
            (Some(trouble), Ok(())) => Err(Failure::of(trouble)),
            (Some(trouble), Err(more)) => Err(Failure::of(format!("{trouble}; {more}"))),
        }
    }

    /// Says that a place has no tenants, and how to add one; an error if that cannot be known.
    pub(crate) fn say_none(
        out: &mut impl Write,
        place: &DataLocation,
        unreadable: &[ConfigError],
    ) -> Result<(), Failure> {
        Self::check_complete(unreadable)?;
        writeln!(out, "{}", Self::none(place))?;
        Ok(())
    }

    /// That a place has no tenants, and how to add one.
    pub(crate) fn none(place: &DataLocation) -> String {
        let add = place.command("tenants add NAME …");
        format!("no tenants in {}: add one with {add}", place.name())
    }

    /// That not all was looked into, where all of them were asked for.
    pub(crate) fn check_complete(unreadable: &[ConfigError]) -> Result<(), Failure> {
        match unreadable {
            [] => Ok(()),
            some => {
                let some: Vec<String> = some.iter().map(ToString::to_string).collect();
                Err(Failure::of(format!(
                    "not every tenant is known: {}",
                    some.join("; ")
                )))
            }
        }
    }
}

/// Reads all documents of a store. One that is removed meanwhile is left out, and one that cannot be
/// read is among them with its trouble: it is no reason to leave the others alone.
pub(crate) async fn tenant_documents(store: &dyn Catalogue) -> Result<TenantDocuments, Failure> {
    let read_at = Timestamp::now();
    let documents = documents(store).await.map_err(Failure::of)?;
    let found: Vec<Option<TenantDocument>> = stream::iter(documents.found)
        .map(|document| read(store, document))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(TenantDocuments {
        found: found.into_iter().flatten().collect(),
        unreadable: documents.unreadable,
        read_at,
    })
}

async fn read(store: &dyn Catalogue, document: Document) -> Option<TenantDocument> {
    let (tenant, etag) = match read_document(store, &document.name, &document.key).await {
        Ok(None) => return None,
        Ok(Some((tenant, etag))) => (tenant, Some(etag)),
        Err(error) => (Err(error), None),
    };
    Some(TenantDocument {
        document,
        tenant,
        etag,
    })
}

/// The failure that there is no document of such a tenant, with the names that there are.
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
            "there is none at all: add one with {}",
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
