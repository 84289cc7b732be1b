mod attempt;
mod count_ahead;
mod deliver;
mod listing;
mod narrow;
mod pace;
mod reconcile;
mod room;
mod small_pages;

use std::collections::HashSet;
use std::time::Duration;

use drawbridge_cursor::{AlertDigest, Claimed, State, Window, epoch_secs_of};
use drawbridge_graph::{AlertQuery, ErrorKind, GraphError, Room};
use drawbridge_time::Deadline;

pub(crate) use self::narrow::MAX_FAILURES;

use self::attempt::Attempt;
use self::count_ahead::CountAhead;
use self::listing::Listing;
use self::narrow::Narrowed;
use self::reconcile::Count;
use crate::context::PollContext;
use crate::mapping::Batch;
use crate::read_ahead::{PageRequest, ReadAhead};
use crate::read_options::ReadOptions;
use crate::{PollError, Poller, Report, slow};

/// Reads windows into the queues.
pub(crate) struct Drain<'a> {
    poller: &'a Poller,
    state: &'a mut State,
    report: &'a mut Report,
    context: &'a PollContext<'a>,
    options: ReadOptions,
    batches: Vec<Batch>,
    /// Claims of quarantined items and of what a queue may have taken, with the name of their output in the state.
    in_doubt: Vec<(String, Claimed)>,
    /// The alerts that Graph returned: their number is compared with Graph's own.
    seen: HashSet<AlertDigest>,
    /// What it has listed of the attempt at hand.
    listing: Listing,
    /// The sections of the window at hand that were listed to their end, if it was not read as a whole.
    sections: Vec<Section>,
    /// How many milliseconds of the window are left besides the attempt at hand.
    besides_ms: u64,
    /// The count of the window at hand, if it is asked for beside the list.
    counted: Option<CountAhead>,
    /// Whether a part of the window at hand was quarantined.
    has_gap: bool,
    /// What Graph counts in a window without alerts, once it was asked.
    counted_nothing: Option<Count>,
    /// The requests of the client that are in the tenant's budget already.
    requests: u64,
    /// How many records there were before.
    records_before: u64,
    /// Whether Graph has answered any request of this poll, including the probe.
    answered: bool,
}

/// After so many pages in a row without a new alert, the list is taken to be endless.
const MAX_BARREN_PAGES: u32 = 100;

/// How far a window was read.
pub(crate) enum WindowOutcome {
    /// As far as there was time; a gap in it was quarantined.
    Read(Left),
    /// Graph asked to wait longer than there is time.
    Postponed {
        /// For how long.
        delay: Duration,
        /// As in [`Unread`].
        graph_answers: Option<bool>,
        /// What is left, if parts of it were read.
        left: Option<Left>,
    },
}

/// Why a window could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) error: PollError,
    /// Whether Graph answered another question then, if it was asked.
    pub(crate) graph_answers: Option<bool>,
}

impl From<PollError> for Unread {
    fn from(error: PollError) -> Self {
        Self {
            error,
            graph_answers: None,
        }
    }
}

/// What of a window is still to be read, or to be read again.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The parts for which there was no time.
    pub(crate) rest: Vec<Window>,
    /// The parts for which Graph said that its answer was incomplete.
    pub(crate) incomplete: Vec<Window>,
    /// The parts that failed, but may succeed later.
    pub(crate) failed: Vec<Window>,
}

impl Left {
    /// Whether all of the window was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty() && self.incomplete.is_empty() && self.failed.is_empty()
    }

    /// All of the parts.
    pub(crate) fn windows(&self) -> Vec<Window> {
        let all = self.rest.iter().chain(&self.incomplete).chain(&self.failed);
        all.copied().collect()
    }

    fn add(&mut self, more: Self) {
        self.rest.extend(more.rest);
        self.incomplete.extend(more.incomplete);
        self.failed.extend(more.failed);
    }
}

/// A part of a window that was listed to its end by itself, since all of the window could not be.
struct Section {
    window: Window,
    listing: Listing,
    pages: u64,
}

enum Paged {
    Whole {
        incomplete: bool,
    },
    Stopped,
    /// Nothing of it was requested, so the window is as it was.
    NotBegun,
}

impl<'a> Drain<'a> {
    pub(crate) fn new(
        poller: &'a Poller,
        state: &'a mut State,
        report: &'a mut Report,
        context: &'a PollContext<'a>,
        options: ReadOptions,
    ) -> Self {
        let records_before = report.records;
        let batches = poller.outputs.iter().map(|_| Batch::default()).collect();
        Self {
            poller,
            state,
            report,
            context,
            seen: HashSet::new(),
            listing: Listing::default(),
            sections: Vec::new(),
            besides_ms: 0,
            counted: None,
            has_gap: false,
            counted_nothing: None,
            options,
            batches,
            in_doubt: Vec::new(),
            requests: poller.graph.stats().requests,
            records_before,
            answered: false,
        }
    }

    /// Reads one window, in ever smaller parts where it fails. The parts that no request returns are quarantined.
    async fn read(&mut self, window: Window) -> Result<WindowOutcome, Unread> {
        let outcome = self.attempts(window).await;
        // Requests that failed count, too.
        self.note_requests();
        if outcome.is_err() {
            self.release();
        }
        outcome
    }

    async fn attempts(&mut self, window: Window) -> Result<WindowOutcome, Unread> {
        let mut todo = vec![self.first_attempt(window)];
        let mut left = Left::default();
        self.sections.clear();
        let mut is_first = true;
        while let Some(attempt) = todo.pop() {
            if !std::mem::take(&mut is_first) && !self.has_time() {
                left.rest = vec![attempt.window];
                break;
            }
            let waiting = todo.iter().map(|attempt| attempt.window);
            self.besides_ms = waiting.chain(left.windows()).map(|of| of.millis()).sum();
            let pages = self.report.pages;
            let error = match self.pages(attempt).await {
                Ok(Paged::Whole { incomplete: true }) => {
                    left.incomplete.push(attempt.window);
                    continue;
                }
                Ok(Paged::Whole { incomplete: false }) => {
                    if attempt.window != window {
                        self.sections.push(Section {
                            window: attempt.window,
                            listing: std::mem::take(&mut self.listing),
                            pages: self.report.pages - pages,
                        });
                    }
                    continue;
                }
                Ok(Paged::Stopped) => {
                    left.rest = self.rest(attempt.window).await;
                    break;
                }
                Ok(Paged::NotBegun) => {
                    left.rest = vec![attempt.window];
                    break;
                }
                Err(error) => error,
            };
            // What was counted before proves nothing of the smaller parts, which are listed later.
            self.counted = None;
            match self.narrow(attempt, error).await? {
                Narrowed::To(attempts) => todo.extend(attempts),
                Narrowed::Later => left.failed.push(attempt.window),
                Narrowed::NoTime => {
                    left.rest = self.rest(attempt.window).await;
                    break;
                }
                Narrowed::Postponed(outcome) => return Ok(outcome),
            }
        }
        left.rest
            .extend(todo.iter().rev().map(|attempt| attempt.window));
        Ok(WindowOutcome::Read(left))
    }

    /// How a window is read at first: with whole pages. If it failed before and cannot be split any further, it is
    /// read with smaller pages each time, and in turns with whole pages if smaller ones take too long.
    fn first_attempt(&self, window: Window) -> Attempt {
        let settings = &self.poller.settings;
        let top = match window.halves(settings.windows.smallest_ms) {
            None if !self.options.whole_pages => {
                attempt::top_after(self.options.failures, self.page_size())
            }
            _ => self.page_size(),
        };
        Attempt {
            window,
            top,
            split: false,
        }
    }

    /// Releases the claims of what was not sent, of what a queue may have taken, and of what was quarantined. A poll that
    /// fails still saves what it sent; the next one sends the rest, and counts what it quarantines anew.
    fn release(&mut self) {
        for (output, batch) in self.poller.outputs.iter().zip(&mut self.batches) {
            let written = self.state.output(&output.name);
            for claimed in std::mem::take(batch).claims {
                written.release(&claimed);
            }
        }
        for (output, claimed) in std::mem::take(&mut self.in_doubt) {
            self.state.output(&output).release_in_doubt(&claimed);
        }
    }

    /// Reads all pages of one attempt; the next page is on its way while one is delivered.
    async fn pages(&mut self, attempt: Attempt) -> Result<Paged, PollError> {
        let graph = &self.poller.graph;
        let deadline = self.deadline();
        let mut links = HashSet::new();
        self.listing = Listing::of(attempt.window);
        let window = attempt.window;
        let query = AlertQuery {
            room: self.room(attempt),
            ..self.poller.query(window.from(), window.to(), attempt.top)
        };
        let Some(pause) = self.pause() else {
            return Ok(Paged::NotBegun);
        };
        let first_deadline = match self.answered {
            true => deadline,
            false if slow::needs_whole_time(self.state, self.context.now) => {
                PollContext::first_page_deadline(deadline).undivided()
            }
            false => PollContext::first_page_deadline(deadline),
        };
        let mut ahead = ReadAhead::of(graph, PageRequest::First(query), first_deadline, pause);
        let mut number = 0;
        loop {
            let page = tokio::select! {
                biased;
                () = self.context.stop.asked() => return Ok(Paged::Stopped),
                page = ahead.page() => page,
            };
            let page = match page {
                Err(error) if is_too_large(&error) && ahead.room() == Room::Small => {
                    match self.again(&ahead, attempt).await {
                        Some(again) => ahead = again,
                        None if number == 0 => return Ok(Paged::NotBegun),
                        None => return Ok(Paged::Stopped),
                    }
                    continue;
                }
                page => page?,
            };
            number += 1;
            self.context.progress.answered();
            self.learn_page_size(attempt, number, &page);
            self.report.pages += 1;
            self.answered = true;
            self.note_requests();
            if let Some(link) = page.next()
                && !links.insert(link.clone())
            {
                return Err(PollError::Circular);
            }
            let pause = self.pause().filter(|_| self.has_time());
            let next = page.next().zip(pause);
            let stopped = page.next().is_some() && next.is_none();
            if page.next().is_some() {
                // What is counted before the last page was listed proves nothing, and there is memory for
                // two answers.
                self.counted = None;
            }
            let next = next.map(|(link, pause)| (PageRequest::Next(link.clone()), pause));
            let room = self.room(attempt);
            let begin = |(asked, pause): (PageRequest, Duration)| {
                ReadAhead::of(graph, asked.with_room(room), deadline, pause)
            };
            // There is room for one large page, not for two.
            let (next, then) = match room {
                Room::Large => (None, next),
                Room::Small | Room::Usual => (next.map(begin), None),
            };
            if let Some(warning) = page.incomplete() {
                self.listing.incomplete = true;
                self.report.partial_answers += 1;
                tracing::warn!(
                    tenant = self.poller.settings.tenant,
                    warning,
                    "Graph's answer is incomplete: it is delivered, and the window read again"
                );
            }
            let delivered = self.deliver(&page).await?;
            if let Some(then_ms) = self.options.then_ms {
                let unlisted_ms = self.listing.unlisted_ms(window);
                let left_ms = then_ms + self.besides_ms + unlisted_ms;
                // The step's end says when nothing is left.
                self.context.progress.backfill_left(left_ms.max(1));
            }
            self.context.progress.page(self.report);
            let barren_pages = self.listing.page_ends();
            if barren_pages >= MAX_BARREN_PAGES && page.next().is_some() {
                self.report.partial_answers += 1;
                tracing::error!(
                    tenant = self.poller.settings.tenant,
                    barren_pages,
                    "Graph's next links lead from one page that lists nothing new to the next: what \
                     there was is delivered, and the window read again"
                );
                return Ok(Paged::Whole { incomplete: true });
            }
            drop(page);
            if !delivered || !self.make_room_for_a_page().await {
                return Ok(Paged::Stopped);
            }
            match next.or_else(|| then.map(begin)) {
                Some(next) => ahead = next,
                None if stopped => return Ok(Paged::Stopped),
                None => {
                    let incomplete = self.listing.incomplete;
                    return Ok(Paged::Whole { incomplete });
                }
            }
        }
    }

    /// What is left of a window when the time is up: the part that Graph has not listed yet, if its count confirms
    /// that the rest was listed; otherwise all of the window, in two parts.
    async fn rest(&mut self, window: Window) -> Vec<Window> {
        let smallest_ms = self.poller.settings.windows.smallest_ms;
        let halves = || window.halves(smallest_ms).map(Vec::from);
        let parts = if self.is_read_for_good(window) {
            // Rows may have shifted: what was listed in several pages is read once more, in smaller parts.
            self.listing.pieces(window, 2).or_else(halves)
        } else {
            if let Some(listed) = self.listing.in_order(window)
                && self.ask_whether_all(&listed).await
            {
                return vec![listed.rest];
            }
            self.listing.parts(window).map(Vec::from).or_else(halves)
        };
        parts.unwrap_or_else(|| vec![window])
    }

    /// Whether anything was delivered that was not before.
    fn has_news(&self) -> bool {
        self.report.records > self.records_before
    }

    /// Whether there is time for another page.
    pub(crate) fn has_time(&self) -> bool {
        self.context.has_time(&self.options)
    }

    /// The poll's deadline, or the end of the time for background reading.
    fn deadline(&self) -> Deadline {
        self.context.deadline(&self.options)
    }

    fn now_secs(&self) -> u32 {
        // With a clock that is behind, new alerts would soon be forgotten.
        let newest = self.state.newest.unwrap_or(self.context.now);
        epoch_secs_of(self.context.now.max(newest).as_second())
    }
}

fn is_too_large(error: &GraphError) -> bool {
    error.kind() == ErrorKind::TooLarge
}
