//! Older ranges that operators want: asked for in the state, and read step by step.

use drawbridge_cursor::{Backfill, ListSummary, State, Window};
use jiff::{SignedDuration, Timestamp};

use crate::backfill_progress::is_cancelled;
use crate::context::PollContext;
use crate::drain::{MAX_FAILURES, WindowOutcome};
use crate::read_options::{ReadOptions, What};
use crate::reading::stayed_incomplete;
use crate::saved_state::SavedState;
use crate::state_object::change_state_within;
use crate::{BackfillProgress, Ending, PollError, Poller, Report, budget};

/// What one poll did of a backfill.
#[derive(Debug, Default)]
pub(crate) struct BackfillStep {
    id: String,
    did: Report,
    /// Records that the output had already, of what had been read before.
    suppressed_before: u64,
    /// The backfill after that; `None` where the state did not have it: it is done, or forgotten.
    backfill: Option<Backfill>,
    failed: Vec<Window>,
    stopped: Option<String>,
}

impl BackfillStep {
    /// Whether there is more to read at once.
    pub(crate) fn is_to_go_on(&self, now: Timestamp) -> bool {
        let next = |backfill: &Backfill| backfill.next(now);
        self.stopped.is_none() && self.backfill.as_ref().and_then(next).is_some()
    }

    /// Whether a rest is left that is not read until an operator resumes the backfill.
    fn is_cancelled(&self) -> bool {
        self.backfill.as_ref().is_some_and(is_cancelled)
    }

    /// Adds what was done to how far the backfill has come.
    fn note_in(&self, progress: &mut BackfillProgress, now: Timestamp) {
        progress.alerts += self.did.alerts;
        progress.records += self.did.records;
        progress.suppressed += self.did.suppressed;
        progress.quarantined += self.did.quarantined;
        progress.requests += self.did.requests;
        progress.failed.extend(&self.failed);
        progress.updated = Some(now);
        progress.interrupted = false;
        let is_ended = progress.cancelled || progress.stopped.is_some();
        match &self.backfill {
            Some(backfill) => {
                progress.describe(backfill);
                progress.note_left(backfill);
            }
            // One that was suspended and forgotten is still there for an operator to resume.
            None if is_ended => return,
            None => {
                progress.note_left(&Backfill::default());
            }
        }
        // A cancelled backfill keeps its reason: nobody has tried it since.
        if self.stopped.is_some() || !self.is_cancelled() {
            progress.stopped.clone_from(&self.stopped);
        }
    }
}

impl Poller {
    /// Reads as much of a backfill as there is time for. It neither moves the watermark nor takes
    /// anything out of what is unread.
    ///
    /// A window that fails again and again is quarantined, and the rest goes on. Whatever the error,
    /// the step says what was done.
    pub(crate) async fn read_backfill(
        &self,
        id: &str,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> (BackfillStep, Result<(), PollError>) {
        let mut step = BackfillStep {
            id: id.to_owned(),
            ..BackfillStep::default()
        };
        let Some(backfill) = saved.state.backfills.get_mut(id) else {
            return (step, Ok(()));
        };
        if let Err(error) = self.check_output(backfill) {
            tracing::error!(tenant = self.settings.tenant, id, %error, "a backfill is suspended");
            step.stopped = Some(error.to_string());
            backfill.suspended = Some(context.now);
            step.backfill = Some(backfill.clone());
            return (step, Ok(()));
        }
        let mut backfill = backfill.clone();
        let before = (report.clone(), self.graph.stats().requests);
        let mut read = self
            .read_ranges(&mut backfill, context, saved, report, &mut step)
            .await;
        step.did = report.since(&before.0);
        step.did.alerts -= step.did.listed_again;
        step.did.suppressed -= step.suppressed_before;
        step.did.requests = self.graph.stats().requests - before.1;
        backfill.end(context.now);
        if backfill.is_over() {
            saved.state.backfills.remove(id);
        } else {
            saved
                .state
                .backfills
                .insert(id.to_owned(), backfill.clone());
        }
        step.backfill = Some(backfill);
        if let Err(error) = read.as_ref()
            && !error.is_retryable()
        {
            tracing::error!(tenant = self.settings.tenant, id, %error, "a backfill has stopped");
            step.stopped = Some(error.to_string());
            read = Ok(());
        }
        (step, read)
    }

    async fn read_ranges(
        &self,
        backfill: &mut Backfill,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
        step: &mut BackfillStep,
    ) -> Result<(), PollError> {
        let options = ReadOptions::of_backfill(&step.id, backfill);
        let until = self.read_by_live_polls(saved, context.now);
        let windows = &self.settings.windows;
        loop {
            let left_ms = backfill.ranges.millis();
            context.progress.backfill_left(left_ms);
            let Some(range) = backfill.next(context.now) else {
                break;
            };
            // Live polls read what lies ahead of that.
            let behind = Window::new(range.window.from(), range.window.to().min(until));
            if behind != Some(range.window) {
                let rest = behind.as_slice();
                backfill.each(|ranges| ranges.narrow(range.window, rest, context.now));
            }
            let Some(window) = behind else {
                continue;
            };
            if !context.has_time(&options) || !self.wait_for_budget(&options, context, saved).await
            {
                return Ok(());
            }
            let is_second = backfill.ranges.within(window).next().is_none();
            let mut options = options.clone().after(range.due);
            if !is_second {
                options.then_ms = Some(left_ms.saturating_sub(window.millis()));
            }
            let before = report.clone();
            let read = self.read_window(options.clone(), window, context, saved, report);
            let read = read.await;
            let did = report.since(&before);
            if is_second {
                step.suppressed_before += did.suppressed;
            }
            let listed = ListSummary {
                is_empty: did.alerts == 0,
                is_news: did.records > 0,
            };
            match read {
                Ok(WindowOutcome::Read(left)) => {
                    backfill.read(window, &left.windows(), listed, context.now, windows);
                    let is_out_of_time = !left.rest.is_empty();
                    for part in left.failed {
                        backfill.each(|ranges| ranges.put_off(part, context.now));
                    }
                    for part in left.incomplete {
                        let for_good = backfill.left().incomplete_for_good(part);
                        for &gap in &for_good {
                            let reason = stayed_incomplete();
                            self.quarantine_window(gap, &reason, options.dry_run, report)
                                .await?;
                        }
                        backfill.failed |= !for_good.is_empty();
                        step.failed.extend(for_good);
                        backfill.each(|ranges| ranges.put_off_incomplete(part, context.now));
                    }
                    if is_out_of_time {
                        return Ok(());
                    }
                }
                Ok(WindowOutcome::Postponed {
                    delay,
                    graph_answers,
                    left,
                }) => {
                    if let Some(left) = left {
                        backfill.read(window, &left.windows(), listed, context.now, windows);
                    }
                    if !self.ask_graph(graph_answers, context).await {
                        report.ending = Ending::Postponed(delay);
                        return Ok(());
                    }
                    // Graph answers other questions: the trouble is with this window alone, which is tried in
                    // parts when it is read again.
                    backfill.each(|ranges| ranges.put_off(window, context.now));
                }
                Err(unread) => {
                    let error = &unread.error;
                    tracing::warn!(
                        tenant = self.settings.tenant, from = %window.from(), to = %window.to(),
                        %error, "a window of a backfill could not be read"
                    );
                    if !self.ask_whether_window_fails(&unread, context).await {
                        // All of the backfill that is due waits, so that others have their turn.
                        for waiting in backfill.left().iter() {
                            if waiting.due.is_due(context.now) {
                                backfill.each(|ranges| ranges.wait(waiting.window, context.now));
                            }
                        }
                        return Err(unread.error);
                    }
                    backfill.each(|ranges| ranges.put_off(window, context.now));
                    if range.due.failures + 1 >= MAX_FAILURES {
                        let reason = format!(
                            "a backfill tried it {MAX_FAILURES} times and got no further: {error}"
                        );
                        self.quarantine_window(window, &reason, options.dry_run, report)
                            .await?;
                        backfill.each(|ranges| ranges.narrow(window, &[], context.now));
                        backfill.failed = true;
                        step.failed.push(window);
                    }
                }
            }
        }
        Ok(())
    }

    /// Up to when live polls have read or read next. A clock that is behind does not change what they
    /// have read.
    fn read_by_live_polls(&self, saved: &SavedState, now: Timestamp) -> Timestamp {
        let settle = SignedDuration::from_secs(self.settings.windows.settle_secs.into());
        let next = now - settle;
        saved.state.watermark.map_or(next, |mark| mark.max(next))
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

    /// Notes how far a backfill has come. Nothing depends on it: what is left is in the state.
    pub(crate) async fn note_progress(&self, step: &BackfillStep) {
        let (store, tenant) = (self.store.as_ref(), &self.settings.tenant);
        let now = self.clock.now();
        let change = |progress: &mut BackfillProgress| step.note_in(progress, now);
        let noted = BackfillProgress::change(store, tenant, &step.id, change);
        let mut noted = noted.await;
        if step.is_cancelled() && step.stopped.is_none() {
            // The command that suspended it may have had no time to note that.
            noted = noted.and(BackfillProgress::settle(store, tenant, &step.id, false).await);
        }
        if let Err(error) = noted {
            let id = &step.id;
            tracing::warn!(tenant, id, %error, "how far a backfill has come could not be noted");
        }
    }

    /// Notes for every backfill of the tenant why it cannot go on, if waiting does not help.
    pub(crate) async fn note_trouble(&self, saved: &SavedState, error: &PollError) {
        if error.is_retryable() {
            return;
        }
        let all = saved.state.backfills.iter();
        for (id, backfill) in all.filter(|(_, backfill)| backfill.suspended.is_none()) {
            let step = BackfillStep {
                id: id.clone(),
                backfill: Some(backfill.clone()),
                stopped: Some(error.to_string()),
                ..BackfillStep::default()
            };
            self.note_progress(&step).await;
        }
    }

    /// Counts what a backfill would write that is only to count. What it claims in the state is
    /// forgotten again; how far it came is saved.
    pub(crate) async fn count_backfill(
        &self,
        id: &str,
        context: &PollContext<'_>,
    ) -> Result<(Report, BackfillStep), PollError> {
        let store = self.store.as_ref();
        let mut report = Report::default();
        let mut scratch = self.load(context).await?;
        let before = scratch.state.backfills.get(id).map(|of| of.ranges.clone());
        let before = before.unwrap_or_default();
        let requests = self.graph.stats().requests;
        let (step, read) = self
            .read_backfill(id, context, &mut scratch, &mut report)
            .await;
        drop(scratch);
        let requests = self.graph.stats().requests - requests;
        let now = self.clock.now();
        let change = |state: &mut State| {
            // A poll may have spent requests meanwhile, too.
            state.spent = Some(budget::spend(state.spent, now, requests));
            let Some(backfill) = state.backfills.get_mut(id) else {
                return;
            };
            // Ranges that an operator added meanwhile stay.
            backfill.ranges = backfill.ranges.without(&before);
            if let Some(counted) = &step.backfill {
                backfill.ranges.add_all(&counted.left());
            }
            if backfill.is_done() || step.stopped.is_some() {
                state.backfills.remove(id);
            }
        };
        let most_bytes = context.state_bytes(&self.settings);
        change_state_within(store, &self.settings.tenant, most_bytes, change).await?;
        self.note_progress(&step).await;
        read.map(|()| (report, step))
    }

    /// The backfill whose turn it is, of those that write or of those that only count.
    pub(crate) fn next_backfill(
        saved: &SavedState,
        context: &PollContext<'_>,
        dry_run: bool,
    ) -> Option<String> {
        let due = |backfill: &Backfill| {
            backfill.dry_run == dry_run && backfill.next(context.now).is_some()
        };
        let mut all = saved.state.backfills.iter();
        all.find(|(_, backfill)| due(backfill))
            .map(|(id, _)| id.clone())
            .filter(|_| context.has_time(&ReadOptions::new(What::Backfill)))
    }
}
