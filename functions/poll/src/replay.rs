//! An alert that was put aside, delivered after all.

use drawbridge_alert::Alert;
use drawbridge_cursor::{Job, Purpose};
use drawbridge_graph::Deadline;

use crate::drain::Drain;
use crate::reading::Reading;
use crate::saved_state::SavedState;
use crate::windows::Around;
use crate::{PollError, Poller, Report, Silent, Stop};

impl Poller {
    /// Maps an alert that lies in quarantine and sends the records that the outputs do not have.
    /// Graph is not asked.
    ///
    /// The tenant's state learns of them as it does in a poll, so that keys and positions are those
    /// that a poll would have given, and a later one writes nothing twice.
    ///
    /// # Errors
    /// [`PollError`]; do it again then. [`PollError::Superseded`] when a poll saved the state
    /// meanwhile: the records were sent, and come again with the same keys.
    pub async fn deliver_again(&self, alert: &Alert<'_>) -> Result<Report, PollError> {
        let store = self.store.as_ref();
        let (tenant, now) = (&self.settings.tenant, self.clock.now());
        let mut saved = SavedState::load(store, &self.settings, now).await?;
        for output in &self.outputs {
            output.queue.begin().await;
        }
        let mut report = Report::default();
        let (stop, progress) = (Stop::at(Deadline::none()), Silent);
        let job = Job::timer(tenant);
        let reading = Reading::new(&job, Purpose::Asked);
        let around = Around::new(&job, now, &stop, &progress);
        let mut drain = Drain::new(self, &mut saved.state, &mut report, &around, reading);
        drain.alert(alert).await?;
        for output in &self.outputs {
            output.queue.flush().await?;
        }
        let retention_secs = self.settings.retention_secs;
        report.saved = saved.save(store, self.clock.now(), retention_secs).await?;
        if report.saved {
            Ok(report)
        } else {
            Err(PollError::Superseded)
        }
    }
}
