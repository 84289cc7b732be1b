mod kept_document;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use drawbridge_config::{ConfigError, Tenant};
use drawbridge_cursor::Job;
use jiff::Timestamp;
use lru::LruCache;
use tracing::error;

use self::kept_document::KeptDocument;
use super::outputs::Outputs;
use super::own_metrics::OwnMetrics;
use crate::Poller;
use crate::assembly::{AdministratorsList, KeptList, Services};
use crate::messages::Pollers;

/// How many tenants a process remembers, those that it polled last: their documents, secrets and tokens.
const MAX_KNOWN: NonZero<usize> = match NonZero::new(3_000) {
    Some(most) => most,
    None => NonZero::<usize>::MIN,
};

/// The tenants, by the documents in the bucket and those given with the function, with a poller for
/// each that this process met lately.
pub(super) struct Tenants {
    given: HashMap<String, Tenant>,
    services: Services,
    outputs: Outputs,
    list: KeptList,
    known: Mutex<LruCache<String, Arc<tokio::sync::Mutex<Known>>>>,
    own_metrics: Arc<OwnMetrics>,
}

/// What this process knows of a tenant. Tenants do not wait for each other's documents.
#[derive(Default)]
struct Known {
    document: KeptDocument,
    /// The poller, with what it was built of.
    built: Option<(Tenant, Arc<Poller>)>,
}

impl Tenants {
    pub(super) fn new(given: Vec<Tenant>, services: Services, outputs: Outputs) -> Self {
        let given = given.into_iter().map(|t| (t.name.clone(), t)).collect();
        Self {
            given,
            services,
            outputs,
            list: KeptList::default(),
            known: Mutex::new(LruCache::new(MAX_KNOWN)),
            own_metrics: Arc::default(),
        }
    }

    /// Those whose documents ask for metrics of their own.
    pub(super) fn own_metrics(&self) -> Arc<OwnMetrics> {
        Arc::clone(&self.own_metrics)
    }

    fn known(&self, name: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.get_or_insert_ref(name, Arc::default))
    }

    fn forget(&self, name: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.pop(name);
    }

    /// What a job is to poll: its tenant's document, or what was given with the function. Of the
    /// latter, a document takes the place only if the administrator's list says so.
    async fn tenant(
        &self,
        job: &Job,
        list: &AdministratorsList<'_>,
        document: &mut KeptDocument,
        now: Timestamp,
    ) -> Result<Option<Tenant>, ConfigError> {
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
                return Ok(Some(given.clone()));
            }
            Err(error) => return Err(error),
        };
        if !bindings.replaces(name) {
            return Ok(Some(given.clone()));
        }
        let document = document().await?;
        if let Some(document) = &document {
            bindings.check_ids(document)?;
        }
        Ok(document.or_else(|| Some(given.clone())))
    }
}

#[async_trait]
impl Pollers for Tenants {
    /// The poller of a job's tenant, built anew when its document has changed. What the administrator
    /// allows is asked each time, of the copy that this process has.
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        let now = self.services.clock.now();
        let known = self.known(&job.tenant);
        let mut known = known.lock().await;
        let Known { document, built } = &mut *known;
        let list = self.list.look(self.services.store.as_ref(), now);
        let Some(tenant) = self.tenant(job, &list, document, now).await? else {
            self.forget(&job.tenant);
            return Ok(None);
        };
        self.own_metrics.note(&tenant);
        let admitted = self.services.admit_by(&list, &tenant).await;
        let admitted = admitted.inspect_err(|_| document.refused())?;
        if let Some((of, poller)) = built
            && *of == tenant
        {
            return Ok(Some(Arc::clone(poller)));
        }
        let outputs = self.outputs.of(&tenant)?;
        let poller = Arc::new(self.services.poller(admitted, outputs)?);
        *built = Some((tenant, Arc::clone(&poller)));
        Ok(Some(poller))
    }
}

#[cfg(test)]
mod tests;
