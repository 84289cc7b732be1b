//! The polls of one process: it has a poller for each tenant, and hears how each job goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_config::ConfigError;
use drawbridge_cursor::{Job, PageSettings, WindowSettings};
use drawbridge_poll::messages::{JobLog, Pollers};
use drawbridge_poll::{Grouping, JobFailure, Output, Poller, Report, Settings, Unlisted};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::careless;
use super::job_summary::JobSummary;
use super::tenant::Tenant;
use super::transport;
use crate::run::Run;
use crate::{Ended, Event, Kind, Mutation, outputs};

/// So little is kept in the state object, and so little in a page, that pages are written, split, joined
/// and removed all the time.
const TINY_PAGES: PageSettings = PageSettings {
    most_kept_bytes: 160,
    page_bytes: 320,
    recent_secs: 120,
};

/// The poll that a process is busy with for one tenant.
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

/// The polls of a process; clones are the same ones.
#[derive(Clone)]
pub(super) struct Polls {
    seats: Arc<[Seat]>,
    /// Hears that the process dies.
    died: Arc<Notify>,
    /// Whose turn it is, with [`Mutation::OneAfterTheOther`].
    turn: Option<Arc<Semaphore>>,
}

/// One tenant's part of a process. It keeps its client, and the client its token, until the process
/// dies.
struct Seat {
    tenant: Arc<Tenant>,
    current: Current,
    poller: Arc<Poller>,
    invocation: Mutex<OfInvocation>,
}

/// What is known of a tenant during an invocation.
#[derive(Default)]
struct OfInvocation {
    /// How many faults had struck when it began.
    before: u64,
    under_way: Option<UnderWay>,
    /// How many polls had something to do.
    polled: usize,
}

struct UnderWay {
    number: usize,
    began_ms: u64,
    /// Given back when the poll is over.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Polls {
    pub(super) fn new(tenants: &[Arc<Tenant>], process: usize) -> Self {
        let mutation = tenants[0].world.schedule.mutation;
        let seats = tenants.iter().map(|tenant| Seat::new(tenant, process));
        Self {
            seats: seats.collect(),
            died: Arc::default(),
            turn: (mutation == Some(Mutation::OneAfterTheOther))
                .then(|| Arc::new(Semaphore::new(1))),
        }
    }

    /// An invocation begins; so many faults of each tenant had struck when its messages were received.
    pub(super) fn begin(&self, before: &[u64]) {
        for (seat, before) in self.seats.iter().zip(before) {
            *seat.invocation() = OfInvocation {
                before: *before,
                ..OfInvocation::default()
            };
        }
    }

    /// How many polls of a tenant had something to do in this invocation.
    pub(super) fn polled(&self, tenant: usize) -> usize {
        self.seats[tenant].invocation().polled
    }

    /// Resolves when the process dies of one of its polls.
    pub(super) async fn died(&self) {
        self.died.notified().await;
    }

    /// Of what was under way nothing more is heard: the process died or was killed.
    pub(super) fn abandon(&self, why: &str) {
        for seat in self.seats.iter() {
            if let Some(at) = seat.current.run().died_at() {
                seat.tenant.world.strike(Kind::Death);
                seat.tenant.world.count(|counts| counts.died(at.0, at.1));
            }
            let under_way = seat.invocation().under_way.take();
            if let Some(poll) = under_way {
                let number = poll.number;
                let at = seat.current.run().died_at();
                seat.tenant
                    .world
                    .note(|| format!("poll {number}: {why}, {at:?}"));
                seat.count(Ended::Died, None);
                seat.tenant.end_poll(poll.number, poll.began_ms, false);
            }
        }
    }

    fn seat(&self, job: &Job) -> Option<&Seat> {
        let mut seats = self.seats.iter();
        seats.find(|seat| seat.tenant.name() == job.tenant)
    }
}

#[async_trait]
impl Pollers for Polls {
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        let Some(seat) = self.seat(job) else {
            return Ok(None);
        };
        let turn = match &self.turn {
            Some(turn) => Arc::clone(turn).acquire_owned().await.ok(),
            None => None,
        };
        seat.begin(&self.died, turn);
        Ok(Some(Arc::clone(&seat.poller)))
    }
}

#[async_trait]
impl JobLog for Polls {
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        _: bool,
        _: Duration,
    ) {
        if let Some(seat) = self.seat(job) {
            if let Ok(Some(report)) = done {
                let mut held = seat
                    .tenant
                    .held
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                held.read_up_to = report.read_up_to;
            }
            let comes_back = matches!(done, Err(failure) if failure.is_retryable());
            seat.end(&JobSummary::of(done), comes_back);
        }
    }
}

impl Seat {
    fn new(tenant: &Arc<Tenant>, process: usize) -> Self {
        let schedule = &tenant.world.schedule;
        let mutation = schedule.mutation;
        let current = Current::default();
        let ports = Arc::new(tenant.ports(current.clone(), process));
        let client = transport::client(&tenant.graph, &current, schedule);
        let defaults = Settings::new(&schedule.tenant);
        let mut windows = WindowSettings {
            sweeps: mutation.is_none_or(Mutation::sweeps),
            first_lookback_secs: u32::try_from(schedule.lookback_secs).unwrap_or(u32::MAX),
            sweep_phase_secs: 0,
            ..defaults.windows.clone()
        };
        if matches!(mutation, Some(Mutation::NoOverlap | Mutation::GtForGe)) {
            windows.overlap_secs = 0;
        }
        let others = outputs::others(schedule).iter();
        let others = others.map(|name| drawbridge_record::format(name).expect("it is known"));
        let formats = std::iter::once(careless::format(mutation)).chain(others);
        let poller = Poller {
            graph: Arc::new(client),
            store: ports.clone(),
            outputs: formats
                .map(|format| Output::new(format, ports.clone(), Grouping::Tenant))
                .collect(),
            clock: ports,
            settings: Settings {
                page_size: schedule.page_size,
                windows,
                pages: TINY_PAGES,
                ..defaults
            },
            unlisted: Unlisted::default(),
        };
        Self {
            tenant: Arc::clone(tenant),
            current,
            poller: Arc::new(poller),
            invocation: Mutex::default(),
        }
    }

    /// A poll begins, which may be one that the process dies of.
    fn begin(&self, died: &Arc<Notify>, turn: Option<OwnedSemaphorePermit>) {
        let world = &self.tenant.world;
        let (number, of_all) = self.tenant.begin_poll();
        let mut deaths = world.schedule.deaths.iter();
        let dies_at = deaths.find(|death| death.poll == number);
        let dies_at = dies_at.map(|death| (death.step, death.after));
        let run = Run::in_process(of_all, dies_at, died);
        self.current.set(&Arc::new(run));
        world.note(|| format!("poll {number}"));
        self.invocation().under_way = Some(UnderWay {
            number,
            began_ms: world.elapsed_ms(),
            _turn: turn,
        });
    }

    /// A poll is over.
    fn end(&self, summary: &JobSummary, comes_back: bool) {
        let under_way = self.invocation().under_way.take();
        let Some(poll) = under_way else {
            return;
        };
        let world = &self.tenant.world;
        world.note(|| format!("poll {}: {}", poll.number, summary.text));
        let is_done = !comes_back && !matches!(summary.ended, None | Some(Ended::Postponed));
        self.tenant.end_poll(poll.number, poll.began_ms, is_done);
        if let Some(ended) = summary.ended {
            self.invocation().polled += 1;
            self.count(ended, Some(summary));
        }
    }

    /// Counts a poll that ended so, during which all struck that did since the invocation began.
    fn count(&self, ended: Ended, summary: Option<&JobSummary>) {
        let world = &self.tenant.world;
        let struck = world.struck_since(self.invocation().before);
        world.count(|counts| {
            counts.ended(struck, ended);
            counts.event(Event::Polls, 1);
            counts.event(Event::Sweeps, summary.map_or(0, |summary| summary.sweeps));
            counts.event(
                Event::RequestsAgain,
                summary.map_or(0, |summary| summary.requests_again),
            );
        });
    }

    fn invocation(&self) -> MutexGuard<'_, OfInvocation> {
        self.invocation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
