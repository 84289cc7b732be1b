//! All tenants that a place has: those of documents, and on a stack that of its parameters, which needs
//! none.

use drawbridge_config::{ConfigError, Document, Tenant};
use drawbridge_poll::assembly::{AdministratorsList, Admitted, Services};

use super::admission::{PollsSoFar, admit, admitted};
use super::first_tenant::{self, FirstTenant};
use super::tenant_document::{TenantDocument, TenantDocuments, tenant_documents};
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// What is behind the name of the tenant of the stack's parameters.
pub(crate) const OF_PARAMETERS: &str = "of the stack's parameters";

/// One of them.
#[derive(Clone, Copy)]
pub(crate) enum KnownTenant<'a> {
    /// It has a document.
    Document(&'a TenantDocument),
    /// It is polled by the stack's parameters.
    Parameters(&'a Tenant),
}

impl<'a> KnownTenant<'a> {
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Document(found) => &found.document.name,
            Self::Parameters(tenant) => &tenant.name,
        }
    }

    pub(crate) fn document(self) -> Option<&'a Document> {
        match self {
            Self::Document(found) => Some(&found.document),
            Self::Parameters(_) => None,
        }
    }

    pub(crate) fn is_of_parameters(self) -> bool {
        matches!(self, Self::Parameters(_))
    }

    pub(crate) fn is_paused(self) -> bool {
        self.document().is_some_and(|document| document.is_paused)
    }

    /// What it is to poll, or why that cannot be read.
    pub(crate) fn tenant(self) -> Result<&'a Tenant, &'a ConfigError> {
        match self {
            Self::Document(found) => found.tenant.as_ref(),
            Self::Parameters(tenant) => Ok(tenant),
        }
    }
}

/// One of them, and whether it may be polled.
pub(crate) struct JudgedTenant<'a> {
    pub(crate) tenant: KnownTenant<'a>,
    pub(crate) verdict: Result<Admitted<'a>, ConfigError>,
}

/// All of a place.
pub(crate) struct KnownTenants {
    pub(crate) documents: TenantDocuments,
    /// Those of the stack's parameters whose place no document takes.
    of_parameters: Vec<Tenant>,
}

impl KnownTenants {
    /// Reads the documents of a place, and what it says of its own tenant.
    ///
    /// # Errors
    /// Where the documents cannot be listed, or the stack's parameters cannot be read.
    pub(crate) async fn of(place: &DataLocation) -> Result<Self, Failure> {
        // A tenant that cannot be read would be none.
        let _ = FirstTenant::of("", place)?;
        let documents = tenant_documents(place.store.as_ref()).await?;
        let list = AdministratorsList::of(place.store.as_ref());
        Ok(Self {
            of_parameters: first_tenant::of_parameters(&documents.found, place, &list).await,
            documents,
        })
    }

    /// Those that `list` and `check` have. One of the stack's parameters that a document pauses is seen
    /// in that document.
    pub(crate) fn all(&self) -> Vec<KnownTenant<'_>> {
        let found = &self.documents.found;
        let of_parameters = self.of_parameters.iter();
        let of_parameters =
            of_parameters.filter(|tenant| !first_tenant::is_paused_by(found, &tenant.name));
        let documents = found.iter().map(KnownTenant::Document);
        let mut all: Vec<_> = documents
            .chain(of_parameters.map(KnownTenant::Parameters))
            .collect();
        all.sort_by_key(|known| known.name());
        all
    }

    /// The same, each with whether it may be polled.
    pub(crate) async fn judged(
        &self,
        place: &DataLocation,
        services: &Services,
    ) -> Vec<JudgedTenant<'_>> {
        let found = &self.documents.found;
        let mut verdicts = admit(found, place, services, &PollsSoFar::default()).await;
        let list = AdministratorsList::of(services.store.as_ref());
        let mut judged = Vec::new();
        for tenant in self.all() {
            let verdict = match tenant {
                KnownTenant::Document(found) => verdicts.remove(found.document.name.as_str()),
                KnownTenant::Parameters(tenant) => {
                    Some(admitted(tenant, place, services, &list).await)
                }
            };
            judged.extend(verdict.map(|verdict| JudgedTenant { tenant, verdict }));
        }
        judged
    }

    /// By what a tenant of that name is polled, or would be if it was not paused.
    pub(crate) fn polled_by(&self, name: &str) -> Option<KnownTenant<'_>> {
        let of_parameters = self.of_parameters.iter().find(|tenant| tenant.name == name);
        let found = self.documents.found.iter();
        let mut documents = found.map(KnownTenant::Document);
        of_parameters
            .map(KnownTenant::Parameters)
            .or_else(|| documents.find(|known| known.name() == name))
    }
}

#[cfg(test)]
#[path = "known_tenants_tests.rs"]
mod tests;
