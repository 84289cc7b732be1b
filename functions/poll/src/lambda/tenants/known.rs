//! What a process remembers of the tenants that it polled last, between its invocations.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drawbridge_config::Tenant;
use drawbridge_recent::Recent;

use super::kept_document::KeptDocument;
use crate::Poller;

/// How many tenants a process remembers at most: their documents, secrets and tokens.
pub const MAX_KNOWN: usize = 3_000;

/// How much it remembers of all of them at most, in bytes. It is enough for that many tenants with
/// documents and tokens as long as they usually are. Where they are longer, it remembers fewer tenants.
pub const MAX_KNOWN_BYTES: usize = 19 << 20;

const MOST: NonZero<usize> = NonZero::new(MAX_KNOWN).expect("it is not zero");

/// What a tenant takes whatever its document says: the structures themselves.
const TENANT_BYTES: usize = 2_600;

/// What each of its outputs takes.
const OUTPUT_BYTES: usize = 320;

/// How often a text of the document is kept: in the document, and in what is made of it.
const COPIES: usize = 2;

/// What an element of a list in the document takes beside its text.
const ELEMENT_BYTES: usize = 64;

/// How many tenants are polled until what one takes is looked at for the last time: those of two
/// invocations, so that the token is there which its poll asked for.
const LATELY: usize = 20;

/// The tenants that were polled last, and what is known of each.
pub(in crate::lambda) struct KnownTenants(Mutex<Inner>);

struct Inner {
    known: Recent<Entry>,
    /// The names of those that were polled last.
    lately: VecDeque<String>,
}

#[derive(Default)]
struct Entry {
    known: Arc<tokio::sync::Mutex<Known>>,
    has_own_metrics: bool,
}

/// What this process knows of a tenant. Tenants do not wait for each other's documents.
#[derive(Default)]
pub(super) struct Known {
    pub(super) document: KeptDocument,
    /// The poller, with what it was built of.
    pub(super) built: Option<(Arc<Tenant>, Arc<Poller>)>,
}

impl Default for KnownTenants {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            known: Recent::new(MOST, MAX_KNOWN_BYTES),
            lately: VecDeque::new(),
        }))
    }
}

impl KnownTenants {
    /// What is known of a tenant that is polled now.
    pub(super) fn of(&self, name: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut inner = self.inner();
        inner.weigh_lately();
        inner.note(name);
        Arc::clone(&inner.known.get_or_default(name).known)
    }

    /// Notes how many bytes a tenant takes whose document was just read.
    pub(super) fn weigh(&self, name: &str, known: &Known) {
        self.inner().known.weigh(name, known.bytes());
    }

    /// Forgets a tenant that there is no more.
    pub(super) fn forget(&self, name: &str) {
        self.inner().known.remove(name);
    }

    /// Notes whether a tenant's document asks for metrics of its own.
    pub(in crate::lambda) fn note_own_metrics(&self, tenant: &Tenant) {
        let mut inner = self.inner();
        inner.known.get_or_default(&tenant.name).has_own_metrics = tenant.metrics;
    }

    /// Whether a tenant's document does, of those that this process met lately.
    pub(in crate::lambda) fn has_own_metrics(&self, name: &str) -> bool {
        let inner = self.inner();
        inner.known.peek(name).is_some_and(|it| it.has_own_metrics)
    }

    /// How many tenants are known, and how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.known.len(), inner.known.bytes())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Weighs the tenants that were polled last: of the others nothing has changed since.
    fn weigh_lately(&mut self) {
        for name in &self.lately {
            // One whose document is being read is weighed the next time.
            let entry = self.known.peek(name).map(|entry| Arc::clone(&entry.known));
            if let Some(known) = entry
                && let Ok(known) = known.try_lock()
            {
                self.known.weigh(name, known.bytes());
            }
        }
    }

    fn note(&mut self, name: &str) {
        if self.lately.len() >= LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(name.to_owned());
    }
}

impl Known {
    /// How many bytes it takes, or fewer.
    fn bytes(&self) -> usize {
        let of = |(_, poller): &(_, Arc<Poller>)| {
            poller.graph.kept_bytes() + OUTPUT_BYTES * poller.outputs.len()
        };
        let built = self.built.as_ref().map_or(0, of);
        TENANT_BYTES + COPIES * self.document.bytes() + built
    }
}

/// How many bytes a tenant's settings take once: none of its texts and lists is longer than as JSON.
pub(super) fn settings_bytes(tenant: &Tenant) -> usize {
    let json = serde_json::to_string(tenant).unwrap_or_default();
    json.len() + ELEMENT_BYTES * json.matches("\",\"").count()
}
