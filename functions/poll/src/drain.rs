use std::collections::HashSet;
use std::time::Duration;

use drawbridge_alert::{Alert, DecodeError};
use drawbridge_cursor::{AlertDigest, State, Window};
use drawbridge_graph::{AlertQuery, ErrorKind, GraphError, Page};
use jiff::{SignedDuration, Timestamp};

use crate::mapping::{Batch, map};
use crate::quarantine::Quarantine;
use crate::read_ahead::ReadAhead;
use crate::{PollError, Poller, Progress, Report, Stop};

/// The page size that a failing window is tried with last before it is split.
const SMALL_PAGE: u32 = 10;
/// The page size of the parts of a window that was split because it failed.
const SPLIT_PAGE: u32 = 100;
/// The state's name for alerts that were put aside, beside the outputs.
const PUT_ASIDE: &str = "quarantine";

/// Reads windows into the queues.
pub(crate) struct Drain<'a> {
    poller: &'a Poller,
    state: &'a mut State,
    report: &'a mut Report,
    stop: &'a Stop,
    progress: &'a dyn Progress,
    now: Timestamp,
    batches: Vec<Batch>,
    /// What this poll put aside: the state's name for whom, alert and record.
    aside: Vec<(&'static str, AlertDigest, [u8; 32])>,
    /// Whether Graph answered this poll at all, if only the question for nothing.
    answered: bool,
}

/// How far a window was read.
pub(crate) enum Drained {
    /// To its end; a gap in it was put aside.
    ToItsEnd {
        /// The parts of it for which Graph said that its answer was incomplete.
        incomplete: Vec<Window>,
    },
    /// Graph asked to wait longer than there is time.
    Postponed(Duration),
    /// There was no time for more than a part.
    OutOfTime {
        /// What is still to be read.
        rest: Vec<Window>,
    },
}

/// One try at a window: whole at first, with ever smaller pages and then in halves when it fails.
#[derive(Clone, Copy)]
struct Attempt {
    window: Window,
    top: u32,
    split: bool,
}

enum Paged {
    Whole { incomplete: bool },
    Stopped,
}

/// What to do about an attempt that failed.
enum Narrowed {
    /// Try these, the last one first; none when it was put aside as a gap.
    To(Vec<Attempt>),
    /// There is no time to try.
    NoTime,
}

impl<'a> Drain<'a> {
    pub(crate) fn new(
        poller: &'a Poller,
        state: &'a mut State,
        report: &'a mut Report,
        stop: &'a Stop,
        progress: &'a dyn Progress,
        now: Timestamp,
    ) -> Self {
        let batches = poller.outputs.iter().map(|_| Batch::default()).collect();
        Self {
            poller,
            state,
            report,
            stop,
            progress,
            now,
            batches,
            aside: Vec::new(),
            answered: false,
        }
    }

    /// Reads `window`, whatever it takes; the parts of it that no request gets are put aside.
    pub(crate) async fn window(&mut self, window: Window) -> Result<Drained, PollError> {
        let drained = self.attempts(window).await;
        if drained.is_err() {
            self.give_back();
        }
        drained
    }

    async fn attempts(&mut self, window: Window) -> Result<Drained, PollError> {
        let mut todo = vec![Attempt {
            window,
            top: self.poller.settings.page_size,
            split: false,
        }];
        let mut incomplete = Vec::new();
        while let Some(attempt) = todo.pop() {
            let error = match self.pages(attempt).await {
                Ok(Paged::Whole { incomplete: partly }) => {
                    incomplete.extend(partly.then_some(attempt.window));
                    continue;
                }
                Ok(Paged::Stopped) => {
                    todo.push(attempt);
                    return Ok(self.out_of_time(&todo, incomplete));
                }
                Err(PollError::Graph(error)) => error,
                Err(error) => return Err(error),
            };
            let asks_to_wait = matches!(error.kind(), ErrorKind::Throttled | ErrorKind::Server);
            if let (true, Some(delay)) = (asks_to_wait, error.retry_after()) {
                return Ok(Drained::Postponed(delay));
            }
            match self.narrow(attempt, error).await? {
                Narrowed::To(attempts) => todo.extend(attempts),
                Narrowed::NoTime => {
                    todo.push(attempt);
                    return Ok(self.out_of_time(&todo, incomplete));
                }
            }
        }
        Ok(Drained::ToItsEnd { incomplete })
    }

    /// Gives back what was claimed and not sent, and what was put aside: a poll that fails saves
    /// what it sent all the same, and the next one is to send the rest and to count anew what it
    /// puts aside.
    fn give_back(&mut self) {
        for (output, batch) in self.poller.outputs.iter().zip(&mut self.batches) {
            let written = self.state.output(output.format.name());
            for (alert, key) in std::mem::take(batch).claims {
                written.give_back(alert, &key);
            }
        }
        for (output, alert, key) in std::mem::take(&mut self.aside) {
            self.state.output(output).give_back(alert, &key);
        }
    }

    /// Reads all pages of one attempt; the next page is on its way while one is delivered.
    async fn pages(&mut self, attempt: Attempt) -> Result<Paged, PollError> {
        let graph = &self.poller.graph;
        let deadline = self.stop.deadline();
        let mut incomplete = false;
        let mut links = HashSet::new();
        let mut ahead = ReadAhead::first(graph, self.query(attempt.window, attempt.top), deadline);
        loop {
            let page = tokio::select! {
                biased;
                () = self.stop.asked() => return Ok(Paged::Stopped),
                page = ahead.page() => page?,
            };
            self.report.pages += 1;
            self.answered = true;
            if let Some(link) = page.next()
                && !links.insert(link.clone())
            {
                return Err(PollError::Circular);
            }
            let stopped = page.next().is_some() && !self.has_time();
            let next = page
                .next()
                .filter(|_| !stopped)
                .map(|link| ReadAhead::next(graph, link.clone(), deadline));
            if let Some(warning) = page.incomplete() {
                incomplete = true;
                self.report.partial_answers += 1;
                tracing::warn!(
                    tenant = self.poller.settings.tenant,
                    warning,
                    "Graph's answer is incomplete: it is delivered, and the window read again"
                );
            }
            self.deliver(&page).await?;
            self.progress.page(self.report);
            match next {
                Some(next) => ahead = next,
                None if stopped => return Ok(Paged::Stopped),
                None => return Ok(Paged::Whole { incomplete }),
            }
        }
    }

    /// What to try after `attempt` failed with `error`: smaller pages, then the halves of the
    /// window; when it cannot get smaller, the window is put aside as a gap.
    async fn narrow(&mut self, attempt: Attempt, error: GraphError) -> Result<Narrowed, PollError> {
        match error.kind() {
            ErrorKind::TooLarge | ErrorKind::Server | ErrorKind::Network => {}
            _ => return Err(error.into()),
        }
        if !self.has_time() {
            // In halves the window may fit next time, but only if it is the window's fault.
            let smallest_ms = self.poller.settings.windows.smallest_ms;
            return match (self.answered, attempt.window.halves(smallest_ms)) {
                (false, _) => Err(error.into()),
                (true, Some(_)) => Ok(Narrowed::NoTime),
                // It cannot get smaller, and the next time would not be longer.
                (true, None) => self.gap(attempt.window, &error).await,
            };
        }
        // Smaller pages are the answer to one that is too large; the window is not at fault.
        let page_is_at_fault = error.kind() == ErrorKind::TooLarge && attempt.top > SMALL_PAGE;
        if !page_is_at_fault && !self.answers_nothing().await {
            return Err(error.into());
        }
        self.answered = true;
        let narrower = attempt.narrower(self.poller.settings.windows.smallest_ms);
        if narrower.is_empty() {
            return self.gap(attempt.window, &error).await;
        }
        Ok(Narrowed::To(narrower))
    }

    /// Puts a window aside that no request gets.
    async fn gap(&mut self, window: Window, error: &GraphError) -> Result<Narrowed, PollError> {
        self.quarantine().gap(window, &error.to_string()).await?;
        self.report.gaps += 1;
        Ok(Narrowed::To(Vec::new()))
    }

    /// Whether Graph answers the question for a window in which there is nothing. Otherwise Graph
    /// is down or no Graph at all, and nothing may be given up on that account.
    async fn answers_nothing(&self) -> bool {
        let (from, deadline) = (Timestamp::UNIX_EPOCH, self.stop.deadline());
        let nothing = AlertQuery {
            from,
            to: from + SignedDuration::from_millis(1),
            service_sources: self.poller.settings.service_sources.clone(),
            top: 1,
        };
        self.poller.graph.list(&nothing, deadline).await.is_ok()
    }

    /// Maps a page's alerts and sends the records that are new.
    async fn deliver(&mut self, page: &Page) -> Result<(), PollError> {
        for raw in page.alerts() {
            self.report.alerts += 1;
            match Alert::decode(raw) {
                Ok(alert) => self.deliver_alert(&alert).await?,
                Err(error) => self.put_aside(raw, &error).await?,
            }
        }
        for output in 0..self.batches.len() {
            self.send(output).await?;
        }
        Ok(())
    }

    /// Puts an alert aside that does not parse, once.
    async fn put_aside(&mut self, raw: &str, error: &DecodeError) -> Result<(), PollError> {
        let (alert, key, now_secs) = (AlertDigest::of(raw), [0; 32], self.now_secs());
        let claimed = self.state.output(PUT_ASIDE).claim(alert, &key, now_secs);
        if claimed.is_some() {
            // Noted first, so that it is given back if it cannot be written.
            self.aside.push((PUT_ASIDE, alert, key));
            self.quarantine().alert(raw, error).await?;
            self.report.quarantined += 1;
        }
        Ok(())
    }

    async fn deliver_alert(&mut self, alert: &Alert<'_>) -> Result<(), PollError> {
        let updated = alert.last_update.as_ref().and_then(|time| time.instant);
        self.report.newest_alert = self.report.newest_alert.max(updated);
        let (poller, now_secs) = (self.poller, self.now_secs());
        let tenant = &poller.settings.tenant;
        for (n, output) in poller.outputs.iter().enumerate() {
            let mut claimed_before = 0;
            loop {
                let written = self.state.output(output.format.name());
                let batch = &mut self.batches[n];
                let mapped = map(alert, output, tenant, now_secs, written, batch);
                if batch.is_full() {
                    self.send(n).await?;
                }
                if !mapped.more {
                    // What an earlier round claimed is known to this one.
                    self.report.suppressed += mapped.known - claimed_before;
                    break;
                }
                claimed_before += mapped.claimed;
            }
        }
        Ok(())
    }

    /// Sends what waits for output `n`. What the queue does not take is given back, so that the
    /// next poll sends it; what it will never take is put aside.
    async fn send(&mut self, n: usize) -> Result<(), PollError> {
        let batch = std::mem::take(&mut self.batches[n]);
        if batch.messages.is_empty() {
            return Ok(());
        }
        let output = &self.poller.outputs[n];
        let sent = output.queue.send(&batch.messages).await;
        let written = self.state.output(output.format.name());
        let refused = match sent {
            Ok(refused) => refused,
            Err(error) => {
                for (alert, key) in &batch.claims {
                    written.give_back(*alert, key);
                }
                return Err(error.into());
            }
        };
        let mut again = refused
            .iter()
            .filter(|refused| refused.retryable)
            .peekable();
        let first_code = again.peek().map(|refused| refused.code.clone());
        let mut count = 0;
        for refused in again {
            count += 1;
            let (alert, key) = &batch.claims[refused.index];
            written.give_back(*alert, key);
        }
        self.report.records += (batch.messages.len() - refused.len()) as u64;
        let never = refused.iter().filter(|refused| !refused.retryable);
        for refused in never.clone() {
            let (alert, key) = batch.claims[refused.index];
            self.aside.push((output.format.name(), alert, key));
        }
        for refused in never {
            let message = &batch.messages[refused.index];
            self.quarantine().record(message, &refused.code).await?;
            self.report.quarantined += 1;
        }
        match first_code {
            Some(code) => Err(PollError::Refused {
                refused: count,
                code,
            }),
            None => Ok(()),
        }
    }

    fn query(&self, window: Window, top: u32) -> AlertQuery {
        AlertQuery {
            from: window.from(),
            to: window.to(),
            service_sources: self.poller.settings.service_sources.clone(),
            top,
        }
    }

    /// The end for want of time; what Graph answered incompletely is still to be read, too.
    fn out_of_time(&self, todo: &[Attempt], incomplete: Vec<Window>) -> Drained {
        let rest = self.rest(todo);
        Drained::OutOfTime {
            rest: rest.into_iter().chain(incomplete).collect(),
        }
    }

    /// What is left to read, the earliest first, the window that was being read in halves.
    fn rest(&self, todo: &[Attempt]) -> Vec<Window> {
        let smallest_ms = self.poller.settings.windows.smallest_ms;
        let mut rest: Vec<Window> = todo.iter().rev().map(|attempt| attempt.window).collect();
        if let Some(halves) = rest.first().and_then(|window| window.halves(smallest_ms)) {
            rest.splice(..1, halves);
        }
        rest
    }

    /// Whether there is time for another page.
    pub(crate) fn has_time(&self) -> bool {
        let margin = Duration::from_secs(self.poller.settings.page_margin_secs.into());
        self.stop.deadline().allows(margin) && !self.stop.is_asked()
    }

    fn quarantine(&self) -> Quarantine<'a> {
        Quarantine {
            store: self.poller.store.as_ref(),
            tenant: &self.poller.settings.tenant,
        }
    }

    fn now_secs(&self) -> u32 {
        u32::try_from(self.now.as_second().max(0)).unwrap_or(u32::MAX)
    }
}

impl Attempt {
    /// The next attempts after this one failed, the last to be tried first; none when it cannot
    /// get any smaller.
    fn narrower(self, smallest_ms: u64) -> Vec<Self> {
        if !self.split && self.top > SMALL_PAGE {
            return vec![Self {
                top: (self.top / 10).max(SMALL_PAGE),
                ..self
            }];
        }
        if let Some(halves) = self.window.halves(smallest_ms) {
            let part = |window| Self {
                window,
                top: self.top.max(SPLIT_PAGE),
                split: true,
            };
            return halves.map(part).into_iter().rev().collect();
        }
        if self.top > 1 {
            vec![Self {
                top: 1,
                split: true,
                ..self
            }]
        } else {
            Vec::new()
        }
    }
}
