use drawbridge_alert::{Alert, DecodeError};
use drawbridge_cursor::AlertDigest;
use drawbridge_graph::Page;
use drawbridge_queue::{Message, Refused};
use jiff::Timestamp;

use super::Drain;
use crate::mapping::{BATCH_BYTES, Context, Mapping, digest_of};
use crate::pages::StoredPages;
use crate::quarantine::shown;
use crate::state_object::state_key;
use crate::{Output, PollError};

/// The size of a state without its records.
const SMALL_STATE_BYTES: usize = 16 * 1024;

/// How many bytes of pages a save usually writes at most.
const PAGES_BYTES: usize = 1024 * 1024;

/// The name under which the state keeps quarantined alerts, beside the outputs.
const QUARANTINED: &str = "quarantine";

impl Drain<'_> {
    /// Maps a page's alerts and sends the records that are new; whether there was time for all.
    ///
    /// One page may call for more records than an invocation has time to send. What was sent is
    /// remembered, so that the next one goes on from there; killed, it would begin anew for ever.
    pub(super) async fn deliver(&mut self, page: &Page) -> Result<bool, PollError> {
        let decode = self.poller.graph.resource().decode;
        let mut had_time = true;
        for raw in page.alerts() {
            if !self.wait_for_memory_to_map(raw).await {
                had_time = false;
                break;
            }
            self.report.alerts += 1;
            self.report.listed_again += u64::from(self.options.is_second_reading());
            had_time = match decode(raw) {
                Ok(alert) => self.deliver_alert(&alert).await?,
                Err(error) => self.quarantine_alert(raw, &error).await?,
            };
            if !had_time {
                break;
            }
        }
        for output in 0..self.batches.len() {
            self.send(output).await?;
        }
        Ok(had_time)
    }

    /// Maps one alert and sends its records that are new.
    pub(crate) async fn alert(&mut self, alert: &Alert<'_>) -> Result<(), PollError> {
        self.deliver_alert(alert).await?;
        for output in 0..self.batches.len() {
            self.send(output).await?;
        }
        Ok(())
    }

    /// Notes that Graph lists an alert.
    fn saw(&mut self, alert: AlertDigest, updated: Option<Timestamp>, created: Option<Timestamp>) {
        self.seen.insert(alert);
        self.listing.row(alert, updated, created);
    }

    /// Quarantines an alert that does not parse, once; whether there was time for it.
    async fn quarantine_alert(
        &mut self,
        raw: &str,
        error: &DecodeError,
    ) -> Result<bool, PollError> {
        let (alert, now_secs) = (AlertDigest::of(raw), self.now_secs());
        self.saw(alert, None, None);
        if self.recall(alert).await?.is_none() {
            return Ok(false);
        }
        let quarantined = self.state.output(QUARANTINED);
        if let Some(claimed) = quarantined.claim(alert, &[0; 32], now_secs) {
            // The claim is noted first, so that it is released if the alert cannot be written.
            self.in_doubt.push((QUARANTINED.to_owned(), claimed));
            if !self.options.dry_run {
                self.poller.quarantine().alert(raw, error).await?;
            }
            self.report.quarantined += 1;
        }
        Ok(true)
    }

    /// Maps one alert and sends its records as the batches fill up; whether there was time for it.
    async fn deliver_alert(&mut self, alert: &Alert<'_>) -> Result<bool, PollError> {
        let updated = alert.last_update.as_ref().and_then(|time| time.instant);
        let asked_for = updated.filter(|updated| self.listing.was_asked_for(*updated));
        self.report.newest_alert = self.report.newest_alert.max(asked_for);
        let digest = digest_of(alert);
        let created = alert.created.as_ref().and_then(|time| time.instant);
        self.saw(digest, updated, created);
        // Many pages of the state may be read without a record that is new.
        match self.recall(digest).await? {
            None => return Ok(false),
            Some(pages) if pages > 0 && !self.has_time() => return Ok(false),
            Some(_) => {}
        }
        let (poller, now_secs) = (self.poller, self.now_secs());
        for (n, output) in poller.outputs.iter().enumerate() {
            if !self.options.writes_to(&output.name) {
                continue;
            }
            let context = Context {
                output,
                tenant: &poller.settings.tenant,
                now_secs,
            };
            let mut mapping = Mapping::of(alert, context, self.options.again.is_some());
            let mut is_done = false;
            while !is_done {
                let small = self.context.small();
                let batch = &mut self.batches[n];
                batch.most_bytes = small.map_or(BATCH_BYTES, |small| small.batch_bytes);
                is_done = match &self.options.again {
                    Some(id) => match self.state.output_and_resent(&output.name, id) {
                        Some((written, resent)) => mapping.fill(written, Some(resent), batch),
                        None => true,
                    },
                    None => mapping.fill(self.state.output(&output.name), None, batch),
                };
                if batch.is_full() {
                    let has_memory = small.is_none() || self.grow().await;
                    self.send(n).await?;
                    if !has_memory || self.context.stop.deadline().is_over() {
                        return Ok(false);
                    }
                }
            }
            self.report.suppressed += mapping.known;
        }
        Ok(true)
    }

    /// Loads what the state knows of an alert. Returns how many pages were read for it, or `None` if there is no
    /// memory for them.
    async fn recall(&mut self, alert: AlertDigest) -> Result<Option<u64>, PollError> {
        if !self.wait_for_memory_to_recall(alert).await {
            return Ok(None);
        }
        let (store, tenant) = (self.poller.store.as_ref(), &self.poller.settings.tenant);
        let pages = StoredPages { store, tenant };
        let recalled = pages.recall(self.state, alert).await?;
        self.report.lost_pages += recalled.lost;
        if recalled.pages > 0 && self.context.small().is_some() {
            // The next alert needs room for its own page.
            self.make_room();
        }
        Ok(Some(recalled.pages))
    }

    /// Counts the records that are longer than a reader of the output takes. They are sent whole, because a reader
    /// may be set to take more, and somebody should know what it cuts off or loses.
    fn count_oversize(&mut self, output: &Output, messages: &[Message], refused: &[Refused]) {
        for (n, message) in messages.iter().enumerate() {
            let exceeded = output.queue.exceeded(message);
            if exceeded.is_empty() || refused.iter().any(|refused| refused.index == n) {
                continue;
            }
            self.report.oversize += 1;
            let bounds: Vec<_> = exceeded.iter().map(ToString::to_string).collect();
            tracing::warn!(
                tenant = self.poller.settings.tenant,
                output = output.name,
                key = shown(&message.key),
                bytes = message.body.len(),
                bounds = bounds.join("; "),
                "a record is longer than a reader is known to take"
            );
        }
    }

    /// Makes sure, once per poll, that the store has room for the state. Records that cannot be remembered would be
    /// sent again by every poll, and use up the remaining room.
    async fn reserve(&self) -> Result<(), PollError> {
        if !self.context.is_room_known() {
            let key = state_key(&self.poller.settings.tenant);
            // The object is a third of what the state weighs in memory at most.
            let pages = self.state.pages.bytes().min(PAGES_BYTES);
            let bytes = self.state.weight() / 2 + pages + SMALL_STATE_BYTES;
            self.poller.store.reserve(&key, bytes as u64).await?;
            self.context.know_room();
        }
        Ok(())
    }

    /// Sends what waits for output `n`. The claims of records that the queue does not take are released, so that the
    /// next poll sends them; records that it will never take are quarantined.
    async fn send(&mut self, n: usize) -> Result<(), PollError> {
        if self.batches[n].messages.is_empty() {
            return Ok(());
        }
        if !self.options.dry_run {
            self.reserve().await?;
        }
        let batch = std::mem::take(&mut self.batches[n]);
        self.context.note_sent(batch.bytes);
        if self.options.dry_run {
            self.report.records += batch.messages.len() as u64;
            return Ok(());
        }
        let output = &self.poller.outputs[n];
        let refused = match output.queue.send(&batch.messages).await {
            Ok(refused) => refused,
            Err(error) => {
                // The queue may have taken some or all: their claims are released when the window fails.
                let claims = batch.claims.into_iter();
                self.in_doubt
                    .extend(claims.map(|claimed| (output.name.clone(), claimed)));
                return Err(error.into());
            }
        };
        self.report.records += (batch.messages.len() - refused.len()) as u64;
        self.count_oversize(output, &batch.messages, &refused);
        let (again, never): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|refused| refused.retryable);
        let written = self.state.output(&output.name);
        for refused in &again {
            written.release(&batch.claims[refused.index]);
        }
        for refused in &never {
            let claimed = batch.claims[refused.index];
            self.in_doubt.push((output.name.clone(), claimed));
        }
        for refused in &never {
            let message = &batch.messages[refused.index];
            self.poller
                .quarantine()
                .record(&output.name, message, refused)
                .await?;
            self.report.quarantined += 1;
        }
        match again.first() {
            Some(first) => Err(PollError::Refused {
                refused: again.len(),
                code: first.code.clone(),
            }),
            None => Ok(()),
        }
    }
}
