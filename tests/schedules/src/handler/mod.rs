//! The real handler under a schedule: timer, jobs queue, processes that die and are replaced.

mod careless;
mod jobs;
mod log;
mod operate;
mod ports;
mod process;
mod tenant;
mod transport;

use std::sync::{Arc, PoisonError};

use futures::future::join_all;
use tokio::sync::Semaphore;

use jobs::Jobs;
use operate::operate;
pub use ports::{Held, Shared, Taken};
use tenant::Tenant;

use crate::graph::Graph;
use crate::{Kind, Mutation, World, known};

/// Poll numbers of one tenant stay below this.
const NUMBERS: usize = 1_000_000;
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
    /// Jobs that went to the dead-letter queue.
    pub dead_letters: usize,
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
    let schedule = &worlds[0].schedule;
    let shared = Arc::new(Shared::default());
    let slots = Arc::new(Semaphore::new(schedule.slots));
    let one_group = Arc::new(Semaphore::new(1));
    let mut tenants: Vec<Tenant> = worlds
        .iter()
        .enumerate()
        .map(|(n, world)| Tenant {
            world: Arc::clone(world),
            graph: Graph::new(Arc::clone(world)),
            shared: Arc::clone(&shared),
            held: Arc::default(),
            slots: Arc::clone(&slots),
            group: match schedule.mutation {
                Some(Mutation::OneGroup) => Arc::clone(&one_group),
                _ => Arc::new(Semaphore::new(1)),
            },
            jobs: Arc::new(Jobs::new(world)),
            first_number: n * NUMBERS,
            processes: 0,
            polls: 0,
        })
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
    tokio::select! {
        biased;
        _ = join_all(tenants.iter_mut().map(Tenant::run)) => {}
        // They may be done long before.
        () = async { join_all(operators).await; std::future::pending().await } => {}
    }
    let tenants = tenants.into_iter().map(|tenant| {
        let name = &tenant.world.schedule.tenant;
        let mut held = tenant.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = std::mem::take(&mut *held);
        (held.objects, held.taken) = shared.take(name);
        let others = |taken: &mut Taken| taken.format != "siem";
        held.of_others = held.taken.extract_if(.., others).collect();
        Ran {
            held,
            requests: tenant.graph.requests(),
            polls: tenant.polls,
            dead_letters: tenant.jobs.dead_letters(),
        }
    });
    let tenants = tenants.collect();
    AllRan {
        tenants,
        strays: shared.store.keys().len() + shared.taken().len(),
    }
}
