use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use drawbridge_config::Tenant;

/// The tenants whose documents ask for metrics of their own, of those that this process met.
#[derive(Default)]
pub(super) struct OwnMetrics(Mutex<HashSet<String>>);

impl OwnMetrics {
    /// Notes what a tenant's document asks for.
    pub(super) fn note(&self, tenant: &Tenant) {
        if tenant.metrics {
            self.names().insert(tenant.name.clone());
        } else {
            self.names().remove(&tenant.name);
        }
    }

    /// Whether a tenant is one of them.
    pub(super) fn has(&self, tenant: &str) -> bool {
        self.names().contains(tenant)
    }

    fn names(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
