use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant, document};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::outputs::Outputs;
use crate::Poller;
use crate::assembly::Surroundings;

/// How long a document is taken to be as it was read.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// The tenants, by the documents in the bucket and those given with the function, with a poller for
/// each that this process met.
pub(super) struct Tenants {
    given: HashMap<String, Tenant>,
    surroundings: Surroundings,
    outputs: Outputs,
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    tenant: Tenant,
    read: Timestamp,
    poller: Arc<Poller>,
}

impl Tenants {
    pub(super) fn new(given: Vec<Tenant>, surroundings: Surroundings, outputs: Outputs) -> Self {
        let given = given.into_iter().map(|t| (t.name.clone(), t)).collect();
        Self {
            given,
            surroundings,
            outputs,
            known: Mutex::default(),
        }
    }

    /// The poller of a tenant, built anew when its document has changed; `None` when there is no
    /// such tenant, or when it is paused.
    pub(super) async fn poller(&self, name: &str) -> Result<Option<Arc<Poller>>, ConfigError> {
        let now = self.surroundings.clock.now();
        let mut known = self.known.lock().await;
        if let Some(known) = known.get(name)
            && now.duration_since(known.read) < FRESH
        {
            return Ok(Some(Arc::clone(&known.poller)));
        }
        let document = document(self.surroundings.store.as_ref(), name).await?;
        let Some(tenant) = document.or_else(|| self.given.get(name).cloned()) else {
            known.remove(name);
            return Ok(None);
        };
        if let Some(known) = known.get_mut(name)
            && known.tenant == tenant
        {
            known.read = now;
            return Ok(Some(Arc::clone(&known.poller)));
        }
        let outputs = self.outputs.of(&tenant)?;
        let poller = Arc::new(self.surroundings.poller(&tenant, outputs)?);
        let entry = Known {
            tenant,
            read: now,
            poller: Arc::clone(&poller),
        };
        known.insert(name.to_owned(), entry);
        Ok(Some(poller))
    }
}
