//! Many tenants in the same trouble among a few hundred with nothing wrong: how long the others wait.
//!
//! A stack of 3,000 tenants and 20 processes, a tenth of it: the same number of tenants for each process.
//! Everything but their number is as in the schedules: the real handler answers batches of the simulated
//! queue.

use std::sync::Arc;

use crate::handler::{self, Ran};
use crate::schedule::BATCH;
use crate::simulate::in_virtual_time;
use crate::{Kind, Kinds, Mutation, Schedule, World, neighbours};

/// How many tenants there are, and how many processes at once.
pub const TENANTS: usize = 300;
/// See there.
pub const PROCESSES: usize = 2;

/// What a tenant of a crowd has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowd {
    /// Each of its requests hangs until the poll's time is over.
    Unanswered,
    /// Its polls hang and do not end by themselves.
    Stuck,
    /// Its polls kill their process within a second.
    Dies,
    /// Its polls kill their process after 20 seconds.
    DiesLate,
    /// Graph takes so many seconds for each answer, and its polls end well.
    Slow(u64),
}

impl Crowd {
    fn trouble(self) -> neighbours::Trouble {
        match self {
            Self::Unanswered => neighbours::Trouble::Strikes(Kind::Timeout, 0),
            Self::Stuck => neighbours::Trouble::Strikes(Kind::Stuck, 0),
            Self::Dies => neighbours::Trouble::Dies,
            Self::DiesLate => neighbours::Trouble::DiesLate,
            Self::Slow(secs) => neighbours::Trouble::Slow(secs),
        }
    }
}

/// How long the jobs of the tenants with nothing wrong waited, from the tick until they were done.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// The longest.
    pub longest_secs: u64,
    /// The longest of those that were sent when the crowd's first jobs had been tried, in the last half of
    /// the time.
    pub later_secs: u64,
    /// How many jobs waited.
    pub jobs: usize,
    /// How many polls of the crowd did their job.
    pub own_polls: u64,
    /// How many jobs of the crowd went to the dead-letter queue.
    pub dead_letters: usize,
}

/// So many tenants in that trouble among [`TENANTS`], for so many minutes.
#[must_use]
pub fn waits(crowd: Crowd, in_trouble: usize, minutes: u64) -> Waits {
    waits_with(crowd, in_trouble, minutes, None)
}

/// The same with a handler that may be broken on purpose.
#[must_use]
pub fn waits_with(
    crowd: Crowd,
    in_trouble: usize,
    minutes: u64,
    mutation: Option<Mutation>,
) -> Waits {
    let half_ms = minutes * 30_000;
    let ran = run(crowd, in_trouble, minutes * 60, mutation);
    let (mut troubled, mut well) = (Vec::new(), Vec::new());
    for (n, ran) in ran.into_iter().enumerate() {
        match is_in_trouble(n, in_trouble) {
            true => troubled.push(ran),
            false => well.push(ran),
        }
    }
    let own_polls: usize = troubled.iter().map(|ran| ran.done_polls).sum();
    Waits {
        longest_secs: longest(&well, 0),
        later_secs: longest(&well, half_ms),
        jobs: well.iter().map(|ran| ran.waits.len()).sum(),
        own_polls: own_polls as u64,
        dead_letters: troubled.iter().map(|ran| ran.dead_letters).sum(),
    }
}

/// The longest wait of the tenants' jobs that were sent from then on, in seconds.
fn longest(tenants: &[Ran], from_ms: u64) -> u64 {
    let waits = tenants.iter().flat_map(|ran| &ran.waits);
    let since = waits.filter(|(sent_ms, _)| *sent_ms >= from_ms);
    since
        .map(|(_, waited_ms)| waited_ms.div_ceil(1000))
        .max()
        .unwrap_or(0)
}

/// Whether the tenant of that number is one of so many in trouble, which lie as far from each other as they
/// can.
fn is_in_trouble(n: usize, in_trouble: usize) -> bool {
    (n + 1) * in_trouble / TENANTS > n * in_trouble / TENANTS
}

fn run(crowd: Crowd, in_trouble: usize, secs: u64, mutation: Option<Mutation>) -> Vec<Ran> {
    let none = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
    let mut first = Schedule::new(0, &none.into());
    first.slots = PROCESSES;
    first.in_order = true;
    first.batch = BATCH;
    first.timeout_secs = neighbours::TIMEOUT_SECS;
    first.tick_secs = 60;
    (first.active_secs, first.quiet_secs, first.long_secs) = (secs, 0, 0);
    first.alerts.clear();
    first.mutation = mutation;
    in_virtual_time(async move {
        let tenants = (0..TENANTS).map(|n| {
            let mut tenant = Schedule {
                tenant: format!("t{n:03}"),
                ..first.clone()
            };
            tenant.seed += n as u64;
            if is_in_trouble(n, in_trouble) {
                crowd.trouble().befall(&mut tenant);
            }
            Arc::new(World::new(tenant))
        });
        handler::run(&tenants.collect::<Vec<_>>()).await.tenants
    })
}
