//! Reads a job's windows one after the other and notes in the state how far that went.

use drawbridge_cursor::{Job, Planned, Purpose, State, Why, Window, plan};
use drawbridge_graph::Deadline;
use jiff::{SignedDuration, Timestamp};
use std::sync::OnceLock;

use crate::drain::{Drain, Drained};
use crate::reading::{Reading, background};
use crate::saved_state::SavedState;
use crate::{Ending, PollError, Poller, Progress, Report, Stop};

/// What surrounds the reading of one job.
pub(crate) struct Around<'a> {
    pub(crate) job: &'a Job,
    pub(crate) now: Timestamp,
    pub(crate) stop: &'a Stop,
    pub(crate) progress: &'a dyn Progress,
    /// Until when its background readings may go on, all together; set when the first begins.
    background: OnceLock<Deadline>,
}

impl<'a> Around<'a> {
    pub(crate) fn new(
        job: &'a Job,
        now: Timestamp,
        stop: &'a Stop,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            job,
            now,
            stop,
            progress,
            background: OnceLock::new(),
        }
    }

    /// Until when a reading may go on.
    pub(crate) fn deadline(&self, reading: &Reading) -> Deadline {
        let deadline = self.stop.deadline();
        if reading.is_background() {
            *self.background.get_or_init(|| background(deadline))
        } else {
            deadline
        }
    }
}

impl Poller {
    /// Reads the job's windows into the queue and notes in the state what was read.
    pub(crate) async fn read(
        &self,
        around: &Around<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<(), PollError> {
        if around.job.backfill.is_some() {
            return self.backfill(around, saved, report).await;
        }
        let settings = &self.settings.windows;
        for planned in plan(around.job, &saved.state, around.now, settings) {
            let is_old = !matches!(planned.purpose, Purpose::Live | Purpose::Asked);
            match self.planned(planned, around, saved, report).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if is_old => {
                    // What is new was read; an old window must not stand in its way.
                    let Planned { window, purpose } = planned;
                    tracing::error!(
                        tenant = self.settings.tenant, from = %window.from(), to = %window.to(),
                        %error, "an owed window could not be read; it is still owed"
                    );
                    report.still_owed += 1;
                    self.put_back(&mut saved.state, purpose, window, &[window], around.now);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads one planned window; whether there is time for another.
    async fn planned(
        &self,
        Planned { window, purpose }: Planned,
        around: &Around<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<bool, PollError> {
        let Around { job, now, stop, .. } = *around;
        let settings = &self.settings.windows;
        let (pages, records) = (report.pages, report.records);
        let known_to = saved
            .state
            .read_up_to()
            .filter(|_| purpose == Purpose::Live);
        if let Purpose::Sweep(sweep) = purpose {
            saved.state.begin_sweep(sweep, now);
            report.sweeps += 1;
        }
        let reading = Reading::new(job, purpose);
        let counts = reading.counts();
        let mut drain = Drain::new(self, &mut saved.state, report, around, reading);
        if !matches!(purpose, Purpose::Live | Purpose::Asked) && !drain.has_time() {
            self.put_back(&mut saved.state, purpose, window, &[window], now);
            return Ok(false);
        }
        let mut drained = drain.window(window).await?;
        if counts && matches!(&drained, Drained::ToItsEnd { incomplete } if incomplete.is_empty()) {
            drained = drain.reconcile(window).await?;
        }
        if matches!(purpose, Purpose::Sweep(_)) {
            report.swept += report.records - records;
        }
        let state = &mut saved.state;
        match drained {
            Drained::ToItsEnd { incomplete } if incomplete.is_empty() => {
                state.complete(window);
                // What was forgotten for want of room is found again and again.
                let is_new = report.records > records && saved.forgot == 0;
                let found = is_new || purpose != Purpose::Again;
                let is_sweep = matches!(purpose, Purpose::Sweep(_));
                if found && !is_sweep && report.pages > pages + 1 {
                    state.read_again(window, known_to, now, settings);
                }
            }
            // The next live poll reads all of it again.
            Drained::ToItsEnd { .. } if purpose == Purpose::Live => {}
            Drained::ToItsEnd { incomplete } => {
                self.put_back(state, purpose, window, &incomplete, now);
            }
            Drained::Postponed(delay) => {
                if matches!(purpose, Purpose::Sweep(_)) {
                    // It counts as begun, and nobody else knows of it.
                    self.put_back(state, purpose, window, &[window], now);
                }
                report.ending = Ending::Postponed(delay);
                return Ok(false);
            }
            Drained::OutOfTime { rest } => {
                self.put_back(state, purpose, window, &rest, now);
                if !is_read_again(purpose) {
                    report.ending = Ending::OutOfTime;
                    let tenant = &self.settings.tenant;
                    let job = |&window| Job::windowed(tenant, Why::Split, window);
                    report.follow_ups = rest.iter().map(job).collect();
                } else if !stop.is_asked() {
                    // It had its time; what was asked for is done.
                    return Ok(true);
                } else {
                    report.ending = Ending::OutOfTime;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes that of `window` only `rest` is still to be read.
    fn put_back(
        &self,
        state: &mut State,
        purpose: Purpose,
        window: Window,
        rest: &[Window],
        now: Timestamp,
    ) {
        if is_read_again(purpose) {
            state.put_back_again(window, rest, &self.settings.windows, now);
        } else {
            state.put_back(window, rest, now);
        }
    }

    /// Reads as many windows of a step of a backfill as there is time for. The state keeps what
    /// was written, and nothing else: neither the watermark nor what is owed is a backfill's.
    async fn backfill(
        &self,
        around: &Around<'_>,
        saved: &mut SavedState,
        report: &mut Report,
    ) -> Result<(), PollError> {
        let Around { job, now, .. } = *around;
        let settle = i64::from(self.settings.windows.settle_secs);
        let until = now - SignedDuration::from_secs(settle);
        let reading = Reading::new(job, Purpose::Asked);
        let mut drain = Drain::new(self, &mut saved.state, report, around, reading);
        let mut left = job.windows();
        let mut ending = Ending::Complete;
        let mut is_waiting = false;
        while let Some(&window) = left.first() {
            // What lies ahead is for live polls.
            let Some(clipped) = Window::new(window.from(), window.to().min(until)) else {
                left.remove(0);
                continue;
            };
            if !drain.has_requests().await {
                ending = Ending::OutOfTime;
                is_waiting = true;
                break;
            }
            let is_first = left.len() == job.windows().len();
            let drained = match drain.window(clipped).await {
                Ok(Drained::ToItsEnd { incomplete }) if incomplete.is_empty() => {
                    drain.reconcile(clipped).await
                }
                drained => drained,
            };
            match drained {
                Ok(Drained::ToItsEnd { incomplete }) => {
                    if !incomplete.is_empty() {
                        // A little later Graph may have all of it.
                        ending = Ending::OutOfTime;
                    }
                    left.splice(..1, incomplete);
                }
                Ok(Drained::OutOfTime { rest }) => {
                    left.splice(..1, rest);
                    ending = Ending::OutOfTime;
                }
                Ok(Drained::Postponed(delay)) => {
                    ending = Ending::Postponed(delay);
                    is_waiting = true;
                }
                Err(error) if is_first => return Err(error),
                // The next step begins with it, and says what is wrong.
                Err(_) => ending = Ending::OutOfTime,
            }
            if ending == Ending::Complete && !drain.has_time() && !left.is_empty() {
                ending = Ending::OutOfTime;
            }
            if ending != Ending::Complete {
                break;
            }
        }
        report.ending = ending;
        let next = job.backfill.clone().and_then(|backfill| {
            let failures = match (left == job.windows(), is_waiting) {
                (true, true) => backfill.failures,
                (true, false) => backfill.failures + 1,
                (false, _) => 0,
            };
            let backfill = drawbridge_cursor::Backfill {
                failures,
                ..backfill
            };
            Job::backfill(&job.tenant, left, backfill)
        });
        report.follow_ups = next.into_iter().collect();
        Ok(())
    }
}

/// Whether a window was read before, so that what is left of it is no lag.
fn is_read_again(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Again | Purpose::Sweep(_))
}
