//! One schedule from its seed to its findings.

use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{Findings, check, check_neighbour};
use crate::{Counts, Kind, Kinds, Mutation, Schedule, Without, World, handler, keep_traces};

/// What came of a schedule.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What the properties say.
    pub findings: Findings,
    /// What the faults did.
    pub counts: Counts,
    /// What happened, if that was asked for.
    pub trace: Vec<String>,
}

/// Runs the real handler through the schedule of `seed`, without some of what is in it.
#[must_use]
pub fn simulate(seed: u64, without: impl Into<Without>) -> Outcome {
    run(Schedule::new(seed, &without.into()))
}

/// As [`simulate`], with a poller that is broken on purpose.
#[must_use]
pub fn mutated(seed: u64, mutation: Mutation) -> Outcome {
    let mut schedule = Schedule::new(seed, &Kinds::NONE.into());
    for neighbour in &mut schedule.neighbours {
        neighbour.mutation = Some(mutation);
    }
    schedule.mutation = Some(mutation);
    run(schedule)
}

pub(crate) fn run(mut schedule: Schedule) -> Outcome {
    in_virtual_time(async move {
        let neighbours = std::mem::take(&mut schedule.neighbours);
        let worlds: Vec<Arc<World>> = std::iter::once(schedule)
            .chain(neighbours)
            .map(|schedule| Arc::new(World::new(schedule)))
            .collect();
        let ran = handler::run(&worlds).await;
        let mut findings = check(&worlds[0].schedule, &ran.tenants[0]);
        let mut outcome = Outcome {
            counts: worlds[0].counts(),
            trace: worlds[0].trace(),
            ..Outcome::default()
        };
        for (world, ran) in worlds.iter().zip(&ran.tenants).skip(1) {
            world.strike(Kind::Neighbours);
            check_neighbour(&world.schedule, ran, &mut findings);
            outcome.counts.add_tenant(&world.counts());
            outcome.trace.extend(world.trace());
        }
        if ran.strays > 0 {
            let broken = format!("{} objects or messages are nobody's", ran.strays);
            findings.broken.push(broken);
        }
        // Each line begins with its time.
        outcome
            .trace
            .sort_by(|one, two| one.get(..10).cmp(&two.get(..10)));
        Outcome {
            findings,
            ..outcome
        }
    })
}

/// What the queue took of one tenant: when, and the record's key.
pub type Deliveries = Vec<(Timestamp, String)>;

/// What the queue takes of each tenant with nothing wrong beside one in trouble, and of the same
/// tenant alone; none when the schedule has fewer processes than tenants.
#[must_use]
pub fn beside_and_alone(seed: u64) -> Vec<(Deliveries, Deliveries)> {
    let schedule = Schedule::new(seed, &Without::default());
    let neighbours = schedule.neighbours.clone();
    if schedule.slots <= neighbours.len() {
        return Vec::new();
    }
    let together = deliveries(std::iter::once(schedule).chain(neighbours.iter().cloned()));
    let pairs = neighbours.into_iter().zip(together.into_iter().skip(1));
    pairs
        .filter(|(neighbour, _)| neighbour.trouble().is_none())
        .map(|(neighbour, beside)| (beside, deliveries([neighbour]).swap_remove(0)))
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

/// As [`simulate`], with a trace.
#[must_use]
pub fn trace(seed: u64, without: impl Into<Without>) -> Outcome {
    keep_traces(true);
    let outcome = simulate(seed, without);
    keep_traces(false);
    outcome
}

/// Runs on one thread whose time passes as soon as everybody waits for it.
pub(crate) fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime needs nothing")
        .block_on(work)
}
