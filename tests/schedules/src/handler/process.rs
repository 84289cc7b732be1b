//! A process with the real handler in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drawbridge_cursor::{Job, Window, WindowSettings};
use drawbridge_graph::Deadline;
use drawbridge_poll::{Grouping, Output, PollError, Poller, Report, Settings, Silent, Stop};

use super::ports::{Held, Ports};
use super::transport;
use crate::graph::Graph;
use crate::run::Run;
use crate::{Kind, Mutation, World};

/// The tenant of every schedule.
pub(super) const TENANT: &str = "contoso";
/// What the Lambda wiring keeps of an invocation's time for saving and answering.
const CLOSING_SECS: u64 = 5;

/// The poll that a process is busy with.
#[derive(Clone, Default)]
pub(super) struct Current(Arc<Mutex<Arc<Run>>>);

impl Current {
    pub(super) fn run(&self) -> Arc<Run> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, run: &Arc<Run>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(run);
    }
}

/// A process; it keeps its client, and the client its token, until it dies.
pub(super) struct Process {
    world: Arc<World>,
    current: Current,
    poller: Poller,
}

/// How a poll ended.
pub(super) enum Outcome {
    Done(Result<Box<Report>, PollError>),
    Died,
}

impl Process {
    pub(super) fn new(world: &Arc<World>, graph: &Graph, held: &Arc<Held>) -> Self {
        let current = Current::default();
        let ports = Arc::new(Ports {
            world: Arc::clone(world),
            held: Arc::clone(held),
            current: current.clone(),
            unsent: Arc::default(),
        });
        let schedule = &world.schedule;
        let mutation = schedule.mutation;
        let client = transport::client(graph, &current, schedule.seed, mutation);
        let mut windows = WindowSettings::default();
        // A sweep would make up for what most mutants do.
        windows.sweeps = mutation.is_none();
        if matches!(mutation, Some(Mutation::NoOverlap | Mutation::GtForGe)) {
            windows.overlap_secs = 0;
        }
        let poller = Poller {
            graph: Arc::new(client),
            store: ports.clone(),
            outputs: vec![Output::new(
                drawbridge_record::format("siem").expect("the first format"),
                ports.clone(),
                Grouping::Tenant,
            )],
            clock: ports,
            settings: Settings {
                page_size: schedule.page_size,
                windows,
                ..Settings::new(TENANT)
            },
        };
        Self {
            world: Arc::clone(world),
            current,
            poller,
        }
    }

    /// Does a job as poll number `number`; a poll that takes longer than its time is killed.
    pub(super) async fn poll(&self, job: &Job, number: usize) -> Outcome {
        let world = &self.world;
        let deaths = &world.schedule.deaths;
        let dies_at = deaths.iter().find(|death| death.poll == number);
        let run = Arc::new(Run::new(number, dies_at.map(|d| (d.step, d.after))));
        self.current.set(&run);
        let little = world.strikes(Kind::LittleTime).is_some();
        let secs = if little {
            world.roll(16, 20)
        } else {
            world.schedule.timeout_secs
        };
        let timeout = Duration::from_secs(secs);
        let stop = Stop::at(Deadline::after(timeout - Duration::from_secs(CLOSING_SECS)));
        world.note(|| format!("poll {number}: {}", job.to_json()));
        tokio::select! {
            biased;
            () = run.died() => {
                world.strike(Kind::Death);
                world.note(|| format!("poll {number}: the process died"));
                Outcome::Died
            }
            done = self.poller.run(job, &stop, &Silent) => {
                world.note(|| format!("poll {number}: {}", told(&done)));
                Outcome::Done(done.map(Box::new))
            }
            () = tokio::time::sleep(timeout) => {
                world.note(|| format!("poll {number}: killed, it took too long"));
                Outcome::Died
            }
        }
    }
}

impl Process {
    /// Notes a job's window as owed, as the Lambda wiring does when the job failed; whether that
    /// was saved.
    pub(super) async fn owe(&self, window: Window) -> bool {
        self.current.set(&Arc::new(Run::new(usize::MAX, None)));
        let saved = self.poller.owe(window).await;
        self.world
            .note(|| format!("owed {}..{}: {saved:?}", window.from(), window.to()));
        saved.unwrap_or(false)
    }
}

fn told(done: &Result<Report, PollError>) -> String {
    match done {
        Ok(report) => format!(
            "{:?}, {} alerts, {} records, {} known, {} put aside, {} gaps",
            report.ending,
            report.alerts,
            report.records,
            report.suppressed,
            report.quarantined,
            report.gaps
        ),
        Err(error) => format!("failed: {error}"),
    }
}
