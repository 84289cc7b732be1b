use drawbridge_alert::Alert;
use drawbridge_cursor::{
    AlertDigest, Claimed, DeliveredRecords, Meaning, TextDigests, epoch_secs_of,
};
use drawbridge_queue::Message;
use drawbridge_record::{Change, Draft, Drafts, Fact, FirstReading, Record, Rewrite};
use jiff::Timestamp;

use crate::{Grouping, Output};

/// How many bytes of records are held before they are sent. One alert may call for thousands of
/// records, each with a long description: this bounds what they hold of memory together.
pub(crate) const BATCH_BYTES: usize = 1 << 20;

/// Records of one output that wait to be sent.
pub(crate) struct Batch {
    pub(crate) messages: Vec<Message>,
    /// The claim behind each message, in the same order.
    pub(crate) claims: Vec<Claimed>,
    pub(crate) bytes: usize,
    /// How many bytes it is to hold.
    pub(crate) most_bytes: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            claims: Vec::new(),
            bytes: 0,
            most_bytes: BATCH_BYTES,
        }
    }
}

impl Batch {
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= self.most_bytes
    }
}

/// Whose records they are, and when.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) output: &'c Output,
    pub(crate) tenant: &'c str,
    pub(crate) now_secs: u32,
}

/// The records that one alert calls for, on their way into the batches of one output.
pub(crate) struct Mapping<'m> {
    context: Context<'m>,
    alert: &'m Alert<'m>,
    digest: AlertDigest,
    drafts: Drafts<'m>,
    /// What was decided on so far, and what those records carry.
    decided: FirstReading,
    /// Whether all records are written, whatever was written before.
    again: bool,
    /// Records that the output has already.
    pub(crate) known: u64,
}

impl<'m> Mapping<'m> {
    /// Of the records that the output does not have yet; `again`, of all.
    pub(crate) fn of(alert: &'m Alert<'m>, context: Context<'m>, again: bool) -> Self {
        Self {
            context,
            alert,
            digest: digest_of(alert),
            drafts: context.output.format.drafts(alert),
            decided: FirstReading::default(),
            again,
            known: 0,
        }
    }

    /// Adds records to `batch` until it is full; whether those were all. `resent` has those that the
    /// output has been sent again.
    pub(crate) fn fill(
        &mut self,
        written: &mut DeliveredRecords,
        mut resent: Option<&mut DeliveredRecords>,
        batch: &mut Batch,
    ) -> bool {
        written.saw(self.digest, self.context.now_secs);
        while !batch.is_full() {
            let Some(draft) = self.drafts.next() else {
                return true;
            };
            self.add(&draft, written, resent.as_deref_mut(), batch);
        }
        false
    }

    /// Adds a record if it is called for and the output does not have it.
    fn add(
        &mut self,
        draft: &Draft<'_>,
        written: &mut DeliveredRecords,
        resent: Option<&mut DeliveredRecords>,
        batch: &mut Batch,
    ) {
        let facts = &draft.unless_carried;
        let is_called_for = facts.is_empty() || self.lacks(facts, written);
        if !is_called_for || !self.decided.take(draft) {
            return;
        }
        if self.is_read_anew() {
            self.decided.carry(&draft.carries);
        }
        let Some(mut claimed) = self.claim(draft, written, resent) else {
            self.known += 1;
            return;
        };
        written.carry(&mut claimed, &draft.carries);
        let change = if claimed.is_new {
            Change::New
        } else {
            Change::Changed
        };
        let mut record = draft.write(claimed.part, change);
        // A format whose records never change does not name their versions.
        let Output {
            rewrite, format, ..
        } = self.context.output;
        if (format.rewrite(), *rewrite) == (Rewrite::Never, Rewrite::Changes) {
            let version = hex::encode(&draft.version()[..8]);
            record.key = format!("{}#{version}", record.key);
        }
        batch.bytes += record.body.len();
        batch.claims.push(claimed);
        batch.messages.push(self.message(record));
    }

    /// Whether one of `facts` is carried by no record that counts.
    fn lacks(&self, facts: &[Fact], written: &mut DeliveredRecords) -> bool {
        if self.is_read_anew() {
            self.decided.lacks(facts)
        } else {
            written.lacks(self.digest, facts)
        }
    }

    /// Whether what was written before does not count. Where records change with their alert, what an
    /// earlier version of one carried does not.
    fn is_read_anew(&self) -> bool {
        self.again || self.context.output.rewrite == Rewrite::Changes
    }

    fn claim(
        &self,
        draft: &Draft<'_>,
        written: &mut DeliveredRecords,
        resent: Option<&mut DeliveredRecords>,
    ) -> Option<Claimed> {
        let (alert, key, now_secs) = (self.digest, &draft.identity(), self.context.now_secs);
        let reading = match self.context.output.rewrite {
            Rewrite::Never => None,
            Rewrite::Changes => Some(TextDigests {
                bytes: draft.bytes(),
                text: draft.text(),
            }),
        };
        let meaning = || Meaning {
            content: draft.content(),
            version: draft.version(),
            updated: updated(self.alert),
        };
        let claimed = match &reading {
            None => written.claim(alert, key, now_secs),
            Some(reading) => written.claim_change(alert, key, reading, meaning, now_secs),
        };
        let Some(resent) = resent else {
            return claimed;
        };
        // What is sent for the first time is not sent again, either.
        let is_first = resent.claim(alert, key, now_secs).is_some();
        if claimed.is_some() || !is_first {
            return claimed;
        }
        let meaning = meaning();
        let version = reading.as_ref().map(|reading| (reading, &meaning));
        written.claim_resend(alert, key, version, now_secs)
    }

    fn message(&self, record: Record) -> Message {
        let Context { output, tenant, .. } = self.context;
        let group = match output.grouping {
            Grouping::Tenant => tenant.to_owned(),
            Grouping::Alert => record.alert_id.clone(),
        };
        let attributes = vec![
            ("tenant", tenant.to_owned()),
            ("format", output.format.name().to_owned()),
            ("schema", output.format.schema_version().to_string()),
            ("alert-id", record.alert_id),
            ("key", record.key.clone()),
            ("severity", record.severity),
            ("change", record.change.as_str().to_owned()),
        ];
        Message {
            key: record.key,
            group,
            time: time_of(self.alert),
            body: record.body,
            attributes,
        }
    }
}

/// What the state knows an alert by.
pub(crate) fn digest_of(alert: &Alert<'_>) -> AlertDigest {
    let created = alert.created.as_ref().and_then(|time| time.instant);
    let created_secs = created.map_or(0, |time| epoch_secs_of(time.as_second()));
    AlertDigest::of(&alert.id).created(created_secs)
}

/// When the alert changed last, as the state counts time.
fn updated(alert: &Alert<'_>) -> i64 {
    let instant = alert.last_update.as_ref().and_then(|time| time.instant);
    let ticks = instant.and_then(|time| i64::try_from(time.as_nanosecond() / 100).ok());
    ticks.unwrap_or(i64::MIN)
}

/// When the alert changed last or, where Graph does not say, came up.
fn time_of(alert: &Alert<'_>) -> Option<Timestamp> {
    let times = [&alert.last_update, &alert.created];
    times.into_iter().flatten().find_map(|time| time.instant)
}
