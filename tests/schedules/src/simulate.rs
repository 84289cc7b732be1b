//! One schedule from its seed to its findings.

use std::sync::Arc;

use crate::check::{Findings, check};
use crate::{Counts, Kinds, Mutation, Schedule, World, handler, keep_traces};

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

/// Runs the real handler through the schedule of `seed`, without some kinds of fault.
#[must_use]
pub fn simulate(seed: u64, without: Kinds) -> Outcome {
    run(Schedule::new(seed, without))
}

/// As [`simulate`], with a poller that is broken on purpose.
#[must_use]
pub fn mutated(seed: u64, mutation: Mutation) -> Outcome {
    run(Schedule {
        mutation: Some(mutation),
        ..Schedule::new(seed, Kinds::NONE)
    })
}

fn run(schedule: Schedule) -> Outcome {
    in_virtual_time(async move {
        let world = Arc::new(World::new(schedule));
        let ran = handler::run(&world).await;
        Outcome {
            findings: check(&world.schedule, &ran),
            counts: world.counts(),
            trace: world.trace(),
        }
    })
}

/// As [`simulate`], with a trace.
#[must_use]
pub fn trace(seed: u64, without: Kinds) -> Outcome {
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
