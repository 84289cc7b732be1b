use std::sync::Arc;

use drawbridge_cursor::Window;
use drawbridge_graph::Graph;
use drawbridge_store::Catalogue;
use drawbridge_time::Clock;

use crate::context::PollContext;
use crate::quarantine::Quarantine;
use crate::{Memory, Output, PollError, Progress, Report, Settings, Stop};

/// The handler: polls one tenant.
pub struct Poller {
    /// The tenant's Graph client.
    pub graph: Arc<Graph>,
    /// Keeps the state and the quarantine.
    pub store: Arc<dyn Catalogue>,
    /// Where the records go.
    pub outputs: Vec<Output>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What is asked for, and how.
    pub settings: Settings,
}

impl Poller {
    pub(crate) fn context<'a>(
        &self,
        memory: &Memory,
        stop: &'a Stop,
        progress: &'a dyn Progress,
    ) -> PollContext<'a> {
        let margin_secs = self.settings.page_margin_secs;
        PollContext::new(
            self.clock.now(),
            stop,
            progress,
            margin_secs,
            memory.share(),
        )
    }

    /// Quarantines a window, so that a replay can read it again. A dry run only counts it.
    pub(crate) async fn quarantine_window(
        &self,
        window: Window,
        reason: &str,
        dry_run: bool,
        report: &mut Report,
    ) -> Result<(), PollError> {
        if !dry_run {
            self.quarantine().gap(window, reason).await?;
        }
        report.gaps += 1;
        Ok(())
    }

    pub(crate) fn quarantine(&self) -> Quarantine<'_> {
        Quarantine {
            store: self.store.as_ref(),
            tenant: &self.settings.tenant,
        }
    }
}
