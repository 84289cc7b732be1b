//! Older ranges that operators want: asked for in the state, read step by step, and how far that has
//! come.
//!
//! `backfills/<tenant>/<id>.json` tells of it. Nothing depends on that object but what people are
//! shown: what is still to be read is in the tenant's state.

use bytes::Bytes;
use drawbridge_cursor::{Backfill, Due, Ranges, State, Window};
use drawbridge_store::Store;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::budget;
use crate::context::PollContext;
use crate::drain::WindowOutcome;
use crate::quarantine::Quarantine;
use crate::read_options::{ReadOptions, What};
use crate::saved_state::{SavedState, change_state, change_state_within};
use crate::{Ending, PollError, Poller, Report};

/// How often a window may fail before it is put aside.
const MAX_FAILURES: u32 = 5;

/// A backfill is read in steps of a day, so that it can be seen to come on, and so that a part that
/// fails is put aside by itself.
const STEP_MS: u64 = 24 * 60 * 60 * 1000;

/// How far a backfill has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillProgress {
    /// The tenant.
    pub tenant: String,
    /// Its name.
    pub id: String,
    /// All that was asked for.
    pub windows: Vec<Window>,
    /// What is still to be read.
    pub left: Vec<Window>,
    /// What was put aside, since it failed again and again.
    pub failed: Vec<Window>,
    /// The only output that it writes to.
    pub output: Option<String>,
    /// Whether records that the output has are written again.
    pub again: bool,
    /// Whether it only counts.
    pub dry_run: bool,
    /// When it was asked for.
    pub started: Option<Timestamp>,
    /// When this object was last written.
    pub updated: Option<Timestamp>,
    /// Alerts read.
    pub alerts: u64,
    /// Records written, or that would be.
    pub records: u64,
    /// Records that the output had already.
    pub suppressed: u64,
    /// Alerts and records put aside.
    pub quarantined: u64,
    /// Requests to Graph.
    pub requests: u64,
    /// Why it stopped before its end.
    pub stopped: Option<String>,
}

impl BackfillProgress {
    /// The store key of a backfill's progress.
    #[must_use]
    pub fn key(tenant: &str, id: &str) -> String {
        format!("backfills/{tenant}/{id}.json")
    }

    /// The share of the time asked for that was read, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let millis = |windows: &[Window]| windows.iter().map(Window::millis).sum::<u64>();
        let all = millis(&self.windows).max(1);
        let done = all.saturating_sub(millis(&self.left));
        u64::try_from(u128::from(done) * 100 / u128::from(all)).unwrap_or(100)
    }

    /// Reads the progress of a backfill; `None` when there is none, or none that can be read.
    ///
    /// # Errors
    /// [`PollError::Store`].
    pub async fn load(
        store: &dyn Store,
        tenant: &str,
        id: &str,
    ) -> Result<Option<Self>, PollError> {
        let object = store.get(&Self::key(tenant, id)).await?;
        Ok(object.and_then(|object| serde_json::from_slice(&object.body).ok()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`PollError::Store`].
    pub async fn save(&self, store: &dyn Store) -> Result<(), PollError> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let key = Self::key(&self.tenant, &self.id);
        store
            .put(&key, Bytes::from(body), "application/json")
            .await?;
        Ok(())
    }

    /// Asks for what is left of it: polls of the tenant read it after all else. Asking twice is the
    /// same as once.
    ///
    /// # Errors
    /// [`PollError`] when the state or the progress could not be written: ask again.
    pub async fn ask(&self, store: &dyn Store) -> Result<(), PollError> {
        // First, so that a poll that begins at once goes on from it.
        self.save(store).await?;
        let due = Due {
            step_ms: Some(STEP_MS),
            ..Due::default()
        };
        change_state(store, &self.tenant, |state| {
            let backfill = state.backfills.entry(self.id.clone()).or_default();
            for &window in &self.left {
                backfill.ranges.add(window, due);
            }
            backfill.output.clone_from(&self.output);
            backfill.again = self.again;
            backfill.dry_run = self.dry_run;
        })
        .await
    }
}

/// What one poll did of a backfill.
#[derive(Debug, Default)]
pub(crate) struct BackfillStep {
    id: String,
    did: Report,
    left: Ranges,
    failed: Vec<Window>,
    stopped: Option<String>,
}

impl BackfillStep {
    /// Whether there is more to read at once.
    pub(crate) fn is_to_go_on(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && self.left.next(now).is_some()
    }

    /// Why the backfill cannot go on.
    pub(crate) fn stopped(&self) -> Option<String> {
        self.stopped.clone()
    }
}

impl Poller {
    /// Reads as much of a backfill as there is time for. The watermark is not its to move, nor is
    /// what is unread its to settle.
    ///
    /// A window that fails again and again is put aside, and the rest goes on. An error is in the
    /// step, and in the poll's result only if the whole backfill cannot go on.
    pub(crate) async fn read_backfill(
        &self,
        id: &str,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<BackfillStep, PollError> {
        let mut step = BackfillStep {
            id: id.to_owned(),
            ..BackfillStep::default()
        };
        let Some(mut backfill) = saved.state.backfills.remove(id) else {
            return Ok(step);
        };
        if let Err(error) = self.check_output(&backfill) {
            step.stopped = Some(error.to_string());
            step.left = backfill.ranges;
            return Ok(step);
        }
        let before = (report.clone(), self.graph.stats().requests);
        let read = self
            .read_ranges(&mut backfill, context, saved, report, &mut step)
            .await;
        step.did = report.since(&before.0);
        step.did.requests = self.graph.stats().requests - before.1;
        step.left.clone_from(&backfill.ranges);
        if !backfill.ranges.is_empty() {
            saved.state.backfills.insert(id.to_owned(), backfill);
        }
        match read {
            Err(error) if !error.is_retryable() => {
                step.stopped = Some(error.to_string());
                Ok(step)
            }
            read => read.map(|()| step),
        }
    }

    async fn read_ranges(
        &self,
        backfill: &mut Backfill,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
        step: &mut BackfillStep,
    ) -> Result<(), PollError> {
        let options = ReadOptions::of_backfill(backfill);
        let settle = i64::from(self.settings.windows.settle_secs);
        let until = context.now - SignedDuration::from_secs(settle);
        while let Some(range) = backfill.ranges.next(context.now) {
            // What lies ahead is for live polls.
            let Some(window) = Window::new(range.window.from(), range.window.to().min(until))
            else {
                backfill.ranges.narrow(range.window, &[], context.now);
                continue;
            };
            if !context.has_time(&options) || !self.wait_for_budget(&options, context, saved).await
            {
                return Ok(());
            }
            let read = self.read_window(options.clone(), window, context, saved, report);
            match read.await {
                Ok(WindowOutcome::Read { incomplete }) => {
                    backfill
                        .ranges
                        .narrow(range.window, &incomplete, context.now);
                    for part in incomplete {
                        backfill.ranges.put_off(part, context.now);
                    }
                }
                Ok(WindowOutcome::OutOfTime { rest }) => {
                    backfill.ranges.narrow(range.window, &rest, context.now);
                    return Ok(());
                }
                Ok(WindowOutcome::Postponed(delay)) => {
                    report.ending = Ending::Postponed(delay);
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(
                        tenant = self.settings.tenant, from = %window.from(), to = %window.to(),
                        %error, "a window of a backfill could not be read"
                    );
                    let deadline = context.stop.deadline();
                    if !error.is_retryable() || !self.is_about_the_window(&error, deadline).await {
                        // All of it, so that others have their turn.
                        for waiting in backfill.ranges.clone().iter() {
                            backfill.ranges.wait(waiting.window, context.now);
                        }
                        return Err(error);
                    }
                    backfill.ranges.put_off(range.window, context.now);
                    if range.due.failures + 1 >= MAX_FAILURES {
                        self.give_up(window, &options).await?;
                        backfill.ranges.narrow(range.window, &[], context.now);
                        step.failed.push(window);
                    }
                }
            }
        }
        Ok(())
    }

    fn check_output(&self, backfill: &Backfill) -> Result<(), PollError> {
        let known: Vec<&str> = self.outputs.iter().map(|output| &*output.name).collect();
        match &backfill.output {
            Some(wanted) if !known.contains(&wanted.as_str()) => Err(PollError::UnknownOutput {
                known: known.join(", "),
            }),
            _ => Ok(()),
        }
    }

    /// Whether anything of the minute's requests is left to begin with. If not, the time that there
    /// is for background readings is waited out, so that the next poll does not ask the same at once.
    async fn wait_for_budget(
        &self,
        options: &ReadOptions,
        context: &PollContext<'_>,
        saved: &SavedState,
    ) -> bool {
        let deadline = context.deadline(options);
        let pause = budget::pause(saved.state.spent, self.clock.now());
        let has_any = deadline.allows(pause);
        if !has_any {
            tokio::select! {
                () = tokio::time::sleep(deadline.remaining().unwrap_or_default()) => {}
                () = context.stop.asked() => {}
            }
        }
        has_any
    }

    /// Puts a window aside that failed again and again.
    async fn give_up(&self, window: Window, options: &ReadOptions) -> Result<(), PollError> {
        if options.dry_run {
            return Ok(());
        }
        let quarantine = Quarantine {
            store: self.store.as_ref(),
            tenant: &self.settings.tenant,
        };
        let reason = format!("a backfill tried it {MAX_FAILURES} times and got no further");
        quarantine.gap(window, &reason).await
    }

    /// Notes how far a backfill has come, once the state is saved.
    pub(crate) async fn note_progress(&self, step: &BackfillStep) -> Result<(), PollError> {
        let store = self.store.as_ref();
        let loaded = BackfillProgress::load(store, &self.settings.tenant, &step.id).await?;
        let mut progress = loaded.unwrap_or_else(|| BackfillProgress {
            tenant: self.settings.tenant.clone(),
            id: step.id.clone(),
            ..BackfillProgress::default()
        });
        progress.alerts += step.did.alerts;
        progress.records += step.did.records;
        progress.suppressed += step.did.suppressed;
        progress.quarantined += step.did.quarantined;
        progress.requests += step.did.requests;
        progress.left = step.left.iter().map(|range| range.window).collect();
        progress.failed.extend(&step.failed);
        progress.stopped.clone_from(&step.stopped);
        progress.updated = Some(self.clock.now());
        progress.save(store).await
    }

    /// Notes for every backfill of the tenant why it cannot go on, if waiting does not help.
    pub(crate) async fn note_trouble(
        &self,
        saved: &SavedState,
        error: &PollError,
    ) -> Result<(), PollError> {
        if error.is_retryable() {
            return Ok(());
        }
        for (id, backfill) in &saved.state.backfills {
            let stopped = Some(error.to_string());
            let step = BackfillStep {
                id: id.clone(),
                left: backfill.ranges.clone(),
                stopped,
                ..BackfillStep::default()
            };
            self.note_progress(&step).await?;
        }
        Ok(())
    }

    /// Counts what a backfill would write that is only to count. What it claims in the state is
    /// forgotten again; how far it came is saved.
    pub(crate) async fn dry_run(
        &self,
        id: &str,
        context: &PollContext<'_>,
    ) -> Result<(Report, BackfillStep), PollError> {
        let store = self.store.as_ref();
        let mut report = Report::default();
        let mut scratch = SavedState::load(store, &self.settings, context.now).await?;
        let before = scratch.state.backfills.get(id).map(|of| of.ranges.clone());
        let before = before.unwrap_or_default();
        let step = self
            .read_backfill(id, context, &mut scratch, &mut report)
            .await?;
        let spent = scratch.state.spent;
        drop(scratch);
        let change = |state: &mut State| {
            state.spent = spent;
            let Some(backfill) = state.backfills.get_mut(id) else {
                return;
            };
            // What was asked for meanwhile stays.
            backfill.ranges = backfill.ranges.without(&before);
            backfill.ranges.add_all(&step.left);
            if backfill.ranges.is_empty() || step.stopped.is_some() {
                state.backfills.remove(id);
            }
        };
        let most_bytes = self.settings.most_state_bytes;
        change_state_within(store, &self.settings.tenant, most_bytes, change).await?;
        Ok((report, step))
    }

    /// The backfill whose turn it is, of those that write or of those that only count.
    pub(crate) fn next_backfill(
        saved: &SavedState,
        context: &PollContext<'_>,
        dry_run: bool,
    ) -> Option<String> {
        let due = |backfill: &Backfill| {
            backfill.dry_run == dry_run && backfill.ranges.next(context.now).is_some()
        };
        let mut all = saved.state.backfills.iter();
        all.find(|(_, backfill)| due(backfill))
            .map(|(id, _)| id.clone())
            .filter(|_| context.has_time(&ReadOptions::new(What::Backfill)))
    }
}
