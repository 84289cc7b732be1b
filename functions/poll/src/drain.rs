use std::time::Duration;

use drawbridge_alert::Alert;
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
}

/// How far a window was read.
pub(crate) enum Drained {
    /// To its end; a gap in it was put aside.
    Complete,
    /// To its end, but Graph said that its answer was incomplete.
    Incomplete,
    /// Graph asked to wait longer than there is time.
    Postponed(Duration),
    /// There was no time for more than a part; the rest is still to be read.
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
        }
    }

    /// Reads `window`, whatever it takes; the parts of it that no request gets are put aside.
    pub(crate) async fn window(&mut self, window: Window) -> Result<Drained, PollError> {
        let mut todo = vec![Attempt {
            window,
            top: self.poller.settings.page_size,
            split: false,
        }];
        let mut incomplete = false;
        while let Some(attempt) = todo.pop() {
            match self.pages(attempt).await {
                Ok(Paged::Whole { incomplete: partly }) => incomplete |= partly,
                Ok(Paged::Stopped) => {
                    todo.push(attempt);
                    return Ok(Drained::OutOfTime {
                        rest: self.rest(&todo),
                    });
                }
                Err(PollError::Graph(error)) => {
                    if let (ErrorKind::Throttled, Some(delay)) = (error.kind(), error.retry_after())
                    {
                        return Ok(Drained::Postponed(delay));
                    }
                    todo.extend(self.narrow(attempt, error).await?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(if incomplete {
            Drained::Incomplete
        } else {
            Drained::Complete
        })
    }

    /// Reads all pages of one attempt; the next page is on its way while one is delivered.
    async fn pages(&mut self, attempt: Attempt) -> Result<Paged, PollError> {
        let graph = &self.poller.graph;
        let deadline = self.stop.deadline();
        let mut incomplete = false;
        let mut ahead = ReadAhead::first(graph, self.query(attempt.window, attempt.top), deadline);
        loop {
            let page = tokio::select! {
                biased;
                () = self.stop.asked() => return Ok(Paged::Stopped),
                page = ahead.page() => page?,
            };
            self.report.pages += 1;
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
    async fn narrow(
        &mut self,
        attempt: Attempt,
        error: GraphError,
    ) -> Result<Vec<Attempt>, PollError> {
        match error.kind() {
            // Smaller pages are the answer to one that is too large; the window is not at fault.
            ErrorKind::TooLarge if attempt.top > SMALL_PAGE => {}
            ErrorKind::TooLarge | ErrorKind::Server | ErrorKind::Network if self.has_time() => {
                // Only when Graph answers an empty window is this window at fault. Otherwise
                // Graph is down or no Graph at all, and nothing may be given up on that account.
                let nothing = Window::new(Timestamp::UNIX_EPOCH, epoch_plus_one_ms());
                let Some(nothing) = nothing else {
                    return Err(error.into());
                };
                let deadline = self.stop.deadline();
                if self
                    .poller
                    .graph
                    .list(&self.query(nothing, 1), deadline)
                    .await
                    .is_err()
                {
                    return Err(error.into());
                }
            }
            _ => return Err(error.into()),
        }
        let narrower = attempt.narrower(self.poller.settings.windows.smallest_ms);
        if narrower.is_empty() {
            let tenant = &self.poller.settings.tenant;
            let quarantine = Quarantine {
                store: self.poller.store.as_ref(),
                tenant,
            };
            quarantine.gap(attempt.window, &error.to_string()).await?;
            self.report.gaps += 1;
        }
        Ok(narrower)
    }

    /// Maps a page's alerts and sends the records that are new.
    async fn deliver(&mut self, page: &Page) -> Result<(), PollError> {
        for raw in page.alerts() {
            self.report.alerts += 1;
            match Alert::decode(raw) {
                Ok(alert) => self.deliver_alert(&alert).await?,
                Err(error) => {
                    let now_secs = self.now_secs();
                    let put_aside = self.state.output(PUT_ASIDE);
                    if put_aside
                        .claim(AlertDigest::of(raw), &[0; 32], now_secs)
                        .is_some()
                    {
                        self.quarantine().alert(raw, &error).await?;
                        self.report.quarantined += 1;
                    }
                }
            }
        }
        for output in 0..self.batches.len() {
            self.send(output).await?;
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
        for refused in refused.iter().filter(|refused| !refused.retryable) {
            self.quarantine()
                .record(&batch.messages[refused.index], &refused.code)
                .await?;
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

    /// What is left to read, the earliest first, the window that was being read in halves.
    fn rest(&self, todo: &[Attempt]) -> Vec<Window> {
        let smallest_ms = self.poller.settings.windows.smallest_ms;
        let mut rest: Vec<Window> = todo.iter().rev().map(|attempt| attempt.window).collect();
        if let Some(halves) = rest.first().and_then(|window| window.halves(smallest_ms)) {
            rest.splice(..1, halves);
        }
        rest
    }

    fn has_time(&self) -> bool {
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

fn epoch_plus_one_ms() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis(1)
}
