mod unless_refused;

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drawbridge_quarantine::{Quarantine, TargetRecord};
use drawbridge_store::Store;
use drawbridge_time::Deadline;
use futures::StreamExt as _;

use crate::target::AllRefused;
use crate::undecided::Undecided;
use crate::{Later, Limits, Outcome, Record, StoredRecord, Target};

/// How many batches are on their way at once.
pub const IN_FLIGHT: usize = 10;

/// The most bytes a record may have. Nothing that Graph is known to send comes near it, and no
/// target's limit is above it by default.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// A record that waits only because there was no time left waits no longer than this.
const NO_TIME: Duration = Duration::from_secs(1);

/// Delivers records in batches, several at once, and quarantines what will never be taken.
///
/// At most [`IN_FLIGHT`] batches are being delivered; each holds [`Limits::bytes`] of bodies, or
/// one record of [`MAX_RECORD_BYTES`] at most, and its request. After the first batch that has to
/// wait, those not yet begun wait too. From then on, and at the very start, one batch goes alone,
/// the first one, until the target has taken something: one that is down, or has just come back,
/// is not asked ten times at once.
pub struct Deliverer {
    target: Arc<dyn Target>,
    store: Arc<dyn Store>,
    health: Mutex<TargetHealth>,
    /// Whether the target answered last, and refused whatever it was sent.
    refuses_all: AtomicBool,
}

/// What came of a batch; what the target refused is not in quarantine yet.
struct Sent {
    batch: Undecided<Record>,
    outcomes: Vec<Outcome>,
}

/// What the target did last.
#[derive(Debug, Clone, Default)]
enum TargetHealth {
    /// The target was not asked yet, or not since it failed.
    #[default]
    Unknown,
    /// It took records when it was asked last.
    Available,
    /// It asked to wait, or was not there.
    Waiting(Later),
}

impl Deliverer {
    /// Delivers to `target`; `store` has the bodies of large records and takes what is refused.
    #[must_use]
    pub fn new(target: Arc<dyn Target>, store: Arc<dyn Store>) -> Self {
        Self {
            target,
            store,
            health: Mutex::default(),
            refuses_all: AtomicBool::default(),
        }
    }

    /// Delivers records and says of each, in their order, what became of it. One that was
    /// [`Outcome::Refused`] lies in quarantine by then. Batches are begun in order, and up to
    /// [`IN_FLIGHT`] are under way at once.
    pub async fn deliver(&self, stored: Vec<StoredRecord>, until: Deadline) -> Vec<Outcome> {
        self.deliver_at_once(stored, until, IN_FLIGHT).await
    }

    /// The same for those who want what is refused in quarantine, even if the target takes nothing.
    pub async fn deliver_or_give_up(
        &self,
        stored: Vec<StoredRecord>,
        until: Deadline,
    ) -> Vec<Outcome> {
        let deliver = async |batch| {
            let sent = self.send_batch(batch, until, AllRefused::GiveUp).await;
            self.settle(sent).await
        };
        let outcomes = self.in_batches(stored, IN_FLIGHT, deliver).await;
        outcomes.into_iter().flatten().collect()
    }

    /// The same one batch after the other, so that no record overtakes one of an earlier batch.
    pub async fn deliver_in_order(
        &self,
        stored: Vec<StoredRecord>,
        until: Deadline,
    ) -> Vec<Outcome> {
        self.deliver_at_once(stored, until, 1).await
    }

    async fn deliver_at_once(
        &self,
        stored: Vec<StoredRecord>,
        until: Deadline,
        at_once: usize,
    ) -> Vec<Outcome> {
        let deliver = |batch| self.deliver_batch(batch, until);
        let outcomes = self.in_batches(stored, at_once, deliver).await;
        outcomes.into_iter().flatten().collect()
    }

    /// What `one` gives for each batch, in their order: one after the other until the target has taken
    /// something, then `at_once`.
    async fn in_batches<T, F: Future<Output = T>>(
        &self,
        stored: Vec<StoredRecord>,
        at_once: usize,
        one: impl Fn(Vec<StoredRecord>) -> F,
    ) -> Vec<T> {
        if self.unavailable().is_some() {
            self.set_health(TargetHealth::Unknown);
        }
        let mut batches = batches(stored, self.target.limits()).into_iter();
        let mut done = Vec::new();
        while matches!(self.health(), TargetHealth::Unknown) {
            let Some(batch) = batches.next() else {
                break;
            };
            done.push(one(batch).await);
        }
        let rest = futures::stream::iter(batches).map(one).buffered(at_once);
        done.extend(rest.collect::<Vec<T>>().await);
        done
    }

    /// Why the target cannot take records and for how long it asked to wait, if it failed when it was
    /// asked last.
    #[must_use]
    pub fn unavailable(&self) -> Option<Later> {
        match self.health() {
            TargetHealth::Waiting(later) => Some(later),
            TargetHealth::Unknown | TargetHealth::Available => None,
        }
    }

    /// Quarantines what is no record, or not all of one; it counts as refused, and is never replayed.
    pub async fn refuse(&self, record: &Record, reason: String) -> Outcome {
        self.quarantine(record, Outcome::Refused(reason), true)
            .await
    }

    /// The target's name.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.target.name()
    }

    /// How many records, and how many bytes of them, are worth handing over at once.
    #[must_use]
    pub(crate) fn batch_capacity(&self) -> Limits {
        let Limits { records, bytes } = self.target.limits();
        Limits {
            records: records * IN_FLIGHT,
            bytes: bytes * IN_FLIGHT,
        }
    }

    async fn deliver_batch(&self, stored: Vec<StoredRecord>, until: Deadline) -> Vec<Outcome> {
        let sent = self.send_batch(stored, until, AllRefused::Wait).await;
        self.settle(sent).await
    }

    async fn send_batch(
        &self,
        stored: Vec<StoredRecord>,
        until: Deadline,
        all_refused: AllRefused,
    ) -> Sent {
        let mut batch = Undecided::new();
        let waits = self.unavailable();
        let waits = waits.or_else(|| until.is_over().then(no_time));
        for stored in stored {
            batch.push(match &waits {
                Some(later) => Err(Outcome::Later(later.clone())),
                None => self.fetch_body(stored).await,
            });
        }
        let outcomes = self.send_once(&batch.records, until, all_refused).await;
        Sent { batch, outcomes }
    }

    /// Quarantines what the target refused of a batch, and gives the outcomes of all of it.
    async fn settle(&self, sent: Sent) -> Vec<Outcome> {
        let Sent {
            batch,
            mut outcomes,
        } = sent;
        for (record, outcome) in batch.records.iter().zip(&mut outcomes) {
            *outcome = self.quarantine_if_refused(record, outcome.clone()).await;
        }
        batch.into_outcomes(outcomes)
    }

    /// Sends records once, gives what the target says of each, and notes the health of the target.
    async fn send_once(
        &self,
        records: &[Record],
        until: Deadline,
        all_refused: AllRefused,
    ) -> Vec<Outcome> {
        if records.is_empty() {
            return Vec::new();
        }
        let target = &self.target;
        let mut outcomes = match all_refused {
            AllRefused::Wait => target.deliver(records, until).await,
            AllRefused::Tell => target.deliver_and_tell(records, until).await,
            AllRefused::GiveUp => target.deliver_or_give_up(records, until).await,
        };
        let unanswered = Later::because("the target said nothing of this record");
        outcomes.resize(records.len(), Outcome::Later(unanswered));
        // The target did not refuse what there was no time to send.
        if until.is_over() {
            for outcome in &mut outcomes {
                if matches!(outcome, Outcome::Later(Later { after: None, .. })) {
                    *outcome = Outcome::Later(no_time());
                }
            }
            return outcomes;
        }
        let later = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Later(later) => Some(later.clone()),
            _ => None,
        });
        match later {
            Some(later) => self.set_health(TargetHealth::Waiting(later)),
            // Another batch may have been told to wait meanwhile.
            None if self.unavailable().is_none() && outcomes.iter().any(Outcome::is_taken) => {
                self.set_health(TargetHealth::Available);
            }
            None => {}
        }
        outcomes
    }

    fn health(&self) -> TargetHealth {
        self.health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_health(&self, health: TargetHealth) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// Fetches the body of a record. One without a usable body is quarantined; its outcome is the
    /// error.
    async fn fetch_body(&self, stored: StoredRecord) -> Result<Record, Outcome> {
        let StoredRecord {
            mut record,
            body_at,
        } = stored;
        let refused = match &body_at {
            Some(body) if body.bytes > MAX_RECORD_BYTES => format!(
                "{}; its body stays under {} for as long as the bucket keeps it",
                too_large(body.bytes),
                body.key
            ),
            Some(body) => match self.store.get(&body.key).await {
                Ok(Some(object)) => match String::from_utf8(object.body.into()) {
                    Ok(body) => {
                        record.body = body;
                        String::new()
                    }
                    Err(_) => "the stored body is not UTF-8 text".to_owned(),
                },
                Ok(None) => "the pointer leads to no object: it was deleted, or has expired".into(),
                Err(error) => return Err(Outcome::Later(Later::because(error.to_string()))),
            },
            None => String::new(),
        };
        let refused = match refused {
            reason if !reason.is_empty() => reason,
            _ if record.body.trim().is_empty() => "the record is empty".to_owned(),
            _ if record.body.len() > MAX_RECORD_BYTES => too_large(record.body.len()),
            _ => return Ok(record),
        };
        Err(self
            .quarantine_if_refused(&record, Outcome::Refused(refused))
            .await)
    }

    /// Quarantines a record that the target does not have, or not whole, and gives its outcome.
    async fn quarantine_if_refused(&self, record: &Record, outcome: Outcome) -> Outcome {
        self.quarantine(record, outcome, false).await
    }

    async fn quarantine(&self, record: &Record, outcome: Outcome, is_no_record: bool) -> Outcome {
        let (Outcome::Refused(reason) | Outcome::TakenInPart(reason)) = &outcome else {
            return outcome;
        };
        let (tenant, target, key) = (&record.tenant, self.target.name(), &record.key);
        tracing::error!(tenant, key, target, %reason, "record quarantined");
        let quarantine = Quarantine {
            store: &*self.store,
            tenant,
        };
        let refused = TargetRecord {
            target,
            key,
            alert_id: &record.alert_id,
            format: &record.format,
            body: &record.body,
            is_no_record,
        };
        match quarantine.undeliverable(&refused, reason).await {
            Ok(()) => outcome,
            // Counting it as done would lose it.
            Err(error) => Outcome::Later(Later::because(format!(
                "it could not be quarantined: {error}"
            ))),
        }
    }
}

fn no_time() -> Later {
    Later {
        after: Some(NO_TIME),
        reason: "no time was left to deliver it".to_owned(),
    }
}

fn too_large(bytes: usize) -> String {
    format!("the record has {bytes} bytes; {MAX_RECORD_BYTES} is the most that is delivered")
}

/// The records in their order, each batch within `limits`.
fn batches(stored: Vec<StoredRecord>, limits: Limits) -> Vec<Vec<StoredRecord>> {
    let ranges = limits.ranges(stored.iter().map(StoredRecord::bytes));
    let mut stored = stored.into_iter();
    let batch = |range: Range<usize>| stored.by_ref().take(range.len()).collect();
    ranges.into_iter().map(batch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn batches_keep_order_and_limits(
            sizes in prop::collection::vec(0..2_000_usize, 0..200),
            records in 1..20_usize,
            bytes in 1..3_000_usize,
        ) {
            let stored: Vec<StoredRecord> = sizes
                .iter()
                .enumerate()
                .map(|(n, &size)| StoredRecord::from(Record {
                    key: n.to_string(),
                    body: "x".repeat(size),
                    ..Record::default()
                }))
                .collect();
            let limits = Limits { records, bytes };
            let batches = batches(stored.clone(), limits);
            for batch in &batches {
                prop_assert!((1..=records).contains(&batch.len()));
                let held: usize = batch.iter().map(StoredRecord::bytes).sum();
                prop_assert!(held <= bytes || batch.len() == 1);
            }
            prop_assert_eq!(batches.concat(), stored);
        }
    }
}
