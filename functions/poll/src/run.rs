//! One poll of a tenant, from reading its state to saving it.

use std::time::Duration;

use drawbridge_cursor::{Polled, Slow};
use drawbridge_graph::Stats;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::backfill::BackfillStep;
use crate::budget;
use crate::context::PollContext;
use crate::memory::SMALL;
use crate::read_options::MANY_ALERTS;
use crate::saved_state::SavedState;
use crate::sign_in::SignIn;
use crate::slow::{self, Went};
use crate::state_object::change_state_within;
use crate::{Ending, Memory, PollError, Poller, Progress, Report, Stop};

/// A poll that finds more known alerts than this is not idle.
const FEW_ALERTS: u64 = 25;

/// How long a poll that has sent records waits for the memory in which pages of its state are merged.
/// Without it, it is saved as it is.
const MERGE_WAIT: Duration = Duration::from_secs(15);

impl Poller {
    /// Polls the tenant; one poll at a time.
    ///
    /// Records go to the queue first; then the state is saved. On any error what could not be read
    /// stays unread, and what the queue did take is remembered, so that it is not sent again.
    ///
    /// # Errors
    /// [`PollError`]; see [`PollError::is_retryable`].
    pub async fn run(&self, stop: &Stop, progress: &dyn Progress) -> Result<Report, PollError> {
        self.run_within(&Memory::ample(), stop, progress).await
    }

    /// The same beside the polls of other tenants, with which it shares `memory`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_within(
        &self,
        memory: &Memory,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        let began = Instant::now();
        let context = self.context(memory, stop, progress);
        let mut report = Report::default();
        let sign_in = SignIn::begin(&self.graph, stop.deadline());
        let mut saved = self.load(&context).await?;
        if stop.is_in_a_hurry() && slow::is_slow(&saved.state, context.now) {
            return Err(PollError::TakesLong);
        }
        if !self.note_start(&mut saved, &context).await? {
            report.ending = Ending::Superseded;
            return Ok(report);
        }
        let before = self.begin().await;
        let mut read = self.read(&context, &mut saved, &mut report).await;
        let step = match read {
            Ok(()) => {
                self.read_next_backfill(&context, &mut saved, &mut report)
                    .await
            }
            Err(_) => None,
        };
        if read.is_ok() {
            tokio::select! {
                () = sign_in.end() => {}
                () = stop.asked() => {}
            }
        }
        self.sum_up(&mut saved, &mut report);
        if report.has_uncounted {
            saved.keep_watermark();
        }
        read = self.flush(before, read, &mut report).await?;
        if read.is_ok() && !self.settings.windows.sweeps {
            self.read_twice(&mut saved, &report, context.now);
        }
        // A poll that was stopped before Graph returned anything says nothing about the tenant.
        let has_read = report.pages > 0 || report.ending == Ending::Complete;
        if read.is_ok() && report.is_on_time() && has_read {
            saved.state.last_success = Some(self.clock.now());
            saved.state.failing_since = None;
            if let Some(alerts) = &self.settings.polled_alerts {
                saved.state.note_polled(alerts, context.now);
            }
        }
        let took = began.elapsed();
        let went = Went {
            took,
            // A tenant that never finishes in time keeps others waiting as well.
            is_long: stop.is_long(took)
                || stop.is_in_a_hurry() && report.ending == Ending::OutOfTime,
            has_page: report.pages > 0,
        };
        let is_news = slow::note(&mut saved.state, &went, context.now);
        let is_worth_saving = self.is_worth_saving(&read, &saved, &report, context.now);
        if is_news && read.is_err() && !is_worth_saving {
            // A failed poll must not move the watermark in the state, so only the slowness is saved.
            self.save_slow(saved.state.slow).await;
        } else if is_news || is_worth_saving {
            // The wait is short, because what was sent is not noted in the state yet.
            saved.may_merge = context.may_merge(&saved.state.pages)
                || context.grow(stop.deadline().at_most(MERGE_WAIT)).await;
            match self.save(&mut saved).await {
                Ok(true) => report.saved = true,
                // Another poll was faster, and the next one reads what this one could not note.
                Ok(false) => report.ending = Ending::Superseded,
                Err(error) => read = read.and(Err(error)),
            }
        }
        match (&read, &step) {
            (Err(error), _) => self.note_trouble(&saved, error).await,
            (Ok(()), Some(step)) if report.saved => self.note_progress(step).await,
            (Ok(()), _) => {}
        }
        read?;
        report.more =
            !stop.is_asked() && report.is_on_time() && saved.state.is_anything_due(context.now);
        let counting = Self::next_backfill(&saved, &context, true);
        // Counting loads the state anew, and there is memory for one state only.
        drop(saved);
        if let Some(id) = counting.filter(|_| report.ending == Ending::Complete) {
            report.more |= self.count_next(&id, &context).await;
        }
        Ok(report)
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
        let context = self.context(&Memory::ample(), stop, progress);
        let settings = &self.settings;
        let most_bytes = settings.most_state_bytes;
        let mut saved =
            SavedState::load(self.store.as_ref(), settings, most_bytes, context.now).await?;
        if saved.state.backfills.get(id).is_some_and(|of| of.dry_run) {
            drop(saved);
            let (mut report, step) = self.count_backfill(id, &context).await?;
            report.more = step.is_to_go_on(context.now);
            return Ok(report);
        }
        let mut report = Report::default();
        let before = self.begin().await;
        let (step, read) = self
            .read_backfill(id, &context, &mut saved, &mut report)
            .await;
        self.sum_up(&mut saved, &mut report);
        let mut read = self.flush(before, read, &mut report).await?;
        let is_worth_saving = report.records + report.quarantined + report.gaps > 0
            || saved.has_changed()
            || report.requests >= budget::WORTH_SAVING;
        if is_worth_saving {
            match self.save(&mut saved).await {
                Ok(true) => report.saved = true,
                Ok(false) => read = read.and(Err(PollError::Superseded)),
                Err(error) => read = read.and(Err(error)),
            }
        }
        // If the backfill is no longer in the state, its progress still has to be marked as done.
        if report.saved || !is_worth_saving {
            self.note_progress(&step).await;
        }
        read?;
        report.more =
            !stop.is_asked() && report.is_on_time() && saved.state.is_anything_due(context.now);
        Ok(report)
    }

    /// Reads the state.
    ///
    /// # Errors
    /// Also if other polls keep the memory for too long. Nothing was read then, and that must not go unnoticed.
    pub(crate) async fn load(&self, context: &PollContext<'_>) -> Result<SavedState, PollError> {
        let (store, settings) = (self.store.as_ref(), &self.settings);
        loop {
            let most_bytes = context.state_bytes(settings);
            match SavedState::load(store, settings, most_bytes, context.now).await {
                Err(error) if error.is_about_size() && context.small().is_some() => {
                    if !context.grow(context.stop.deadline()).await {
                        return Err(PollError::NoMemory);
                    }
                }
                loaded => {
                    let mut loaded = loaded?;
                    loaded.may_merge = context.may_merge(&loaded.state.pages);
                    return Ok(loaded);
                }
            }
        }
    }

    /// Notes where the first poll starts, before anything is read that can fail; `false` when another
    /// poll was faster.
    async fn note_start(
        &self,
        saved: &mut SavedState,
        context: &PollContext<'_>,
    ) -> Result<bool, PollError> {
        let is_first = saved.state.begin(context.now, &self.settings.windows);
        if is_first {
            let alerts = self.settings.polled_alerts.as_deref();
            saved.state.polled = alerts.map(|alerts| Polled::of(alerts, None));
        }
        Ok(!is_first || self.save(saved).await?)
    }

    /// Makes the outputs ready; the requests to Graph before this poll's.
    async fn begin(&self) -> Stats {
        for output in &self.outputs {
            output.queue.begin().await;
        }
        self.graph.stats()
    }

    /// Reads as much as there is time for of the backfill whose turn it is. What fails is logged, and
    /// tried again later.
    async fn read_next_backfill(
        &self,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Option<BackfillStep> {
        if matches!(report.ending, Ending::Postponed(_)) {
            return None;
        }
        let id = Self::next_backfill(saved, context, false)?;
        let (step, read) = self.read_backfill(&id, context, saved, report).await;
        report.put_off += u64::from(read.is_err());
        Some(step)
    }

    /// Says in the report how far the tenant was read.
    fn sum_up(&self, saved: &mut SavedState, report: &mut Report) {
        saved.state.returned(report.newest_alert);
        report.read_up_to = saved.state.read_up_to();
        report.settle_secs = self.settings.windows.settle_secs;
        report.state_percent = percent(saved.state.weight(), self.settings.most_state_bytes);
    }

    /// Has the outputs keep what they took.
    ///
    /// # Errors
    /// If an output cannot. What was claimed may be lost with the queue's memory, so none of it is saved.
    async fn flush(
        &self,
        before: Stats,
        read: Result<(), PollError>,
        report: &mut Report,
    ) -> Result<Result<(), PollError>, PollError> {
        let after = self.graph.stats();
        report.requests = after.requests - before.requests;
        report.throttled = after.throttled - before.throttled;
        // Every queue is flushed, whatever becomes of the others, since that closes its file.
        let mut flushed = Ok(());
        for output in &self.outputs {
            flushed = flushed.and(output.queue.flush().await);
        }
        match (flushed, read) {
            (Ok(()), read) => Ok(read),
            // A queue that refused a record often fails here too: the first error says why.
            (Err(_), Err(error)) => Err(error),
            (Err(error), Ok(())) => Err(error.into()),
        }
    }

    /// Counts what the backfill would write whose turn it is; whether there is more of it at once.
    async fn count_next(&self, id: &str, context: &PollContext<'_>) -> bool {
        match self.count_backfill(id, context).await {
            Ok((counted, step)) => counted.is_on_time() && step.is_to_go_on(context.now),
            // The count is tried again; the poll itself has done its work.
            Err(error) => {
                let tenant = &self.settings.tenant;
                tracing::warn!(tenant, %error, "a backfill could not be counted");
                false
            }
        }
    }

    /// Saves how long the tenant's polls take, and nothing else. It does no harm if that fails.
    async fn save_slow(&self, slow: Option<Slow>) {
        let (store, tenant) = (self.store.as_ref(), &self.settings.tenant);
        let noted =
            change_state_within(store, tenant, SMALL.state_bytes, |state| state.slow = slow);
        if let Err(error) = noted.await {
            tracing::debug!(tenant, %error, "that its polls take long is not noted");
        }
    }

    /// Whether the state has anything new that the next poll has to know.
    fn is_worth_saving(
        &self,
        read: &Result<(), PollError>,
        saved: &SavedState,
        report: &Report,
        now: Timestamp,
    ) -> bool {
        let news = report.records + report.quarantined + report.gaps + report.lost_pages > 0;
        // The question how many alerts there are is no page, nor is a request that was tried again.
        let is_idle = report.alerts <= FEW_ALERTS && report.pages <= 1;
        let settled = || {
            saved.has_changed()
                || saved.has_learned_of_pages()
                || saved.has_other_alerts()
                || report.sweeps > 0
                || saved.has_recovered()
                || report.ending == Ending::OutOfTime
                || report.requests >= budget::WORTH_SAVING
                || (report.ending == Ending::Complete && self.is_due(saved, is_idle, now))
        };
        // A poll that fails saves what it has learned of older ranges, and whose turn it is.
        let learned = report.put_off > 0 || saved.had_rest();
        let failed = || read.is_err() && saved.has_changed() && learned;
        news || (read.is_ok() && settled()) || failed()
    }

    /// Has what the watermark passes read twice, where no sweep comes. A poll that brought nothing moves the watermark
    /// only when that is due by itself: each move takes one more reading.
    fn read_twice(&self, saved: &mut SavedState, report: &Report, now: Timestamp) {
        // A second reading has its own page.
        let is_idle = report.alerts <= FEW_ALERTS;
        match report.records > 0 || self.is_due(saved, is_idle, now) {
            true => saved.read_passed_again(now, &self.settings.windows),
            false => saved.keep_watermark(),
        }
    }

    /// Whether the state is saved for its age alone.
    fn is_due(&self, saved: &SavedState, is_idle: bool, now: Timestamp) -> bool {
        let heartbeat_secs = match is_idle {
            true => self.settings.heartbeat_secs,
            false => self.settings.busy_heartbeat_secs,
        };
        saved.is_due(now, heartbeat_secs)
    }

    /// From how many alerts on a list of a live poll that brings nothing new is compared with Graph's
    /// count. What a list that was cut off has not shown must not fall behind the watermark, so all are
    /// that may have been, when the state is going to be saved. After a poll that left something it is: a
    /// watermark that waits for a count then would make each poll read again what took all of the time of the last.
    pub(crate) fn count_from(&self, saved: &SavedState, has_sweep: bool, now: Timestamp) -> usize {
        if has_sweep || saved.had_rest() || self.is_due(saved, true, now) {
            self.fewest_of_a_cut_list()
        } else if self.is_due(saved, false, now) {
            FEW_ALERTS as usize + 1
        } else {
            MANY_ALERTS
        }
    }
}

/// How much `part` is of `whole`, in whole percent.
fn percent(part: usize, whole: usize) -> u64 {
    let percent = part.saturating_mul(100) / whole.max(1);
    u64::try_from(percent).unwrap_or(u64::MAX)
}
