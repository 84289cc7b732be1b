use std::sync::Arc;

use drawbridge_cursor::WindowSettings;
use drawbridge_graph::Graph;
use drawbridge_queue::Queue;
use drawbridge_record::{Format, Rewrite};
use drawbridge_store::{MAX_OBJECT_BYTES, Store};
use drawbridge_time::Clock;
use sha2::{Digest as _, Sha256};

use crate::budget;
use crate::context::PollContext;
use crate::saved_state::SavedState;
use crate::{Ending, PollError, Progress, Report, Stop};

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
    /// Its name in the state and in jobs.
    pub name: String,
    /// The records' format.
    pub format: &'static dyn Format,
    /// When a record is written again.
    pub rewrite: Rewrite,
    /// The queue. One that holds messages back ([`Queue::begin`]) is this output's alone.
    pub queue: Arc<dyn Queue>,
    /// What the queue keeps in order.
    pub grouping: Grouping,
}

impl Output {
    /// An output that is called as its format and writes records again when that does.
    #[must_use]
    pub fn new(format: &'static dyn Format, queue: Arc<dyn Queue>, grouping: Grouping) -> Self {
        Self {
            name: format.name().to_owned(),
            format,
            rewrite: format.rewrite(),
            queue,
            grouping,
        }
    }
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
    /// The severities that are read; empty for all.
    pub severities: Vec<String>,
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
    /// The most memory that the state may take, in bytes. A poll that reaches it stops as if there
    /// were no time left, and the next one forgets the alerts that Graph has not returned for
    /// longest.
    pub most_state_bytes: usize,
}

/// The most memory of a tenant's state, whatever there is: 768 MiB. Its object is a third of that at
/// most, and has to stay below what the store takes ([`MAX_OBJECT_BYTES`]).
pub const MAX_STATE_BYTES: usize = 3 * MAX_OBJECT_BYTES;

impl Settings {
    /// The default settings for a tenant.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        let digest = Sha256::digest(tenant);
        Self {
            tenant: tenant.to_owned(),
            service_sources: vec!["microsoftDefenderForEndpoint".into()],
            severities: Vec::new(),
            page_size: 1000,
            windows: WindowSettings {
                sweep_phase_secs: u32::from(u16::from_be_bytes([digest[0], digest[1]])),
                ..WindowSettings::default()
            },
            retention_secs: 7 * 24 * 60 * 60,
            heartbeat_secs: 5 * 60,
            page_margin_secs: 10,
            most_state_bytes: MAX_STATE_BYTES,
        }
    }
}

/// How much of a tenant a poll is for.
#[derive(Clone, Copy)]
enum Scope<'s> {
    /// All that is to be read.
    Tenant,
    /// One backfill.
    Backfill(&'s str),
}

impl Poller {
    /// Polls the tenant; one poll at a time.
    ///
    /// Records go to the queue first; then the state is saved. On any error what could not be read
    /// stays unread, and what the queue did take is remembered, so that it is not sent again.
    ///
    /// # Errors
    /// [`PollError`]; see [`PollError::is_retryable`].
    pub async fn run(&self, stop: &Stop, progress: &dyn Progress) -> Result<Report, PollError> {
        self.poll(Scope::Tenant, stop, progress).await
    }

    /// Reads as much of a backfill as there is time for, and nothing else.
    ///
    /// # Errors
    /// [`PollError`]; [`PollError::Superseded`] when a poll of the tenant saved the state meanwhile.
    pub async fn backfill(
        &self,
        id: &str,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        self.poll(Scope::Backfill(id), stop, progress).await
    }

    async fn poll(
        &self,
        scope: Scope<'_>,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        let before = self.graph.stats();
        let now = self.clock.now();
        let store = self.store.as_ref();
        let context = PollContext::new(now, stop, progress, self.settings.page_margin_secs);
        let mut saved = SavedState::load(store, &self.settings, now).await?;
        if let Scope::Backfill(id) = scope
            && saved.state.backfills.get(id).is_some_and(|of| of.dry_run)
        {
            let (mut report, step) = self.dry_run(id, &context).await?;
            self.note_progress(&step).await?;
            report.more = step.is_to_go_on(now);
            report.backfill_stopped = step.stopped();
            return Ok(report);
        }
        let mut report = Report::default();
        let is_first =
            matches!(scope, Scope::Tenant) && saved.state.begin(now, &self.settings.windows);
        // Where the first poll starts is noted before anything can fail.
        if is_first && !self.save(&mut saved).await? {
            report.ending = Ending::Superseded;
            return Ok(report);
        }
        for output in &self.outputs {
            output.queue.begin().await;
        }
        let mut step = None;
        let mut read = match scope {
            Scope::Tenant => self.read(&context, &mut saved, &mut report).await,
            Scope::Backfill(_) => Ok(()),
        };
        let id = match scope {
            Scope::Backfill(id) => Some(id.to_owned()),
            Scope::Tenant => Self::next_backfill(&saved, &context, false),
        };
        let may_go_on = read.is_ok() && !matches!(report.ending, Ending::Postponed(_));
        if let Some(id) = id.filter(|_| may_go_on) {
            let done = self.read_backfill(&id, &context, &mut saved, &mut report);
            match (done.await, scope) {
                (Ok(done), _) => step = Some(done),
                (Err(error), Scope::Backfill(_)) => read = Err(error),
                // It is logged, and tried again later.
                (Err(_), Scope::Tenant) => report.put_off += 1,
            }
        }

        saved.state.returned(report.newest_alert);
        let after = self.graph.stats();
        report.requests = after.requests - before.requests;
        report.throttled = after.throttled - before.throttled;
        report.read_up_to = saved.state.read_up_to();
        report.state_percent = percent(saved.state.weight(), self.settings.most_state_bytes);
        // Every one, whatever becomes of the others: a file is closed by it.
        let mut flushed = Ok(());
        for output in &self.outputs {
            flushed = flushed.and(output.queue.flush().await);
        }
        if let Err(error) = flushed {
            // What was claimed may be lost with the queue's memory: nothing of it is saved.
            // A queue that refused a record often fails here too: the first error says why.
            return Err(read.err().unwrap_or_else(|| error.into()));
        }
        if self.is_worth_saving(&read, &saved, &report) {
            if matches!(scope, Scope::Tenant) && read.is_ok() && report.ending == Ending::Complete {
                saved.state.last_success = Some(self.clock.now());
            }
            match self.save(&mut saved).await {
                Ok(true) => report.saved = true,
                // A poll's work is done by the next one.
                Ok(false) => {
                    report.ending = Ending::Superseded;
                    if matches!(scope, Scope::Backfill(_)) {
                        read = read.and(Err(PollError::Superseded));
                    }
                }
                Err(error) => read = read.and(Err(error)),
            }
        }
        if let Err(error) = &read {
            self.note_trouble(&saved, error).await?;
        }
        read?;
        // Of a backfill that is no more in the state, the progress has to learn that it is done.
        let is_to_be_noted = report.saved || matches!(scope, Scope::Backfill(_));
        if let Some(step) = step.filter(|_| is_to_be_noted) {
            self.note_progress(&step).await?;
            report.backfill_stopped = step.stopped();
        }
        report.more = !stop.is_asked()
            && matches!(report.ending, Ending::Complete | Ending::OutOfTime)
            && saved.state.is_anything_due(now);
        let counting = Self::next_backfill(&saved, &context, true);
        if let Some(id) = counting.filter(|_| report.ending == Ending::Complete) {
            // There is room for one state only.
            drop(saved);
            match self.dry_run(&id, &context).await {
                Ok((counted, step)) => {
                    self.note_progress(&step).await?;
                    let is_postponed = matches!(counted.ending, Ending::Postponed(_));
                    report.more |= !is_postponed && step.is_to_go_on(now);
                }
                // It is tried again; what the poll was for is done.
                Err(error) => {
                    let tenant = &self.settings.tenant;
                    tracing::warn!(tenant, %error, "a backfill could not be counted");
                }
            }
        }
        Ok(report)
    }

    /// Whether a poll has anything to tell that the next one has to know.
    fn is_worth_saving(
        &self,
        read: &Result<(), PollError>,
        saved: &SavedState,
        report: &Report,
    ) -> bool {
        let news = report.records + report.quarantined + report.gaps > 0;
        let settled = || {
            saved.has_changed()
                || report.sweeps > 0
                || report.ending == Ending::OutOfTime
                || report.requests >= budget::WORTH_SAVING
                || (report.ending == Ending::Complete
                    && saved.is_due(self.clock.now(), self.settings.heartbeat_secs))
        };
        // What a poll that fails has learned of older ranges, and whose turn it is.
        let learned = report.put_off > 0 || saved.had_rest();
        let failed = || read.is_err() && saved.has_changed() && learned;
        news || (read.is_ok() && settled()) || failed()
    }
}

/// How much `part` is of `whole`, in whole percent.
fn percent(part: usize, whole: usize) -> u64 {
    let percent = part.saturating_mul(100) / whole.max(1);
    u64::try_from(percent).unwrap_or(u64::MAX)
}
