//! What a poll quarantines: [`drawbridge_quarantine`] with the poll's reasons, and a line in the log.

use drawbridge_alert::DecodeError;
use drawbridge_cursor::Window;
use drawbridge_quarantine::{Quarantine as QuarantineWriter, QueueRecord};
use drawbridge_queue::{Message, Refused};
use drawbridge_store::Store;

use crate::PollError;

/// What to do about a record that no message holds.
const TOO_LONG: &str = ": a message holds 1 MiB. If the output's reader resolves Amazon's pointers \
    into the bucket, set MessagePointers to yes and replay it with --pointers; else read objects";

/// The most characters of a record's key in the log: an alert's id is in it, of any length.
const KEY_CHARS: usize = 200;

/// A tenant's quarantine.
pub(crate) struct Quarantine<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) tenant: &'a str,
}

impl Quarantine<'_> {
    /// Quarantines an alert that does not parse.
    pub(crate) async fn alert(&self, raw: &str, error: &DecodeError) -> Result<(), PollError> {
        let (id, reason) = (error.alert_id.as_deref(), error.to_string());
        tracing::error!(tenant = self.tenant, alert_id = id, %reason, "alert quarantined");
        Ok(self.writer().alert(raw, id, &reason).await?)
    }

    /// Quarantines a record that the queue of `output` will never take.
    pub(crate) async fn record(
        &self,
        output: &str,
        message: &Message,
        refused: &Refused,
    ) -> Result<(), PollError> {
        let mut reason = format!("the queue refused it: {}", refused.code);
        if refused.is_too_long() {
            reason += TOO_LONG;
        }
        let (tenant, key) = (self.tenant, shown(&message.key));
        let bytes = message.body.len();
        tracing::error!(tenant, output, key, bytes, %reason, "record quarantined");
        let record = QueueRecord {
            output,
            key: &message.key,
            group: &message.group,
            attributes: &message.attributes,
            body: &message.body,
        };
        Ok(self.writer().record(&record, &reason).await?)
    }

    /// Quarantines a window that Graph would not answer; a replay reads it again.
    pub(crate) async fn gap(&self, window: Window, reason: &str) -> Result<(), PollError> {
        tracing::error!(
            tenant = self.tenant, from = %window.from(), to = %window.to(), %reason,
            "gap recorded: alerts of this window were not read"
        );
        Ok(self.writer().gap(window, reason).await?)
    }

    fn writer(&self) -> QuarantineWriter<'_> {
        QuarantineWriter {
            store: self.store,
            tenant: self.tenant,
        }
    }
}

/// As much of a record's key as the log is to hold.
pub(crate) fn shown(key: &str) -> String {
    key.chars().take(KEY_CHARS).collect()
}
