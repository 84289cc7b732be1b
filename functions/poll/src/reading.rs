//! Reads what the state says is to be read, and notes in it how far that went.

use drawbridge_cursor::{MAX_INCOMPLETE, Range, SWEPT_AGAIN, State, Window};
use jiff::Timestamp;

use crate::context::PollContext;
use crate::drain::{Drain, Left, Unread, WindowOutcome};
use crate::read_options::{ReadOptions, What};
use crate::saved_state::SavedState;
use crate::{Ending, PollError, Poller, Report};

impl Poller {
    /// Reads what is new, and then, as far as there is time, what is left of earlier polls.
    ///
    /// # Errors
    /// When what is new could not be read. Whatever is wrong with an older range, what is new does
    /// not wait for it.
    pub(crate) async fn read(
        &self,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<(), PollError> {
        let mut plan = saved.state.plan(context.now, &self.settings.windows);
        report.sweeps += u64::from(plan.sweep.is_some());
        if plan.is_behind {
            tracing::error!(
                tenant = self.settings.tenant, now = %context.now, newest = ?saved.state.newest,
                "the clock is behind the newest alert that Graph has returned: set it right; what is \
                 new is read up to whatever Graph has"
            );
        }
        if plan.rest_first {
            // If reading what was left kills the process, the next poll begins with what is new.
            if !self.save(saved).await? {
                report.ending = Ending::Superseded;
                return Ok(());
            }
            if !self.read_rest(What::Unread, context, saved, report).await? {
                return Ok(());
            }
            plan = saved.state.plan(context.now, &self.settings.windows);
        }
        let known_to = plan.known_to;
        let has_sweep = report.sweeps > 0;
        while let Some(window) = plan
            .live
            .and_then(|live| saved.state.next_live(live, context.now))
        {
            let count_from = self.count_from(saved, has_sweep, context.now);
            let options = ReadOptions::new(What::Live).count_from(count_from);
            if report.pages > 0 && !context.has_time(&options) {
                // What earlier polls left took all of the time; the next poll begins with what is new.
                saved.state.rest_is_next = false;
                report.ending = Ending::OutOfTime;
                return Ok(());
            }
            match self
                .read_range((options, window), known_to, context, saved, report)
                .await
            {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(unread) => {
                    if self.ask_whether_window_fails(&unread, context).await {
                        // The next poll reads what is new without this window.
                        report.put_off += 1;
                        saved.state.note_failure(window);
                    }
                    return Err(unread.error);
                }
            }
        }
        let mut rest = [What::Unread, What::Again];
        // A long catch-up does not keep sweeps waiting for ever.
        let is_overdue = saved.state.again.is_overdue(context.now);
        if is_overdue {
            rest.reverse();
        }
        for what in rest {
            let goes_on = self.read_rest(what, context, saved, report).await?;
            let was_short_of_time = is_overdue && what == What::Again && report.is_on_time();
            if !goes_on && !was_short_of_time {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads what is left of earlier polls, what has been due for longest first; whether to go on
    /// with something else.
    ///
    /// # Errors
    /// When nothing was read because Graph, a queue or the store failed.
    async fn read_rest(
        &self,
        what: What,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<bool, PollError> {
        let options = ReadOptions::new(what);
        let is_first = report.pages == 0;
        while let Some(range) = next(&saved.state, what, context.now) {
            let window = range.window;
            if !context.has_time(&options) {
                if what == What::Unread {
                    report.ending = Ending::OutOfTime;
                }
                return Ok(false);
            }
            let pages = report.pages;
            let rest = (options.clone().after(range.due), window);
            let read = self.read_range(rest, None, context, saved, report);
            let unread = match read.await {
                Ok(true) => continue,
                Ok(false) => return Ok(false),
                Err(unread) => unread,
            };
            let error = &unread.error;
            if pages > 0 && !context.has_time(&options) {
                // Others left it too little time; another poll begins with it, unless what is new
                // comes first in each.
                if what == What::Again {
                    saved.state.wait(window, context.now);
                }
                return Ok(false);
            }
            let is_of_graph = matches!(error, PollError::Graph(_) | PollError::Circular);
            if is_first && !is_of_graph {
                return Err(unread.error);
            }
            tracing::error!(
                tenant = self.settings.tenant, from = %window.from(), to = %window.to(),
                %error, "a range could not be read; it is tried again later"
            );
            report.put_off += 1;
            if !self.ask_whether_window_fails(&unread, context).await {
                saved.state.wait(window, context.now);
                // Nothing was read at all: the poll has failed.
                return if is_first {
                    Err(unread.error)
                } else {
                    Ok(false)
                };
            }
            saved.state.put_off(window, context.now);
        }
        Ok(true)
    }

    /// Reads one window and notes in the state what of it was read; whether to go on.
    async fn read_range(
        &self,
        (options, window): (ReadOptions, Window),
        known_to: Option<Timestamp>,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<bool, Unread> {
        let (before, what) = (report.clone(), options.what);
        let read = self.read_window(options, window, context, saved, report);
        let outcome = read.await?;
        let did = report.since(&before);
        if what == What::Again {
            report.swept += did.records;
        }
        // Sweeps come again by themselves, and what live polls read is read by the next ones, too, and by
        // the hourly sweep, unless it is older. What no sweep comes for is read twice, however short its list, and
        // if it is empty: a replica may lack the one alert of it.
        let is_read_soon = known_to.is_some() && self.is_read_soon(window, context.now);
        let is_swept = self.is_swept_again(window, context.now);
        let is_in_doubt = match what {
            What::Again => did.records > 0 && (did.pages > 1 || !is_swept),
            What::Live if is_read_soon => did.pages > 1,
            _ if !self.is_swept_twice(window, context.now) => true,
            _ => self.is_long(&did),
        };
        let settings = &self.settings.windows;
        let read_again = |state: &mut State, rest: &[Window]| {
            for part in window.without(rest).into_iter().filter(|_| is_in_doubt) {
                state.read_again(part, known_to, context.now, settings);
            }
        };
        match outcome {
            WindowOutcome::Read(left) => {
                let rest = left.windows();
                saved.state.read(window, &rest, context.now);
                read_again(&mut saved.state, &rest);
                let is_out_of_time = !left.rest.is_empty();
                self.note_left(left, context, saved, report).await?;
                if is_out_of_time && what != What::Again {
                    report.ending = Ending::OutOfTime;
                }
                Ok(!is_out_of_time)
            }
            WindowOutcome::Postponed {
                delay,
                graph_answers,
                left,
            } => {
                let rest = left
                    .as_ref()
                    .map_or_else(|| vec![window], |left| left.rest.clone());
                if let Some(left) = left {
                    let windows = left.windows();
                    saved.state.read(window, &windows, context.now);
                    read_again(&mut saved.state, &windows);
                    self.note_left(left, context, saved, report).await?;
                }
                if self.ask_graph(graph_answers, context).await {
                    // Graph answers other questions: the trouble is with this window alone.
                    if what != What::Live {
                        report.put_off += 1;
                        for part in rest {
                            saved.state.put_off(part, context.now);
                        }
                        return Ok(true);
                    }
                    // The next poll reads what is new without this window.
                    for part in rest {
                        saved.state.note_failure(part);
                    }
                }
                report.ending = Ending::Postponed(delay);
                Ok(false)
            }
        }
    }

    /// Notes in the state when what is left of a window is to be read.
    async fn note_left(
        &self,
        left: Left,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<(), PollError> {
        // A little later Graph may have all of it.
        for part in left.failed {
            report.put_off += 1;
            saved.state.put_off(part, context.now);
        }
        for part in left.incomplete {
            let state = &mut saved.state;
            let mut for_good = state.unread.incomplete_for_good(part);
            // Sweeps come again by themselves.
            let second = state.again.second_incomplete_for_good(part).into_iter();
            for_good.extend(second.filter(|gap| !self.is_swept_again(*gap, context.now)));
            for gap in for_good {
                self.quarantine_window(gap, &stayed_incomplete(), false, report)
                    .await?;
            }
            saved.state.put_off_incomplete(part, context.now);
        }
        Ok(())
    }

    /// Reads one window into the queues.
    pub(crate) async fn read_window(
        &self,
        options: ReadOptions,
        window: Window,
        context: &PollContext<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<WindowOutcome, Unread> {
        let mut drain = Drain::new(self, &mut saved.state, report, context, options);
        drain.window(window).await
    }

    /// Asks Graph, if need be, whether only this window fails, and not Graph, the queue or the store: while one
    /// of those is down, no window is given up.
    pub(crate) async fn ask_whether_window_fails(
        &self,
        unread: &Unread,
        context: &PollContext<'_>,
    ) -> bool {
        match unread.error {
            PollError::Graph(_) => self.ask_graph(unread.graph_answers, context).await,
            PollError::Circular => true,
            _ => false,
        }
    }

    /// Saves the state; `false` if another poll saved it first.
    pub(crate) async fn save(&self, saved: &mut SavedState) -> Result<bool, PollError> {
        let store = self.store.as_ref();
        saved.save(store, self.clock.now(), &self.settings).await
    }
}

/// Why a window is quarantined whose answers were incomplete too often.
pub(crate) fn stayed_incomplete() -> String {
    format!(
        "Graph's answer was incomplete {MAX_INCOMPLETE} times: it said so, counted more alerts than it \
         listed, or did not count them; what it listed was delivered"
    )
}

/// The next range. What no sweep comes for is read by itself, in smaller pieces than the rest.
fn next(state: &State, what: What, now: Timestamp) -> Option<Range> {
    if what != What::Again {
        return state.unread.next(now);
    }
    let range = state.again.next(now)?;
    if !range.due.is_second {
        return Some(range);
    }
    let old = Window::new(Timestamp::MIN, now - SWEPT_AGAIN);
    let old = old.and_then(|old| range.window.intersection(old));
    let window = old.unwrap_or(range.window);
    Some(Range { window, ..range })
}
