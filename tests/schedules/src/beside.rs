//! A tenant with nothing wrong beside one in trouble, and the same tenant alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use crate::neighbours::TROUBLES;
use crate::simulate::{in_virtual_time, mutate};
use crate::{Kind, Kinds, Mutation, Schedule, World, handler, neighbours};

/// What the queue took of one tenant: when, and the record's key.
pub type Deliveries = Vec<(Timestamp, String)>;

/// A tenant with nothing wrong.
#[derive(Debug)]
pub struct Beside {
    /// Its name.
    pub tenant: String,
    /// By how much a record may come later, if there are polls about that kill their process.
    pub may_wait_secs: Option<u64>,
    /// What the queue took of it beside the others.
    pub beside: Deliveries,
    /// What it takes of it alone.
    pub alone: Deliveries,
}

/// The tenants with nothing wrong beside one in the trouble of that number, so many in all besides the
/// first, and alone.
#[must_use]
pub fn beside_and_alone(
    trouble: usize,
    seed: u64,
    neighbours: usize,
    mutation: Option<Mutation>,
) -> Vec<Beside> {
    let none = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
    let mut schedule = Schedule::new(seed, &none.into());
    neighbours::put_beside(&mut schedule, trouble, neighbours);
    mutate(&mut schedule, mutation);
    let mut alone = std::mem::take(&mut schedule.neighbours);
    alone.insert(0, schedule);
    let together = deliveries(alone.iter().cloned());
    let pairs = alone.into_iter().zip(together);
    let may_wait_secs = neighbours::may_wait_secs(trouble);
    pairs
        .filter(|(tenant, _)| tenant.trouble().is_none())
        .map(|(tenant, beside)| Beside {
            tenant: tenant.tenant.clone(),
            may_wait_secs,
            beside,
            alone: deliveries([tenant]).swap_remove(0),
        })
        .collect()
}

fn deliveries(schedules: impl IntoIterator<Item = Schedule>) -> Vec<Deliveries> {
    in_virtual_time(async move {
        let worlds = schedules.into_iter().map(World::new).map(Arc::new);
        let ran = handler::run(&worlds.collect::<Vec<_>>()).await;
        let taken = |ran: handler::Ran| {
            let taken = ran.held.taken.into_iter();
            taken.map(|taken| (taken.at, taken.key)).collect()
        };
        ran.tenants.into_iter().map(taken).collect()
    })
}

impl Beside {
    /// By how much a record came later than alone, at most.
    #[must_use]
    pub fn later(&self) -> SignedDuration {
        let alone = first(&self.alone);
        let beside = first(&self.beside).into_iter();
        let later = beside.filter_map(|(key, at)| Some(at.duration_since(*alone.get(key)?)));
        later.max().unwrap_or_default()
    }

    /// How the others' trouble is the tenant's, too: where no process dies, all that it delivers has
    /// to come at the same millisecond.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        let later = self.later();
        let broken = match self.may_wait_secs {
            None => self.beside != self.alone,
            Some(wait) => later.as_secs() > wait.cast_signed(),
        };
        broken.then(|| format!("{}: not as alone, {later:?} later", self.tenant))
    }
}

fn first(taken: &Deliveries) -> BTreeMap<&str, Timestamp> {
    let mut first = BTreeMap::new();
    for (at, key) in taken {
        first.entry(&**key).or_insert(*at);
    }
    first
}
