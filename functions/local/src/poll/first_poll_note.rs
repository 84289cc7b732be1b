use std::sync::Arc;

use drawbridge_config::Tenant;
use drawbridge_store::Store;
use jiff::Timestamp;

use crate::progress::say;
use crate::tenants::first_poll;

/// The note that a tenant was polled for the first time, which gives it its claim to the alerts.
pub(super) struct FirstPollNote {
    pub(super) store: Arc<dyn Store>,
    pub(super) tenant: Tenant,
    /// When the tenant's document was read.
    pub(super) read_at: Timestamp,
}

impl FirstPollNote {
    /// Writes the note, unless it exists. The tenant may have been removed since an earlier poll wrote it. If
    /// it cannot be written, the next poll tries again.
    pub(super) async fn write(self) {
        let noted = first_poll::note(self.store.as_ref(), &self.tenant, self.read_at).await;
        if let Err(error) = noted {
            say(&format!("drawbridge: {}: {error}", self.tenant.name));
        }
    }
}
