//! A process with the real handler in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use drawbridge_config::ConfigError;
use drawbridge_cursor::{Job, PageSettings, WindowSettings};
use drawbridge_poll::messages::{JobMessages, JobsQueue, Pollers};
use drawbridge_poll::{Grouping, Jobs, Output, Poller, Settings, Stop};
use drawbridge_time::Deadline;

use super::Tenant;
use super::careless;
use super::jobs::{received_at, with_job};
use super::log::{Log, Told};
use super::ports::Ports;
use super::transport;
use crate::run::Run;
use crate::{Ended, Event, Kind, Mutation, World, outputs};

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
    process: usize,
    current: Current,
    log: Arc<Log>,
    messages: JobMessages<OnePoller>,
}

/// How a poll ended.
pub(super) struct Outcome {
    /// What Lambda was answered; none if the process died.
    pub(super) response: Option<SqsBatchResponse>,
    /// What was heard of the job.
    told: Option<Told>,
}

/// The tenant's poller, which is built with the process.
struct OnePoller(Arc<Poller>);

#[async_trait]
impl Pollers for OnePoller {
    async fn poller(&self, _: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        Ok(Some(Arc::clone(&self.0)))
    }
}

impl Process {
    pub(super) fn new(tenant: &Tenant, process: usize) -> Self {
        let world = &tenant.world;
        let current = Current::default();
        let ports = Arc::new(Ports {
            world: Arc::clone(world),
            shared: Arc::clone(&tenant.shared),
            held: Arc::clone(&tenant.held),
            current: current.clone(),
            process,
            unsent: Arc::default(),
        });
        let schedule = &world.schedule;
        let mutation = schedule.mutation;
        let client = transport::client(&tenant.graph, &current, schedule);
        let mut windows = WindowSettings {
            // A sweep would make up for what most mutants do.
            sweeps: mutation.is_none(),
            first_lookback_secs: u32::try_from(schedule.lookback_secs).unwrap_or(u32::MAX),
            ..WindowSettings::default()
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
            clock: ports.clone(),
            settings: Settings {
                page_size: schedule.page_size,
                windows,
                pages: TINY_PAGES,
                ..Settings::new(&schedule.tenant)
            },
        };
        let log = Arc::new(Log::of(&tenant.held));
        Self {
            world: Arc::clone(world),
            first_number: tenant.first_number,
            process,
            current,
            log: Arc::clone(&log),
            messages: JobMessages {
                pollers: OnePoller(Arc::new(poller)),
                jobs: Jobs::default(),
                queue: JobsQueue {
                    visibility: tenant.jobs.clone(),
                    deletion: tenant.jobs.clone(),
                    queue: tenant.jobs.clone(),
                    place: "jobs".to_owned(),
                },
                clock: ports,
                log,
            },
        }
    }

    /// Does a job as poll number `number`; a poll that takes longer than its time is killed.
    pub(super) async fn poll(&self, message: &SqsMessage, number: usize) -> Outcome {
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
        let mut message = with_job(message.clone(), &world.schedule.tenant);
        if world.schedule.mutation == Some(Mutation::DoneByOwnClock) {
            message = received_at(message, world.clock_of(self.process));
        }
        let messages = [message];
        // Of a poll that dies, nothing is heard.
        let died = |told: String| {
            world.note(|| format!("poll {number}: {told}"));
            Outcome {
                response: None,
                told: None,
            }
        };
        tokio::select! {
            biased;
            at = run.died() => {
                world.strike(Kind::Death);
                if let Some((step, after)) = at {
                    world.count(|counts| counts.died(step, after));
                }
                died(format!("the process died, {at:?}"))
            }
            response = self.messages.answer(&messages, &stop) => {
                let told = self.log.take();
                world.note(|| {
                    let text = told.as_ref().map_or("nothing", |told| &told.text);
                    format!("poll {number}: {text}")
                });
                Outcome { response: Some(response), told }
            }
            () = tokio::time::sleep(timeout) => {
                world.count(|counts| counts.event(Event::KilledByTimeout, 1));
                died("killed, it took too long".to_owned())
            }
        }
    }
}

impl Outcome {
    /// Whether an earlier poll had done the job.
    pub(super) fn is_superfluous(&self) -> bool {
        self.told.as_ref().is_some_and(|told| told.ended.is_none())
    }

    /// Counts a poll that ended so, during which all after the first `before` strikes struck.
    pub(super) fn count(&self, world: &World, before: u64) {
        if self.is_superfluous() {
            return;
        }
        let told = self.told.as_ref();
        let ended = told.and_then(|told| told.ended).unwrap_or(Ended::Died);
        let struck = world.struck_since(before);
        world.count(|counts| {
            counts.ended(struck, ended);
            counts.event(Event::Polls, 1);
            counts.event(Event::Sweeps, told.map_or(0, |told| told.sweeps));
            counts.event(
                Event::RequestsAgain,
                told.map_or(0, |told| told.requests_again),
            );
        });
    }
}
