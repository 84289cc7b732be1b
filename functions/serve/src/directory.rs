use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_config::{ConfigError, Document, Hosts, Tenant, documents, read_document};
use drawbridge_http::Transport;
use drawbridge_served::{Login, Router, ServedTenant, TENANTS_KNOWN_FOR};
use drawbridge_store::{Catalogue, ETag};
use drawbridge_time::Clock;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::Mutex;

/// Documents that are read at once.
const AT_ONCE: usize = 32;

/// The tenants of a stack that are served: those that are polled, and say whose tokens may read.
///
/// Whether a document may be polled is the poll function's business, and nothing is served but what it
/// wrote. Only the hosts are looked at again: whoever writes a document may not have keys asked for
/// anywhere.
pub struct Directory {
    store: Arc<dyn Catalogue>,
    clock: Arc<dyn Clock>,
    hosts: Hosts,
    transport: Arc<dyn Transport>,
    /// Connects to public addresses only.
    public_transport: Arc<dyn Transport>,
    known: Mutex<Known>,
}

/// The documents as they were read last.
#[derive(Default)]
struct Known {
    at: Option<Timestamp>,
    documents: Read,
}

/// Documents by key, with the version, and the tenant if it is served.
type Read = HashMap<String, (ETag, Option<ServedTenant>)>;

impl Directory {
    /// The documents in `store`; nothing is read yet. `transport` carries requests to the sign-in
    /// hosts, and `public_transport` those to hosts that a document names: to public addresses alone.
    pub fn new(
        store: Arc<dyn Catalogue>,
        clock: Arc<dyn Clock>,
        hosts: Hosts,
        transport: Arc<dyn Transport>,
        public_transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            store,
            clock,
            hosts,
            transport,
            public_transport,
            known: Mutex::default(),
        }
    }

    /// Has the router serve the tenants that there are, where they were not read for five minutes. A
    /// document that has not changed since is not read again.
    ///
    /// # Errors
    /// [`ConfigError`] when the documents, or one of them, cannot be reached: what was read before is
    /// no answer then, since it may give a right that was withdrawn.
    pub async fn load(&self, router: &Router) -> Result<(), ConfigError> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let is_fresh =
            |at: Timestamp| at <= now && now.duration_since(at).unsigned_abs() < TENANTS_KNOWN_FOR;
        if known.at.is_some_and(is_fresh) {
            return Ok(());
        }
        let mut found = documents(self.store.as_ref()).await?.found;
        found.retain(|document| !document.is_paused);
        let before = &known.documents;
        let read = stream::iter(found)
            .map(|document| self.read(document, before))
            .buffer_unordered(AT_ONCE);
        let read: Vec<_> = read.try_collect().await?;
        known.documents = read.into_iter().flatten().collect();
        known.at = Some(now);
        let served = known.documents.values();
        router.serve(served.filter_map(|(_, tenant)| tenant.clone()).collect());
        Ok(())
    }

    /// A document by its key, with its version; `None` if it is gone or cannot be used.
    async fn read(
        &self,
        document: Document,
        before: &Read,
    ) -> Result<Option<(String, (ETag, Option<ServedTenant>))>, ConfigError> {
        let Document {
            name, key, etag, ..
        } = document;
        let unchanged = before
            .get(&key)
            .filter(|(was, _)| Some(was) == etag.as_ref());
        if let Some(kept) = unchanged {
            return Ok(Some((key, kept.clone())));
        }
        let not_served =
            |error: &ConfigError| tracing::warn!(tenant = name, %error, "it is not served");
        match read_document(self.store.as_ref(), &name, &key).await {
            Ok(None) => Ok(None),
            Ok(Some((tenant, etag))) => {
                let served = tenant.and_then(|tenant| self.served(&tenant));
                let served = served.inspect_err(not_served).unwrap_or_default();
                Ok(Some((key, (etag, served))))
            }
            Err(error) if error.is_retryable() => Err(error),
            Err(error) => {
                not_served(&error);
                Ok(None)
            }
        }
    }

    /// A tenant as it is served; `None` if its document serves nothing.
    fn served(&self, tenant: &Tenant) -> Result<Option<ServedTenant>, ConfigError> {
        if tenant.serve.is_none() {
            return Ok(None);
        }
        self.hosts.check(tenant)?;
        let transport = match tenant.needs_public_addresses() {
            true => &self.public_transport,
            false => &self.transport,
        };
        let login = Login {
            root: tenant.endpoints(self.hosts.endpoints())?.login,
            transport: Arc::clone(transport),
        };
        Ok(ServedTenant::of(tenant, login))
    }
}
