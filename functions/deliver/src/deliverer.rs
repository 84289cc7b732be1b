use std::sync::Mutex;
use std::sync::{Arc, PoisonError};

use drawbridge_graph::Deadline;
use drawbridge_store::Store;
use futures::StreamExt as _;

use crate::quarantine::Quarantine;
use crate::{Later, Limits, Outcome, Parcel, Record, Target};

/// How many batches are on their way at once.
pub const IN_FLIGHT: usize = 10;

/// The most bytes a record may have. Nothing that Graph is known to send comes near it, and no
/// target's limit is above it by default.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// Delivers records in batches, several at once, and puts aside what will never be taken.
///
/// At most [`IN_FLIGHT`] batches are being delivered; each holds [`Limits::bytes`] of bodies, or
/// one record of [`MAX_RECORD_BYTES`] at most, and its request. After the first batch that has to
/// wait, those not yet begun wait too: a target that is down is not asked ten times more.
pub struct Deliverer {
    target: Arc<dyn Target>,
    store: Arc<dyn Store>,
}

impl Deliverer {
    /// Delivers to `target`; `store` has the bodies of large records and takes what is refused.
    #[must_use]
    pub fn new(target: Arc<dyn Target>, store: Arc<dyn Store>) -> Self {
        Self { target, store }
    }

    /// Delivers records and says of each, in their order, what became of it. One that was
    /// [`Outcome::Refused`] lies in quarantine by then.
    pub async fn deliver(&self, parcels: Vec<Parcel>, until: Deadline) -> Vec<Outcome> {
        let waiting = Mutex::new(None);
        let batches = batches(parcels, self.target.limits());
        let outcomes: Vec<Vec<Outcome>> = futures::stream::iter(batches)
            .map(|batch| self.batch(batch, until, &waiting))
            .buffered(IN_FLIGHT)
            .collect()
            .await;
        outcomes.into_iter().flatten().collect()
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

    async fn batch(
        &self,
        parcels: Vec<Parcel>,
        until: Deadline,
        waiting: &Mutex<Option<Later>>,
    ) -> Vec<Outcome> {
        let known = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(later) = known().clone() {
            return vec![Outcome::Later(later); parcels.len()];
        }
        if until.is_over() {
            let later = Later::because("no time was left to deliver it");
            return vec![Outcome::Later(later); parcels.len()];
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
        let delivered = self.target.deliver(&records, until).await;
        for ((place, record), outcome) in places.into_iter().zip(&records).zip(delivered) {
            outcomes[place] = Some(self.settled(record, outcome).await);
        }
        let missing = || Outcome::Later(Later::because("the target said nothing of this record"));
        let outcomes: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(missing))
            .collect();
        let later = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Later(later) => Some(later.clone()),
            _ => None,
        });
        if later.is_some() {
            *known() = later;
        }
        outcomes
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
        let quarantine = Quarantine {
            store: &*self.store,
            target: self.target.name(),
        };
        match quarantine.put(record, reason).await {
            Ok(()) => outcome,
            // Counting it as done would lose it.
            Err(error) => Outcome::Later(Later::because(format!(
                "it could not be put aside: {error}"
            ))),
        }
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
