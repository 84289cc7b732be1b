//! The real handler under a schedule: timers, the jobs queue, workers, and processes that die and are
//! replaced.

mod careless;
mod job_summary;
mod message;
mod operate;
mod polls;
mod ports;
mod process;
mod queue;
mod tenant;
mod timer;
mod transport;
mod workers;

use std::sync::{Arc, PoisonError};

use futures::future::join_all;

use operate::operate;
pub use ports::{Held, PutAside, Shared, Taken};
pub(crate) use queue::HIDDEN_SECS;
use tenant::Tenant;
use workers::Workers;

use crate::{Kind, World, known};

/// What stands in place of a damaged state object.
pub(crate) const DAMAGED: &[u8] = b"{\"version\":1,\"watermark\":";

/// What is left of one tenant after a schedule.
pub struct Ran {
    /// What store and queue hold of it, and what its polls did.
    pub held: Held,
    /// Requests to Graph.
    pub requests: u64,
    /// Polls begun.
    pub polls: usize,
    /// How many of them did their job.
    pub done_polls: usize,
    /// Jobs that went to the dead-letter queue.
    pub dead_letters: usize,
    /// When each job that is done was sent, and how long it waited for that, in milliseconds.
    pub waits: Vec<(u64, u64)>,
    /// Properties that its polls and its jobs broke.
    pub broken: Vec<String>,
}

/// What is left after a schedule.
pub struct AllRan {
    /// Of each tenant, in the order of the worlds.
    pub tenants: Vec<Ran>,
    /// Objects and messages that belong to none of them.
    pub strays: usize,
}

/// Runs the real handler through the schedules of some tenants at once. The first one's says how
/// many polls may run at a time.
pub async fn run(worlds: &[Arc<World>]) -> AllRan {
    let shared = Arc::new(Shared::default());
    let tenants = worlds.iter().enumerate();
    let tenants: Vec<Arc<Tenant>> = tenants
        .map(|(place, world)| Arc::new(Tenant::new(place, world, &shared)))
        .collect();
    for world in worlds {
        if world.schedule.has(Kind::StateDamaged) {
            shared.damage(&world.schedule.tenant, DAMAGED);
        }
        if let Some(state) = known::state(&world.schedule) {
            shared.begin_with(&world.schedule.tenant, &state);
        }
    }
    let operators = tenants
        .iter()
        .map(|tenant| operate(tenant.operators_ports()));
    let operators: Vec<_> = operators.collect();
    let workers = Workers::new(&tenants);
    tokio::select! {
        biased;
        () = workers.run() => {}
        // They may be done long before.
        () = async { join_all(operators).await; std::future::pending().await } => {}
    }
    let tenants = tenants.iter().map(|tenant| {
        let mut held = tenant.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = std::mem::take(&mut *held);
        (held.objects, held.taken) = shared.take(tenant.name());
        let others = |taken: &mut Taken| taken.format != "siem";
        held.of_others = held.taken.extract_if(.., others).collect();
        Ran {
            held,
            requests: tenant.graph.requests(),
            polls: tenant.polls(),
            done_polls: tenant.done_polls(),
            dead_letters: tenant.dead_letters(),
            waits: tenant.take_waits(),
            broken: tenant.take_broken(),
        }
    });
    let tenants = tenants.collect();
    AllRan {
        tenants,
        strays: shared.store.keys().len() + shared.taken().len(),
    }
}
