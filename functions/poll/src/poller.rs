use std::sync::Arc;

use drawbridge_cursor::{Job, Window, WindowSettings};
use drawbridge_graph::Graph;
use drawbridge_queue::Queue;
use drawbridge_record::{Format, Rewrite};
use drawbridge_store::{MAX_OBJECT_BYTES, Store};
use sha2::{Digest as _, Sha256};

use crate::budget;
use crate::saved_state::SavedState;
use crate::windows::Around;
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
        let mut saved = SavedState::load(self.store.as_ref(), &self.settings, now).await?;
        let is_live = job.window.is_none();
        let is_dry_run = job.backfill.as_ref().is_some_and(|of| of.dry_run);
        let begun = is_live && saved.state.begin(now, &self.settings.windows);
        let mut report = Report::default();
        for output in &self.outputs {
            output.queue.begin().await;
        }

        let owed = saved.state.owed.clone();
        let around = Around::new(job, now, stop, progress);
        let mut read = self.read(&around, &mut saved, &mut report).await;

        let after = self.graph.stats();
        report.requests = after.requests - before.requests;
        report.throttled = after.throttled - before.throttled;
        report.read_up_to = saved.state.read_up_to();
        report.state_percent = percent(saved.state.weight(), self.settings.most_state_bytes);
        if is_dry_run {
            return read.map(|()| report);
        }
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
        let news = begun || report.records + report.quarantined + report.gaps > 0;
        let settled = read.as_ref().is_ok_and(|()| {
            !is_live
                || report.sweeps > 0
                || saved.state.owed != owed
                || report.ending == Ending::OutOfTime
                || report.still_owed > 0
                || report.requests >= budget::WORTH_SAVING
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
                Ok(false) if !is_live => read = read.and(Err(PollError::Superseded)),
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
        let mut saved = SavedState::load(self.store.as_ref(), &self.settings, now).await?;
        // What lies ahead is for live polls to read.
        if let Some(window) = Window::new(window.from(), window.to().min(now)) {
            saved.state.put_back(window, &[window], now);
        }
        saved
            .save(self.store.as_ref(), now, self.settings.retention_secs)
            .await
    }
}

/// How much `part` is of `whole`, in whole percent.
fn percent(part: usize, whole: usize) -> u64 {
    let percent = part.saturating_mul(100) / whole.max(1);
    u64::try_from(percent).unwrap_or(u64::MAX)
}
