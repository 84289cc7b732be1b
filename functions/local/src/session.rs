use std::path::Path;

use drawbridge_config::Tenant;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::{PollError, Poller, Progress, Report, Stop};
use drawbridge_queue::Hold;

use crate::failure::Failure;
use crate::outputs;

/// The poller of a folder that is one tenant's own, the demo's.
pub(crate) struct Session {
    poller: Poller,
}

impl Session {
    /// Opens the folder, in which the files of records lie; nothing is asked of Graph yet.
    pub(crate) async fn open(
        folder: &Path,
        services: &Services,
        tenant: &Tenant,
    ) -> Result<Self, Failure> {
        let tenant = services.admit(tenant).await.map_err(Failure::of)?;
        // Before the files, so that what cannot be used leaves none behind.
        services.client(tenant).map_err(Failure::of)?;
        let below = Path::new("");
        let outputs = outputs::open(folder, below, &tenant, Hold::Always).await?;
        let poller = services.poller(tenant, outputs).map_err(Failure::of)?;
        Ok(Self { poller })
    }

    /// Polls up to now; ends early only as `stop` says.
    pub(crate) async fn poll(
        &self,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        self.poller.run(stop, progress).await
    }
}
