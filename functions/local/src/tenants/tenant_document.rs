use std::io::Write;

use drawbridge_config::{ConfigError, Document, Tenant, documents, read_document};
use drawbridge_store::{Catalogue, ETag};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::screen::{columns, hanging};

/// Documents that are read at once.
const AT_ONCE: usize = 16;

/// A tenant's document, and the tenant that it describes.
pub(crate) struct TenantDocument {
    pub(crate) document: Document,
    pub(crate) tenant: Result<Tenant, ConfigError>,
    /// The version that was read; `None` if it could not be read.
    pub(crate) etag: Option<ETag>,
}

/// The documents of a store.
pub(crate) struct TenantDocuments {
    /// In the order of their names.
    pub(crate) found: Vec<TenantDocument>,
    /// The folders that cannot be read, so that their documents are unknown.
    pub(crate) unreadable: Vec<ConfigError>,
    /// When reading them began.
    pub(crate) read_at: Timestamp,
}

impl TenantDocuments {
    /// The documents that were found. The folders that could not be read are printed first.
    pub(crate) fn found_and_say_unreadable(self) -> Vec<TenantDocument> {
        self.say_unreadable();
        self.found
    }

    /// Prints which folders could not be read.
    pub(crate) fn say_unreadable(&self) {
        for error in &self.unreadable {
            say(&format!("drawbridge: {error}"));
        }
    }

    /// Prints the same for a script, where the rest of its lines have the tenant's name in this member.
    pub(crate) fn print_unreadable(&self, member: &str) {
        for error in &self.unreadable {
            Failure::print_json(&error.to_string(), (member, None));
        }
    }

    /// How a command ends that looked at all documents; `trouble` is what is wrong with those that were found.
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
        writeln!(out, "{}", hanging(&Self::none(place), columns()))?;
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

/// Reads all documents of a store. A document that is removed meanwhile is left out. One that cannot be read is
/// returned with its error and does not affect the others.
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
