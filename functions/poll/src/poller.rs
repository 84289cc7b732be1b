use std::sync::Arc;

use drawbridge_cursor::{Job, Planned, Purpose, State, Why, Window, WindowSettings, plan};
use drawbridge_graph::Graph;
use drawbridge_queue::Queue;
use drawbridge_record::Format;
use drawbridge_store::Store;
use jiff::Timestamp;

use crate::drain::{Drain, Drained};
use crate::saved_state::SavedState;
use crate::{Clock, Ending, PollError, Progress, Report, Stop};

/// The handler: polls one tenant.
pub struct Poller {
    /// The tenant's Graph client.
    pub graph: Arc<Graph>,
    /// Keeps the state and what is put aside.
    pub store: Arc<dyn Store>,
    /// Where the records go.
    pub outputs: Vec<Output>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What is asked for, and how.
    pub settings: Settings,
}

/// A format and the queue that its records go to.
pub struct Output {
    /// The records' format; its name is the output's name in the state.
    pub format: &'static dyn Format,
    /// The queue. One that holds messages back ([`Queue::begin`]) is this output's alone.
    pub queue: Arc<dyn Queue>,
    /// What the queue keeps in order.
    pub grouping: Grouping,
}

/// The message group of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// One group a tenant: on a standard queue this makes no order but keeps a busy tenant from
    /// delaying the others (fair queues).
    Tenant,
    /// One group an alert: on a FIFO queue the records of an alert stay in order.
    Alert,
}

/// What a poll asks for, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The tenant's name, in object keys and metrics.
    pub tenant: String,
    /// The products whose alerts are read; empty for all.
    pub service_sources: Vec<String>,
    /// Alerts a page.
    pub page_size: u32,
    /// How windows are cut.
    pub windows: WindowSettings,
    /// How long a written record is remembered after Graph last returned its alert.
    pub retention_secs: u64,
    /// How often an idle poll saves the state.
    pub heartbeat_secs: u32,
    /// How much time must be left for another page to be begun.
    pub page_margin_secs: u32,
}

impl Settings {
    /// The default settings for a tenant.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            service_sources: vec!["microsoftDefenderForEndpoint".into()],
            page_size: 1000,
            windows: WindowSettings::default(),
            retention_secs: 7 * 24 * 60 * 60,
            heartbeat_secs: 5 * 60,
            page_margin_secs: 10,
        }
    }
}

impl Poller {
    /// Does one job; one at a time.
    ///
    /// Records go to the queue first; then the state is saved. On any error the watermark stays
    /// where it was, and what the queue did take is remembered, so that it is not sent again.
    ///
    /// # Errors
    /// [`PollError`]; see [`PollError::is_retryable`].
    pub async fn run(
        &self,
        job: &Job,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        let before = self.graph.stats();
        let now = self.clock.now();
        let mut saved = SavedState::load(self.store.as_ref(), &self.settings.tenant).await?;
        let begun = job.window.is_none() && saved.state.begin(now, &self.settings.windows);
        let mut report = Report::default();
        for output in &self.outputs {
            output.queue.begin().await;
        }

        let mut read = self
            .read(job, now, &mut saved, &mut report, stop, progress)
            .await;

        let after = self.graph.stats();
        report.requests = after.requests - before.requests;
        report.throttled = after.throttled - before.throttled;
        report.read_up_to = saved.state.read_up_to();
        for output in &self.outputs {
            if let Err(error) = output.queue.flush().await {
                // What was claimed may be lost with the queue's memory: nothing of it is saved.
                // A queue that refused a record often fails here too: the first error says why.
                return Err(read.err().unwrap_or_else(|| error.into()));
            }
        }
        let news = begun || report.records + report.quarantined + report.gaps > 0;
        let settled = read.as_ref().is_ok_and(|()| {
            job.window.is_some()
                || report.ending == Ending::OutOfTime
                || report.still_owed > 0
                || (report.ending == Ending::Complete
                    && saved.is_due(self.clock.now(), self.settings.heartbeat_secs))
        });
        if news || settled {
            let now = self.clock.now();
            if read.is_ok() && report.ending == Ending::Complete {
                saved.state.last_success = Some(now);
            }
            let store = self.store.as_ref();
            match saved.save(store, now, self.settings.retention_secs).await {
                Ok(true) => report.saved = true,
                Ok(false) if job.window.is_some() => read = read.and(Err(PollError::Superseded)),
                Ok(false) => {
                    // A live poll's work is done by the next one.
                    report.ending = Ending::Superseded;
                    report.follow_ups.clear();
                }
                Err(error) => read = read.and(Err(error)),
            }
        }
        read.map(|()| report)
    }

    /// Notes that `window` is still to be read, for a job that could not: live polls read it when
    /// it has been owed for a while. Whether that was saved.
    ///
    /// # Errors
    /// [`PollError`] when the state cannot be read or written.
    pub async fn owe(&self, window: Window) -> Result<bool, PollError> {
        let now = self.clock.now();
        let mut saved = SavedState::load(self.store.as_ref(), &self.settings.tenant).await?;
        // What lies ahead is for live polls to read.
        if let Some(window) = Window::new(window.from(), window.to().min(now)) {
            saved.state.put_back(window, &[window], now);
        }
        saved
            .save(self.store.as_ref(), now, self.settings.retention_secs)
            .await
    }

    /// Reads the job's windows into the queue and notes in the state what was read.
    async fn read(
        &self,
        job: &Job,
        now: Timestamp,
        saved: &mut SavedState,
        report: &mut Report,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<(), PollError> {
        let settings = &self.settings.windows;
        for Planned { window, purpose } in plan(job, &saved.state, now, settings) {
            let is_owed = matches!(purpose, Purpose::Adopted | Purpose::Again);
            let (pages, records) = (report.pages, report.records);
            let known_to = saved
                .state
                .read_up_to()
                .filter(|_| purpose == Purpose::Live);
            let mut drain = Drain::new(self, &mut saved.state, report, stop, progress, now);
            if is_owed && !drain.has_time() {
                return Ok(());
            }
            let drained = drain.window(window).await;
            let put_back = match purpose {
                Purpose::Again => State::put_back_again,
                _ => State::put_back,
            };
            match drained {
                Ok(Drained::ToItsEnd { incomplete }) if incomplete.is_empty() => {
                    saved.state.complete(window);
                    let found = report.records > records || purpose != Purpose::Again;
                    if found && report.pages > pages + 1 {
                        saved.state.read_again(window, known_to, now, settings);
                    }
                }
                // The next live poll reads all of it again.
                Ok(Drained::ToItsEnd { .. }) if purpose == Purpose::Live => {}
                Ok(Drained::ToItsEnd { incomplete }) => {
                    put_back(&mut saved.state, window, &incomplete, now);
                }
                Ok(Drained::Postponed(delay)) => {
                    report.ending = Ending::Postponed(delay);
                    return Ok(());
                }
                Ok(Drained::OutOfTime { rest }) => {
                    report.ending = Ending::OutOfTime;
                    put_back(&mut saved.state, window, &rest, now);
                    if purpose != Purpose::Again {
                        let tenant = &self.settings.tenant;
                        let job = |&window| Job::windowed(tenant, Why::Split, window);
                        report.follow_ups = rest.iter().map(job).collect();
                    }
                    return Ok(());
                }
                Err(error) if is_owed => {
                    // What is new was read; an old window must not stand in its way.
                    tracing::error!(
                        tenant = self.settings.tenant, from = %window.from(), to = %window.to(),
                        %error, "an owed window could not be read; it is still owed"
                    );
                    report.still_owed += 1;
                    put_back(&mut saved.state, window, &[window], now);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
