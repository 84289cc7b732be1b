//! Delivery for those who can wait until somebody has mended a setting.

use std::sync::atomic::Ordering;

use drawbridge_time::Deadline;

use super::{Deliverer, IN_FLIGHT, Sent, TargetHealth};
use crate::target::AllRefused;
use crate::{Later, Outcome, StoredRecord};

/// How many of the records that had to wait are tried alone where the target took none: if it takes one of
/// these, those before it are at fault.
const PROBES: usize = 10;

/// What came of a record of which it is not decided whether it is quarantined.
struct Unsettled {
    outcome: Outcome,
    /// Whether the target was asked.
    is_sent: bool,
}

/// What came of trying records alone.
enum Probed {
    /// The target took the record at that place.
    Taken(usize, Outcome),
    /// It refused every one; why.
    Refused(String),
    /// It asks to wait, or cannot be reached.
    NotThere,
}

/// Some of the places, at most [`PROBES`].
fn some(places: &[usize]) -> impl Iterator<Item = usize> {
    let step = places.len().div_ceil(PROBES).max(1);
    places.iter().copied().step_by(step)
}

impl Sent {
    /// What came of each record, in their order.
    fn unsettled(self) -> Vec<Unsettled> {
        let Self { batch, outcomes } = self;
        let sent = batch.positions.clone();
        let outcomes = batch.into_outcomes(outcomes).into_iter().enumerate();
        let unsettled = outcomes.map(|(at, outcome)| Unsettled {
            outcome,
            is_sent: sent.contains(&at),
        });
        unsettled.collect()
    }
}

impl Unsettled {
    fn is_refused(&self) -> bool {
        self.is_sent && matches!(self.outcome, Outcome::Refused(_))
    }

    /// The outcome where what the target refused is to wait. What was not worth sending is quarantined already.
    fn waiting(self) -> Outcome {
        match self.outcome {
            Outcome::Refused(reason) if self.is_sent => Outcome::Later(Later::because(reason)),
            outcome => outcome,
        }
    }
}

impl Deliverer {
    /// The same for those who can wait until somebody has mended a setting: what is refused is quarantined
    /// only if the target takes another one of these records. If it takes none, all of them are
    /// [`Outcome::Later`]. So that records that are refused do not hold up others for ever, some of those
    /// behind them are tried alone.
    pub async fn deliver_unless_all_are_refused(
        &self,
        stored: Vec<StoredRecord>,
        until: Deadline,
    ) -> Vec<Outcome> {
        let (outcomes, _) = self
            .deliver_unless_all_are_refused_with(stored, Vec::new(), until)
            .await;
        outcomes
    }

    /// The same with records that follow, such as those of the next file. They have their turn here only if all of
    /// `stored` are refused and the target takes one of them. What became of them is empty otherwise.
    pub(crate) async fn deliver_unless_all_are_refused_with(
        &self,
        stored: Vec<StoredRecord>,
        behind: Vec<StoredRecord>,
        until: Deadline,
    ) -> (Vec<Outcome>, Vec<Outcome>) {
        self.refuses_all.store(false, Ordering::Relaxed);
        let send = |batch| self.send_batch(batch, until, AllRefused::Tell);
        let sent = self.in_batches(stored.clone(), IN_FLIGHT, send).await;
        let all_sent = || sent.iter().flat_map(|sent| &sent.outcomes);
        if all_sent().any(Outcome::is_taken) || all_sent().next().is_none() {
            let mut outcomes = Vec::new();
            for sent in sent {
                outcomes.extend(self.settle(sent).await);
            }
            return (outcomes, Vec::new());
        }
        let unsettled: Vec<Unsettled> = sent.into_iter().flat_map(Sent::unsettled).collect();
        let outcomes = match self.probe(&stored, &behind, &unsettled, until).await {
            Probed::Taken(at, taken) => {
                return self.give_up(stored, behind, (at, taken), until).await;
            }
            Probed::NotThere => unsettled.into_iter().map(Unsettled::waiting).collect(),
            Probed::Refused(reason) => {
                self.refuses_all.store(true, Ordering::Relaxed);
                let later = Later::because(refused_all(unsettled.len(), &reason));
                self.set_health(TargetHealth::Waiting(later.clone()));
                let waits = |one: Unsettled| match one.waiting() {
                    Outcome::Later(_) => Outcome::Later(later.clone()),
                    unfit => unfit,
                };
                unsettled.into_iter().map(waits).collect()
            }
        };
        (outcomes, Vec::new())
    }

    /// Gives up what is refused, after the target has taken the record at that place of both together. Those behind
    /// come after the others, and not at all if that one is not among them.
    async fn give_up(
        &self,
        mut stored: Vec<StoredRecord>,
        mut behind: Vec<StoredRecord>,
        (at, taken): (usize, Outcome),
        until: Deadline,
    ) -> (Vec<Outcome>, Vec<Outcome>) {
        let Some(at_behind) = at.checked_sub(stored.len()) else {
            stored.remove(at);
            let mut outcomes = self.deliver_or_give_up(stored, until).await;
            outcomes.insert(at, taken);
            return (outcomes, Vec::new());
        };
        let outcomes = self.deliver_or_give_up(stored, until).await;
        behind.remove(at_behind);
        let mut of_behind = self.deliver_or_give_up(behind, until).await;
        of_behind.insert(at_behind, taken);
        (outcomes, of_behind)
    }

    /// Whether the target refused every record when [`deliver_unless_all_are_refused`](Self::deliver_unless_all_are_refused)
    /// was called last, so that these wait, though the target may well take others.
    #[must_use]
    pub fn refuses_all(&self) -> bool {
        self.refuses_all.load(Ordering::Relaxed)
    }

    /// Tries some of the records that had to wait and then of those behind, each alone, the youngest first but for the
    /// very next one, to see whether the target takes any.
    async fn probe(
        &self,
        stored: &[StoredRecord],
        behind: &[StoredRecord],
        unsettled: &[Unsettled],
        until: Deadline,
    ) -> Probed {
        let outcomes = || unsettled.iter().map(|one| &one.outcome);
        let asks_to_wait =
            |outcome: &Outcome| matches!(outcome, Outcome::Later(Later { after: Some(_), .. }));
        if outcomes().any(asks_to_wait) {
            return Probed::NotThere;
        }
        // Who refuses nothing is down, and is not asked again.
        let mut refusals = unsettled.iter().filter(|one| one.is_refused());
        let Some(Outcome::Refused(reason)) = refusals.next().map(|one| &one.outcome) else {
            return Probed::NotThere;
        };
        let mut last_reason = reason.clone();
        let waiting = outcomes()
            .enumerate()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Later(_)));
        let waiting: Vec<usize> = waiting.map(|(at, _)| at).rev().collect();
        // So that the next file is delivered in its order if nothing is wrong with its first record.
        let mut behind_at = stored.len()..stored.len() + behind.len();
        let next = behind_at.next();
        let behind_at: Vec<usize> = behind_at.rev().collect();
        for at in some(&waiting).chain(next).chain(some(&behind_at)) {
            self.set_health(TargetHealth::Unknown);
            let one = stored.get(at).unwrap_or_else(|| &behind[at - stored.len()]);
            let probe = vec![one.clone()];
            let sent = self.send_batch(probe, until, AllRefused::GiveUp).await;
            if sent.outcomes.iter().any(Outcome::is_taken) {
                // Quarantined if a part of it was cut off.
                let taken = self.settle(sent).await.pop();
                return taken.map_or(Probed::NotThere, |taken| Probed::Taken(at, taken));
            }
            match sent.outcomes.into_iter().next() {
                Some(Outcome::Refused(reason)) => last_reason = reason,
                _ => return Probed::NotThere,
            }
        }
        Probed::Refused(last_reason)
    }
}

/// Why so many records wait: the target refused what it was sent of them, and took none.
fn refused_all(records: usize, reason: &str) -> String {
    match records {
        1 => format!(
            "the target refused the only record that it was sent, so that a setting may be wrong rather \
             than the record: {reason}. It stays where it is until the target takes another one: correct \
             the setting, or have it put aside with --set-aside"
        ),
        _ => format!(
            "the target refused every record that it was sent, so that a setting is probably wrong rather \
             than the records: {reason}. They stay where they are until the target takes another one: \
             correct the setting, or have them put aside with --set-aside"
        ),
    }
}
