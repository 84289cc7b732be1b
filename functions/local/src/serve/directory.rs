use std::collections::BTreeMap;
use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_served::{Login, Router, ServedTenant};

use super::known::Known;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say_timed;
use crate::tenants::admission::{PollsSoFar, admit};
use crate::tenants::tenant_documents;

/// The tenants of a folder that are served: those that are polled, and say whose tokens may read.
pub(super) struct Directory {
    place: DataLocation,
    services: Services,
    /// What was last said of a document, so as not to say it every minute.
    trouble: BTreeMap<String, String>,
    /// When they were read last.
    pub(super) known: Arc<Known>,
    /// Whether a document has clients of the token endpoint.
    pub(super) has_own_clients: bool,
}

impl Directory {
    pub(super) fn new(place: DataLocation) -> Result<Self, Failure> {
        Ok(Self {
            services: place.services()?,
            place,
            trouble: BTreeMap::new(),
            known: Arc::new(Known::now()),
            has_own_clients: false,
        })
    }

    /// Has the router serve the tenants that there are now, and tells how many. Where the documents
    /// cannot be listed, it goes on with those that it has, for as long as these are known.
    pub(super) async fn load(&mut self, router: &Router) -> Result<usize, Failure> {
        let mut documents = tenant_documents(self.place.store.as_ref()).await?;
        documents.found.retain(|found| !found.document.is_paused);
        let found = documents.found;
        let verdicts = admit(&found, &self.place, &self.services, &PollsSoFar::default()).await;
        let (mut served, mut trouble) = (Vec::new(), BTreeMap::new());
        for (name, verdict) in verdicts {
            match verdict.and_then(|tenant| self.served(tenant)) {
                Ok(tenant) => served.extend(tenant),
                Err(error) => drop(trouble.insert(name.to_owned(), error.to_string())),
            }
        }
        for (name, text) in &trouble {
            if self.trouble.get(name) != Some(text) {
                say_timed(&format!("drawbridge: {name} is not served: {text}"));
            }
        }
        for name in self.trouble.keys() {
            if served.iter().any(|tenant| tenant.name() == name) {
                say_timed(&format!("{name}: all is well again"));
            }
        }
        self.trouble = trouble;
        self.has_own_clients = served.iter().any(ServedTenant::has_own_clients);
        let count = served.len();
        router.serve(served);
        self.known.renew();
        Ok(count)
    }

    fn served(&self, tenant: Admitted<'_>) -> Result<Option<ServedTenant>, ConfigError> {
        let (transport, endpoints) = self.services.login(tenant)?;
        let login = Login {
            root: endpoints.login,
            transport,
        };
        let tenant: &Tenant = &tenant;
        Ok(ServedTenant::of(tenant, login))
    }
}
