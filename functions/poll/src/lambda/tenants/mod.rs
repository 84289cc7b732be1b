mod kept_document;
mod known;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_config::{ConfigError, Tenant};
use drawbridge_cursor::Job;
use jiff::Timestamp;
use tracing::error;

use self::kept_document::KeptDocument;
use self::known::Known;
pub(super) use self::known::KnownTenants;
pub use self::known::{MAX_KNOWN, MAX_KNOWN_BYTES};
use super::outputs::Outputs;
use crate::Poller;
use crate::assembly::{AdministratorsList, KeptList, Services};
use crate::messages::Pollers;

/// The tenants, by the documents in the bucket and those given with the function, with a poller for
/// each that this process met lately.
pub struct Tenants {
    given: HashMap<String, Arc<Tenant>>,
    services: Services,
    outputs: Outputs,
    list: KeptList,
    known: Arc<KnownTenants>,
}

impl Tenants {
    /// Those with a document in the store of `services`, and those `given`, which write to `outputs`.
    #[must_use]
    pub fn new(given: Vec<Tenant>, services: Services, outputs: Outputs) -> Self {
        let given = given.into_iter();
        Self {
            given: given.map(|t| (t.name.clone(), Arc::new(t))).collect(),
            services,
            outputs,
            list: KeptList::default(),
            known: Arc::default(),
        }
    }

    /// How many tenants this process remembers, and how many bytes it takes that for.
    #[must_use]
    pub fn remembered(&self) -> (usize, usize) {
        self.known.size()
    }

    /// What is remembered of them.
    pub(super) fn known(&self) -> Arc<KnownTenants> {
        Arc::clone(&self.known)
    }

    /// What a job is to poll: its tenant's document, or what was given with the function. Of the
    /// latter, a document takes the place only if the administrator's list says so.
    async fn tenant(
        &self,
        job: &Job,
        list: &AdministratorsList<'_>,
        document: &mut KeptDocument,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, ConfigError> {
        let name = job.tenant.as_str();
        let mut document = async || {
            document
                .get(
                    self.services.store.as_ref(),
                    name,
                    job.document.as_deref(),
                    now,
                )
                .await
        };
        let Some(given) = self.given.get(name) else {
            return document().await;
        };
        let bindings = match list.bindings().await {
            Ok(bindings) => bindings,
            // What is wrong with the entries of others is no trouble of this one. Whether a document
            // of its name takes its place, the list alone could say.
            Err(error) if !error.is_retryable() && document().await == Ok(None) => {
                error!(tenant = name, %error, "the tenant of the stack's parameters is polled nevertheless");
                return Ok(Some(Arc::clone(given)));
            }
            Err(error) => return Err(error),
        };
        if !bindings.replaces(name) {
            return Ok(Some(Arc::clone(given)));
        }
        let document = document().await?;
        if let Some(document) = &document {
            bindings.check_ids(document, self.services.trust.options())?;
        }
        Ok(document.or_else(|| Some(Arc::clone(given))))
    }
}

#[async_trait]
impl Pollers for Tenants {
    /// The poller of a job's tenant, built anew when its document has changed. What the administrator
    /// allows is asked each time, of the copy that this process has.
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        let now = self.services.clock.now();
        let known = self.known.of(&job.tenant);
        let mut known = known.lock().await;
        let Known { document, built } = &mut *known;
        let list = self.list.look(self.services.store.as_ref(), now);
        let Some(tenant) = self.tenant(job, &list, document, now).await? else {
            self.known.forget(&job.tenant);
            return Ok(None);
        };
        self.known.note_own_metrics(&tenant);
        let admitted = self.services.admit_by(&list, &tenant).await;
        let admitted = admitted.inspect_err(|_| document.refused())?;
        if let Some((of, poller)) = built
            && *of == tenant
        {
            // The same words of another version: one copy is enough.
            *of = Arc::clone(&tenant);
            return Ok(Some(Arc::clone(poller)));
        }
        let outputs = self.outputs.of(&tenant)?;
        let poller = Arc::new(self.services.poller(admitted, outputs)?);
        *built = Some((tenant, Arc::clone(&poller)));
        self.known.weigh(&job.tenant, &known);
        Ok(Some(poller))
    }
}

#[cfg(test)]
mod tests;
