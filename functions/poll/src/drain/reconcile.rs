use drawbridge_cursor::Window;

use super::{Drain, WindowOutcome};
use crate::PollError;

impl Drain<'_> {
    /// Compares the number of alerts that Graph reports for a window with the number that was
    /// seen, and reads it once more if some are missing. Graph may report fewer: an alert that
    /// changes leaves the window.
    pub(crate) async fn reconcile(&mut self, window: Window) -> Result<WindowOutcome, PollError> {
        let whole = WindowOutcome::Read {
            incomplete: Vec::new(),
        };
        if self.missing(window).await.is_none() || !self.has_time() {
            return Ok(whole);
        }
        let drained = self.once_more(window).await?;
        if let WindowOutcome::Read { incomplete } = &drained
            && incomplete.is_empty()
            && let Some((reported, seen)) = self.missing(window).await
        {
            self.report.count_mismatches += 1;
            tracing::error!(
                tenant = self.poller.settings.tenant, from = %window.from(), to = %window.to(),
                reported, seen, "Graph reports more alerts than it returned, twice"
            );
        }
        Ok(drained)
    }

    /// The numbers, when Graph reports more alerts than were seen. It need not answer the
    /// question at all: `$count` is documented for the list, and not with every filter. Nor is it
    /// asked when the tenant's requests are used up.
    async fn missing(&mut self, window: Window) -> Option<(u64, u64)> {
        tokio::time::sleep(self.pause()?).await;
        let query = self.poller.query(window.from(), window.to(), 1);
        let count = self.poller.graph.count(&query, self.deadline()).await;
        self.note_requests();
        let reported = match count {
            Ok(count) => count?,
            Err(error) => {
                tracing::debug!(%error, "Graph did not count the window");
                return None;
            }
        };
        let seen = self.seen.0.as_ref()?.len() as u64;
        (reported > seen).then_some((reported, seen))
    }
}
