//! One schedule from its seed to its findings.

use std::sync::Arc;

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
    mutate(&mut schedule, Some(mutation));
    run(schedule)
}

pub(crate) fn mutate(schedule: &mut Schedule, mutation: Option<Mutation>) {
    for neighbour in &mut schedule.neighbours {
        neighbour.mutation = mutation;
    }
    schedule.mutation = mutation;
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
