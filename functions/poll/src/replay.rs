//! Delivers a quarantined alert after all.

use drawbridge_alert::Alert;
use drawbridge_time::Deadline;

use crate::drain::Drain;
use crate::read_options::{ReadOptions, What};
use crate::saved_state::SavedState;
use crate::{Memory, PollError, Poller, Report, Silent, Stop};

impl Poller {
    /// Maps an alert that lies in quarantine and sends the records that the outputs do not have.
    /// Graph is not asked.
    ///
    /// The tenant's state learns of them as it does in a poll, so that keys and positions are those
    /// that a poll would have given, and a later one writes nothing twice.
    ///
    /// # Errors
    /// [`PollError`]; do it again then. A poll that runs meanwhile is not disturbed, and takes over what
    /// was sent.
    pub async fn deliver_again(&self, alert: &Alert<'_>) -> Result<Report, PollError> {
        let store = self.store.as_ref();
        let now = self.clock.now();
        let mut saved =
            SavedState::load(store, &self.settings, self.settings.most_state_bytes, now).await?;
        for output in &self.outputs {
            output.queue.begin().await;
        }
        let mut report = Report::default();
        let (stop, progress) = (Stop::at(Deadline::none()), Silent);
        let context = self.context(&Memory::ample(), &stop, &progress);
        let options = ReadOptions::new(What::Unread);
        let mut drain = Drain::new(self, &mut saved.state, &mut report, &context, options);
        drain.alert(alert).await?;
        for output in &self.outputs {
            output.queue.flush().await?;
        }
        saved.save_beside(store, &self.settings, now).await?;
        report.saved = true;
        Ok(report)
    }
}
