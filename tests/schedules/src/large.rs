//! Two tenants of one process whose alerts are larger than the small share of its memory: one with a backlog
//! that it reads for minutes, and one with a single alert.

use std::sync::Arc;

use crate::alerts::older;
use crate::random::Random;
use crate::restless::enlarge_to;
use crate::schedule::BATCH;
use crate::simulate::in_virtual_time;
use crate::{Kind, Kinds, Mutation, Schedule, World, handler, neighbours, origin};

/// What came of the two.
#[derive(Debug)]
pub struct BehindBacklog {
    /// After how many seconds the single alert was delivered, if it was.
    pub delivered_secs: Option<u64>,
    /// Properties that were broken.
    pub broken: Vec<String>,
}

/// Runs the two for ten minutes.
#[must_use]
pub fn behind_a_backlog(mutation: Option<Mutation>) -> BehindBacklog {
    let none = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
    let mut backlog = Schedule::new(0, &none.into());
    backlog.kinds = backlog.kinds.with(Kind::LargeAlert);
    backlog.slots = 20;
    backlog.in_order = true;
    backlog.batch = BATCH;
    backlog.timeout_secs = neighbours::TIMEOUT_SECS;
    backlog.tick_secs = 60;
    backlog.page_size = 1;
    (backlog.active_secs, backlog.quiet_secs, backlog.long_secs) = (600, 0, 0);
    backlog.mutation = mutation;
    backlog.alerts.clear();
    let mut single = Schedule {
        tenant: "single".to_owned(),
        ..backlog.clone()
    };
    fill(&mut backlog, 150);
    fill(&mut single, 1);
    // The backlog is the first to need more memory.
    (backlog.latency_ms, single.latency_ms) = ((1000, 1000), (3000, 3000));
    in_virtual_time(async move {
        let worlds = [backlog, single].map(|schedule| Arc::new(World::new(schedule)));
        let ran = handler::run(&worlds).await.tenants;
        let taken = ran[1].held.taken.iter().map(|taken| taken.at).min();
        let secs = taken.map(|at| at.duration_since(origin()).as_secs().unsigned_abs());
        BehindBacklog {
            delivered_secs: secs,
            broken: ran.into_iter().flat_map(|ran| ran.broken).collect(),
        }
    })
}

/// So many alerts of the last day, each larger than a small page.
fn fill(schedule: &mut Schedule, alerts: u64) {
    let mut random = Random::new(schedule.seed, 231);
    for n in 0..alerts {
        let mut plan = older(schedule, &mut random, 1 + n % 20);
        enlarge_to(&mut plan, 20_000);
        schedule.alerts.push(plan);
    }
}
