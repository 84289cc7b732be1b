use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drawbridge_graph::Deadline;
use drawbridge_quarantine::{Quarantine, TargetRecord};
use drawbridge_store::Store;
use futures::StreamExt as _;

use crate::{Later, Limits, Outcome, Parcel, Record, Target};

/// How many batches are on their way at once.
pub const IN_FLIGHT: usize = 10;

/// The most bytes a record may have. Nothing that Graph is known to send comes near it, and no
/// target's limit is above it by default.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// What is delivered again for want of time alone waits no longer than this.
const NO_TIME: Duration = Duration::from_secs(1);

/// Delivers records in batches, several at once, and puts aside what will never be taken.
///
/// At most [`IN_FLIGHT`] batches are being delivered; each holds [`Limits::bytes`] of bodies, or
/// one record of [`MAX_RECORD_BYTES`] at most, and its request. After the first batch that has to
/// wait, those not yet begun wait too. From then on, and at the very start, one batch goes alone,
/// the first one, until the target has taken something: one that is down, or has just come back,
/// is not asked ten times at once.
pub struct Deliverer {
    target: Arc<dyn Target>,
    store: Arc<dyn Store>,
    mood: Mutex<Mood>,
}

/// What the target did last.
#[derive(Debug, Clone, Default)]
enum Mood {
    /// Nobody knows.
    #[default]
    Unknown,
    /// It took records.
    Takes,
    /// It asked to wait, or was not there.
    Waits(Later),
}

impl Deliverer {
    /// Delivers to `target`; `store` has the bodies of large records and takes what is refused.
    #[must_use]
    pub fn new(target: Arc<dyn Target>, store: Arc<dyn Store>) -> Self {
        Self {
            target,
            store,
            mood: Mutex::default(),
        }
    }

    /// Delivers records and says of each, in their order, what became of it. One that was
    /// [`Outcome::Refused`] lies in quarantine by then. Batches are begun in order, and up to
    /// [`IN_FLIGHT`] are under way at once.
    pub async fn deliver(&self, parcels: Vec<Parcel>, until: Deadline) -> Vec<Outcome> {
        self.deliver_at_once(parcels, until, IN_FLIGHT).await
    }

    /// The same one batch after the other, so that no record overtakes one of an earlier batch.
    pub async fn deliver_in_order(&self, parcels: Vec<Parcel>, until: Deadline) -> Vec<Outcome> {
        self.deliver_at_once(parcels, until, 1).await
    }

    async fn deliver_at_once(
        &self,
        parcels: Vec<Parcel>,
        until: Deadline,
        at_once: usize,
    ) -> Vec<Outcome> {
        if self.waits().is_some() {
            self.set_mood(Mood::Unknown);
        }
        let mut batches = batches(parcels, self.target.limits()).into_iter();
        let mut outcomes = Vec::new();
        while matches!(self.mood(), Mood::Unknown) {
            let Some(batch) = batches.next() else {
                break;
            };
            outcomes.push(self.batch(batch, until).await);
        }
        let rest: Vec<Vec<Outcome>> = futures::stream::iter(batches)
            .map(|batch| self.batch(batch, until))
            .buffered(at_once)
            .collect()
            .await;
        outcomes.into_iter().chain(rest).flatten().collect()
    }

    /// Why and for how long the target asked to wait, if it did when it was asked last.
    #[must_use]
    pub fn waits(&self) -> Option<Later> {
        match self.mood() {
            Mood::Waits(later) => Some(later),
            Mood::Unknown | Mood::Takes => None,
        }
    }

    /// Puts a record aside that is not worth sending; it counts as refused.
    pub async fn refuse(&self, record: &Record, reason: String) -> Outcome {
        self.settled(record, Outcome::Refused(reason)).await
    }

    /// The target's name.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.target.name()
    }

    /// How many records, and how many bytes of them, are worth handing over at once.
    #[must_use]
    pub fn appetite(&self) -> Limits {
        let Limits { records, bytes } = self.target.limits();
        Limits {
            records: records * IN_FLIGHT,
            bytes: bytes * IN_FLIGHT,
        }
    }

    async fn batch(&self, parcels: Vec<Parcel>, until: Deadline) -> Vec<Outcome> {
        if let Some(later) = self.waits() {
            return vec![Outcome::Later(later); parcels.len()];
        }
        if until.is_over() {
            return vec![Outcome::Later(no_time()); parcels.len()];
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; parcels.len()];
        let (mut places, mut records) = (Vec::new(), Vec::new());
        for (place, parcel) in parcels.into_iter().enumerate() {
            match self.opened(parcel).await {
                Ok(record) => {
                    places.push(place);
                    records.push(record);
                }
                Err(outcome) => outcomes[place] = Some(outcome),
            }
        }
        let delivered = self.sent(&records, until).await;
        for ((place, record), outcome) in places.into_iter().zip(&records).zip(delivered) {
            outcomes[place] = Some(self.settled(record, outcome).await);
        }
        let unsaid = || Outcome::Later(Later::because("nothing became of it"));
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(unsaid))
            .collect()
    }

    /// What the target says of each record; notes whether it takes any.
    async fn sent(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        if records.is_empty() {
            return Vec::new();
        }
        let mut outcomes = self.target.deliver(records, until).await;
        let unsaid = Later::because("the target said nothing of this record");
        outcomes.resize(records.len(), Outcome::Later(unsaid));
        // What it had no time for is not the target's word.
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
            Some(later) => self.set_mood(Mood::Waits(later)),
            // Another batch may have been told to wait meanwhile.
            None if self.waits().is_none() && outcomes.iter().any(Outcome::is_taken) => {
                self.set_mood(Mood::Takes);
            }
            None => {}
        }
        outcomes
    }

    fn mood(&self) -> Mood {
        self.mood
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// The record with its body, or what becomes of one that has none.
    async fn opened(&self, parcel: Parcel) -> Result<Record, Outcome> {
        let Parcel { mut record, stored } = parcel;
        let refused = match &stored {
            Some(stored) if stored.bytes > MAX_RECORD_BYTES => format!(
                "{}; its body stays under {} for as long as the bucket keeps it",
                too_large(stored.bytes),
                stored.key
            ),
            Some(stored) => match self.store.get(&stored.key).await {
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
        Err(self.settled(&record, Outcome::Refused(refused)).await)
    }

    /// Puts aside what the target does not have, or not whole.
    async fn settled(&self, record: &Record, outcome: Outcome) -> Outcome {
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
        };
        match quarantine.undeliverable(&refused, reason).await {
            Ok(()) => outcome,
            // Counting it as done would lose it.
            Err(error) => Outcome::Later(Later::because(format!(
                "it could not be put aside: {error}"
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

/// Parcels in their order, each batch within `limits`.
fn batches(parcels: Vec<Parcel>, limits: Limits) -> Vec<Vec<Parcel>> {
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    let mut bytes = 0;
    for parcel in parcels {
        let size = parcel.bytes();
        match batches.last_mut() {
            Some(batch) if batch.len() < limits.records && bytes + size <= limits.bytes => {
                bytes += size;
                batch.push(parcel);
            }
            _ => {
                bytes = size;
                batches.push(vec![parcel]);
            }
        }
    }
    batches
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
            let parcels: Vec<Parcel> = sizes
                .iter()
                .enumerate()
                .map(|(n, &size)| Parcel::from(Record {
                    key: n.to_string(),
                    body: "x".repeat(size),
                    ..Record::default()
                }))
                .collect();
            let limits = Limits { records, bytes };
            let batches = batches(parcels.clone(), limits);
            for batch in &batches {
                prop_assert!((1..=records).contains(&batch.len()));
                let held: usize = batch.iter().map(Parcel::bytes).sum();
                prop_assert!(held <= bytes || batch.len() == 1);
            }
            prop_assert_eq!(batches.concat(), parcels);
        }
    }
}
