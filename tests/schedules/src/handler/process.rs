//! A process with the real handler in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drawbridge_cursor::{Job, PageSettings, WindowSettings};
use drawbridge_poll::{
    Delivery, Ending, Grouping, JobFailure, Jobs, Output, Poller, Report, Settings, Silent, Stop,
};
use drawbridge_time::Deadline;
use jiff::SignedDuration;

use super::Tenant;
use super::careless;
use super::jobs::Waiting;
use super::ports::Ports;
use super::transport;
use crate::run::Run;
use crate::{Ended, Event, Kind, Mutation, World, origin};

/// What the Lambda wiring keeps of an invocation's time for saving and answering.
const CLOSING_SECS: u64 = 5;

/// So little is kept in the state object, and so little in a page, that pages are written, split, joined
/// and removed all the time.
const TINY_PAGES: PageSettings = PageSettings {
    most_kept_bytes: 160,
    page_bytes: 320,
    recent_secs: 120,
};

/// The poll that a process is busy with.
#[derive(Clone, Default)]
pub(super) struct Current(Arc<Mutex<Arc<Run>>>);

impl Current {
    pub(super) fn run(&self) -> Arc<Run> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, run: &Arc<Run>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(run);
    }
}

/// A process as one tenant sees it; it keeps its client, and the client its token, until it dies.
pub(super) struct Process {
    world: Arc<World>,
    /// What is added to a tenant's poll numbers, so that no two tenants have the same.
    first_number: usize,
    current: Current,
    poller: Arc<Poller>,
    jobs: Jobs,
}

/// How a poll ended.
pub(super) enum Outcome {
    Done(Box<Result<Option<Report>, JobFailure>>),
    Died,
}

impl Process {
    pub(super) fn new(tenant: &Tenant) -> Self {
        let world = &tenant.world;
        let current = Current::default();
        let ports = Arc::new(Ports {
            world: Arc::clone(world),
            shared: Arc::clone(&tenant.shared),
            held: Arc::clone(&tenant.held),
            current: current.clone(),
            unsent: Arc::default(),
        });
        let schedule = &world.schedule;
        let mutation = schedule.mutation;
        let client = transport::client(&tenant.graph, &current, schedule.seed, mutation);
        let mut windows = WindowSettings {
            // A sweep would make up for what most mutants do.
            sweeps: mutation.is_none(),
            ..WindowSettings::default()
        };
        if matches!(mutation, Some(Mutation::NoOverlap | Mutation::GtForGe)) {
            windows.overlap_secs = 0;
        }
        let mut formats = vec![careless::format(mutation)];
        if schedule.has(Kind::Replicas) {
            formats.extend(drawbridge_record::format("native"));
        }
        let output = |format| Output::new(format, ports.clone(), Grouping::Tenant);
        let poller = Poller {
            graph: Arc::new(client),
            store: ports.clone(),
            outputs: formats.into_iter().map(output).collect(),
            clock: ports,
            settings: Settings {
                page_size: schedule.page_size,
                windows,
                pages: TINY_PAGES,
                ..Settings::new(&schedule.tenant)
            },
        };
        Self {
            world: Arc::clone(world),
            first_number: tenant.first_number,
            current,
            poller: Arc::new(poller),
            jobs: Jobs::default(),
        }
    }

    /// Does a job as poll number `number`; a poll that takes longer than its time is killed.
    pub(super) async fn poll(&self, waiting: &Waiting, number: usize) -> Outcome {
        let world = &self.world;
        let deaths = &world.schedule.deaths;
        let dies_at = deaths.iter().find(|death| death.poll == number);
        let dies_at = dies_at.map(|death| (death.step, death.after));
        let run = Arc::new(Run::new(self.first_number + number, dies_at));
        self.current.set(&run);
        let little = world.strikes(Kind::LittleTime).is_some();
        let secs = if little {
            world.roll(16, 20)
        } else {
            world.schedule.timeout_secs
        };
        let timeout = Duration::from_secs(secs);
        let stop = Stop::at(Deadline::after(timeout - Duration::from_secs(CLOSING_SECS)));
        world.note(|| format!("poll {number}"));
        let job = Job::of(&world.schedule.tenant);
        let sent = origin() + SignedDuration::from_millis(waiting.sent_ms.cast_signed());
        let delivery = Delivery {
            sent: Some(sent),
            received: Some(world.now()),
            tries: waiting.tries + 1,
        };
        let poller = async { Ok(Some(Arc::clone(&self.poller))) };
        tokio::select! {
            biased;
            at = run.died() => {
                world.strike(Kind::Death);
                if let Some((step, after)) = at {
                    world.count(|counts| counts.died(step, after));
                }
                world.note(|| format!("poll {number}: the process died, {at:?}"));
                Outcome::Died
            }
            done = self.jobs.run(&job, Some(delivery), poller, &stop, &Silent) => {
                world.note(|| format!("poll {number}: {}", told(&done)));
                Outcome::Done(Box::new(done))
            }
            () = tokio::time::sleep(timeout) => {
                world.count(|counts| counts.event(Event::KilledByTimeout, 1));
                world.note(|| format!("poll {number}: killed, it took too long"));
                Outcome::Died
            }
        }
    }
}

impl Outcome {
    /// Counts a poll that ended so, during which all after the first `before` strikes struck.
    pub(super) fn count(&self, world: &World, before: u64) {
        let (ended, again) = match self {
            Self::Died => (Ended::Died, 0),
            Self::Done(done) => match done.as_ref() {
                Err(_) => (Ended::Failed, 0),
                Ok(None) => return,
                Ok(Some(report)) => {
                    let ended = match report.ending {
                        Ending::Complete => Ended::Well,
                        Ending::OutOfTime => Ended::OutOfTime,
                        Ending::Postponed(_) => Ended::Postponed,
                        Ending::Superseded => Ended::Overtaken,
                    };
                    (ended, report.requests.saturating_sub(report.pages))
                }
            },
        };
        let sweeps = match self {
            Self::Done(done) => match done.as_ref() {
                Ok(Some(report)) => report.sweeps,
                _ => 0,
            },
            Self::Died => 0,
        };
        let struck = world.struck_since(before);
        world.count(|counts| {
            counts.ended(struck, ended);
            counts.event(Event::Polls, 1);
            counts.event(Event::Sweeps, sweeps);
            counts.event(Event::RequestsAgain, again);
        });
    }
}

fn told(done: &Result<Option<Report>, JobFailure>) -> String {
    match done {
        Ok(None) => "an earlier poll has done it".to_owned(),
        Ok(Some(report)) => format!(
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
