use std::path::Path;
use std::sync::Arc;

use drawbridge_config::Tenant;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::{LastError, PollError, Poller, Progress, Report, Stop, overdue_since};
use drawbridge_queue::{Hold, LocalQueue};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::outputs::{self, Opened};

/// The poller of a folder's only tenant, whose files stay open.
pub(crate) struct Session {
    poller: Poller,
    files: Vec<Arc<LocalQueue>>,
}

impl Session {
    /// Opens the folder, in which the files of records lie; nothing is asked of Graph yet. The very
    /// first poll starts at `since`, or where the tenant's document says.
    pub(crate) async fn open(
        folder: &Path,
        services: &Services,
        tenant: &Tenant,
        since: Option<Timestamp>,
    ) -> Result<Self, Failure> {
        let tenant = services.admit(tenant).await.map_err(Failure::of)?;
        // Before the files, so that what cannot be used leaves none behind.
        services.client(tenant).map_err(Failure::of)?;
        let below = Path::new("");
        let Opened { outputs, files } = outputs::open(folder, below, &tenant, Hold::Always).await?;
        let poller = services.poller(tenant, outputs);
        let mut poller = poller.map_err(Failure::of)?;
        poller.settings.windows.first_from = since;
        Ok(Self { poller, files })
    }

    /// Polls up to now; ends early only as `stop` says.
    pub(crate) async fn poll(
        &self,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        self.poller.run(stop, progress).await
    }

    /// Notes why a poll did not end well, for `drawbridge status`; gives since when none has, if that is
    /// long ago.
    pub(crate) async fn note_failure(&self, why: &str) -> Option<Timestamp> {
        let Poller {
            store,
            clock,
            settings,
            ..
        } = &self.poller;
        let (store, tenant, now) = (store.as_ref(), &settings.tenant, clock.now());
        LastError::note(store, tenant, why, now).await;
        overdue_since(store, tenant, now).await
    }

    /// Lets go of files of records that were renamed or removed; between polls nothing else does.
    pub(crate) async fn reopen(&self) -> Result<(), Failure> {
        for file in &self.files {
            file.reopen().await.map_err(Failure::of)?;
        }
        Ok(())
    }
}
