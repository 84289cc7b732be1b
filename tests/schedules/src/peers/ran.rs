//! A model through a schedule.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::Peer;
use super::io::{Delivered, Io};
use crate::graph::Graph;
use crate::run::Run;
use crate::simulate::in_virtual_time;
use crate::{Schedule, World, origin};

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// Records that never arrived, and of how many.
    pub(crate) lost: u64,
    pub(crate) wanted: u64,
    /// Alerts of which nothing arrived.
    pub(crate) unseen: u64,
    /// Versions of alerts that arrived again.
    pub(crate) repeated: u64,
    /// The longest time to a record's arrival.
    pub(crate) worst_delay_secs: i64,
    pub(crate) requests: u64,
    /// Whether the alert after all faults did not arrive.
    pub(crate) stalled: bool,
}

/// Runs the model of `peer` through `schedule`.
pub(crate) fn run(peer: &Peer, schedule: Schedule) -> Score {
    in_virtual_time(async move {
        let world = Arc::new(World::new(schedule));
        let graph = Graph::new(Arc::clone(&world));
        let delivered = Arc::new(Mutex::new(Vec::new()));
        polls(peer, &world, &graph, &delivered).await;
        let delivered = delivered.lock().unwrap_or_else(PoisonError::into_inner);
        score(&world.schedule, &delivered, graph.requests())
    })
}

async fn polls(
    peer: &Peer,
    world: &Arc<World>,
    graph: &Graph,
    delivered: &Arc<Mutex<Vec<Delivered>>>,
) {
    let mut model = (peer.model)();
    let schedule = &world.schedule;
    let end_ms = schedule.total_secs() * 1000;
    let mut number = 0;
    while world.elapsed_ms() < end_ms {
        let death = schedule.deaths.iter().find(|death| death.poll == number);
        let run = Arc::new(Run::new(number, death.map(|d| (d.step, d.after))));
        let io = Io {
            world: Arc::clone(world),
            graph: graph.clone(),
            run: Arc::clone(&run),
            token: graph.sign_in(),
            delivered: Arc::clone(delivered),
        };
        number += 1;
        let died = tokio::select! {
            biased;
            _ = run.died() => true,
            _ = model.poll(&io) => false,
            // Long enough for any of them.
            () = sleep(Duration::from_secs(900)) => true,
        };
        if died {
            model.restarted();
        }
        let now = world.elapsed_ms();
        sleep(Duration::from_millis(schedule.next_tick_ms(now) - now)).await;
    }
}

fn score(schedule: &Schedule, delivered: &[Delivered], requests: u64) -> Score {
    let mut score = Score {
        requests,
        ..Score::default()
    };
    let mut seen = BTreeSet::new();
    for delivery in delivered {
        if !seen.insert((delivery.row.alert, delivery.row.version)) {
            score.repeated += 1;
        }
    }
    for (n, plan) in schedule.alerts.iter().enumerate() {
        let Some(last) = plan.versions.last() else {
            continue;
        };
        // Where a poller starts is a setting: what is older does not count, nor what no poller of
        // records could read.
        if plan.created < origin() || plan.versions.iter().any(|version| version.is_bad) {
            continue;
        }
        let arrivals: Vec<&Delivered> = delivered.iter().filter(|d| d.row.alert == n).collect();
        score.unseen += u64::from(arrivals.is_empty());
        score.stalled |= arrivals.is_empty() && n == schedule.probe();
        // One record per file; an alert without a file is a record by itself.
        let files = last.files.iter().map(|file| Some(*file));
        let bare = last.files.is_empty().then_some(None);
        for file in files.chain(bare) {
            let has = |v: usize| file.is_none_or(|file| plan.versions[v].files.contains(&file));
            let arrived = arrivals.iter().filter(|d| has(d.row.version)).map(|d| d.at);
            let visible: Option<Timestamp> = (0..plan.versions.len())
                .filter(|v| has(*v))
                .map(|v| plan.versions[v].visible)
                .min();
            score.wanted += 1;
            match (arrived.min(), visible) {
                (Some(arrived), Some(visible)) => {
                    let delay = arrived.duration_since(visible).as_secs();
                    score.worst_delay_secs = score.worst_delay_secs.max(delay);
                }
                _ => score.lost += 1,
            }
        }
    }
    score
}
