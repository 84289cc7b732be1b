use std::time::Duration;

use drawbridge_cursor::Window;
use drawbridge_graph::{AlertQuery, ErrorKind, GraphError, Room};
use jiff::SignedDuration;

use super::count_ahead::CountAhead;
use super::listing::Listed;
use super::{Drain, Left, Unread, WindowOutcome};
use crate::PollError;
use crate::read_options::{FEWEST_OF_A_CUT_LIST, What};

/// What is older is read once a day at most. The hourly sweep reads a day, and a first poll as long a
/// time, a moment later.
const READ_HOURLY: SignedDuration = SignedDuration::from_hours(25);

/// How long the number may take: it is not worth a wait that a throttled client is asked for.
const COUNT_TIME: Duration = Duration::from_secs(10);

/// The status with which Graph says that it does not support a request.
const NOT_IMPLEMENTED: u16 = 501;

/// One reading of a window whose alerts are counted.
struct Counted {
    window: Window,
    /// How many alerts were listed of the window that this is a part of. A shorter list was not cut off at the same
    /// point.
    of: usize,
    /// Whether it is read for the second time, and what was seen of it before counts.
    is_second: bool,
}

/// How many alerts a window has.
enum Count {
    /// The number that Graph reported.
    Alerts(u64),
    /// Graph did not say, but may another time.
    NotNow,
    /// It was not asked: the tenant's requests, or the time for them, are used up.
    NotAsked,
    /// Graph has no number, or nothing follows from it.
    Unknown,
}

impl Count {
    fn of(answer: Result<Option<u64>, GraphError>) -> Self {
        match answer {
            Ok(count) => count.map_or(Self::Unknown, Self::Alerts),
            Err(error) => {
                tracing::debug!(%error, "Graph did not count the window");
                match error.kind() {
                    // The row that comes with the number is too large, and will be so again.
                    ErrorKind::BadRequest | ErrorKind::TooLarge => Self::Unknown,
                    _ if error.status() == Some(NOT_IMPLEMENTED) => Self::Unknown,
                    _ => Self::NotNow,
                }
            }
        }
    }
}

/// What to do about a number that differs from what was listed.
enum Recounted {
    /// Read these, the last one first.
    Read(Vec<Counted>),
    /// Take what was listed for an incomplete answer: a later poll reads the window again.
    Incomplete,
    /// Read these when there are requests left for the question, too. Nothing is wrong with them.
    Later(Vec<Window>),
    /// There were no requests left for the question, and what is missing is found soon.
    NotCounted,
}

impl Drain<'_> {
    /// Reads `window`, and compares the number of alerts that Graph reports for it with the number
    /// that was seen. If some are missing, its halves are read in its place while the list may have
    /// been cut off, else all of it once more. Graph may report fewer: an alert that changes leaves
    /// the window.
    pub(crate) async fn window(&mut self, window: Window) -> Result<WindowOutcome, Unread> {
        let mut left = Left::default();
        let mut todo = vec![Counted {
            window,
            of: 0,
            is_second: false,
        }];
        let mut is_first = true;
        while let Some(part) = todo.pop() {
            let (records, pages) = (self.report.records, self.report.pages);
            if !part.is_second {
                self.seen.clear();
            }
            self.has_gap = false;
            let window = part.window;
            let has_time = is_first || self.has_time();
            if is_first {
                self.count_ahead(window);
            }
            let outcome = match std::mem::take(&mut is_first) {
                _ if has_time => self.read(window).await?,
                _ => WindowOutcome::Read(Left {
                    rest: vec![window],
                    ..Left::default()
                }),
            };
            match outcome {
                WindowOutcome::Read(more) if more.is_empty() => {}
                WindowOutcome::Read(more) => {
                    let is_out_of_time = !more.rest.is_empty();
                    // What is read a second time was read to its end before; whether that was all of
                    // it is still to be found out.
                    if !(is_out_of_time && part.is_second) {
                        left.add(more);
                    } else if self.is_once_only(window) {
                        left.incomplete.push(window);
                    }
                    if is_out_of_time {
                        let rest = todo.iter().rev().filter(|part| !part.is_second);
                        left.rest.extend(rest.map(|part| part.window));
                        break;
                    }
                    continue;
                }
                postponed @ WindowOutcome::Postponed { .. } => return Ok(postponed),
            }
            let is_news = self.report.records > records;
            // Graph counts what lies in a gap as well.
            if self.has_gap {
                continue;
            }
            if is_news || part.is_second || part.of > 0 || self.is_worth_counting(window, pages) {
                match self.recount(&part).await? {
                    Recounted::Read(parts) => todo.extend(parts),
                    Recounted::Incomplete => left.incomplete.push(window),
                    Recounted::Later(windows) => left.rest.extend(windows),
                    Recounted::NotCounted => self.report.has_uncounted |= !is_news,
                }
            } else {
                self.report.has_uncounted |= self.seen.len() >= FEWEST_OF_A_CUT_LIST;
            }
        }
        Ok(WindowOutcome::Read(left))
    }

    /// Whether to ask Graph for the number of alerts in a window that brought nothing new: if the window is not read
    /// again soon, or if its list may have been cut off because it is long or came in several pages. `pages` is the
    /// number of pages before this window.
    fn is_worth_counting(&self, window: Window, pages: u64) -> bool {
        let is_long = self.report.pages > pages + 1;
        self.seen.len() >= self.options.count_from || self.is_once_only(window) || is_long
    }

    /// Whether nothing reads the window again soon. Sweeps come again by themselves; a backfill does not,
    /// and what is so old is read once a day at most.
    fn is_once_only(&self, window: Window) -> bool {
        match self.options.is_background() {
            true => self.options.what == What::Backfill,
            false => self.context.now.duration_since(window.from()) >= READ_HOURLY,
        }
    }

    /// What is to be done because Graph reports more alerts for `part` than were seen of it.
    async fn recount(&mut self, part: &Counted) -> Result<Recounted, PollError> {
        let window = part.window;
        let is_once_only = self.is_once_only(window);
        let reported = match self.missing(window).await {
            Count::Alerts(reported) => reported,
            // The list may have been cut off, and nothing reads the rest of it soon.
            Count::NotNow if is_once_only => return Ok(Recounted::Incomplete),
            Count::NotAsked if is_once_only => {
                // In halves: whatever it takes to read one, it is less the next time.
                let halves = window.halves(self.poller.settings.windows.smallest_ms);
                let windows = halves.map_or_else(|| vec![window], Vec::from);
                return Ok(Recounted::Later(windows));
            }
            Count::NotAsked => return Ok(Recounted::NotCounted),
            Count::NotNow | Count::Unknown => return Ok(Recounted::Read(Vec::new())),
        };
        let seen = self.seen.len();
        let is_cut_off = seen >= part.of.max(FEWEST_OF_A_CUT_LIST);
        let smallest_ms = self.poller.settings.windows.smallest_ms;
        let halves = window.halves(smallest_ms).filter(|_| is_cut_off);
        if let Some(halves) = halves {
            let half = |window| Counted {
                window,
                of: seen,
                is_second: false,
            };
            let halves = halves.map(half).into_iter().rev();
            return Ok(Recounted::Read(halves.collect()));
        }
        if !part.is_second {
            return Ok(Recounted::Read(vec![Counted {
                is_second: true,
                ..*part
            }]));
        }
        self.report.count_mismatches += 1;
        tracing::error!(
            tenant = self.poller.settings.tenant, from = %window.from(), to = %window.to(),
            reported, seen, "Graph reports more alerts than it returned, twice"
        );
        if is_cut_off {
            let reason = format!("Graph counts {reported} alerts in it and lists {seen} of them");
            self.gap(window, &reason).await?;
        } else if is_once_only {
            return Ok(Recounted::Incomplete);
        }
        // A list that was cut off would have at least its first rows.
        self.counts_wrongly |= seen == 0;
        Ok(Recounted::Read(Vec::new()))
    }

    /// Asks Graph how many alerts there are in what it should have listed by now; whether it has listed as many.
    /// If Graph does not say, it may not have.
    pub(super) async fn ask_whether_all(&mut self, listed: &Listed) -> bool {
        if self.context.stop.is_asked() {
            return false;
        }
        match self.count(listed.done).await {
            Count::Alerts(reported) => reported <= listed.alerts as u64,
            Count::NotNow | Count::NotAsked | Count::Unknown => false,
        }
    }

    /// The number that Graph reports, when that is more than was seen.
    async fn missing(&mut self, window: Window) -> Count {
        if self.counts_wrongly {
            return Count::Unknown;
        }
        let counted = match self.counted_ahead(window).await {
            // An alert that came between the two answers is no missing one: that is asked again.
            None => self.count(window).await,
            Some(Count::Alerts(reported)) if reported > self.seen.len() as u64 => {
                self.count(window).await
            }
            Some(count) => count,
        };
        match counted {
            Count::Alerts(reported) if reported <= self.seen.len() as u64 => Count::Unknown,
            count => count,
        }
    }

    /// Asks for the count of a sweep's window beside its list, as each sweep asks for it. Requests that
    /// have to wait for each other are asked one after the other.
    fn count_ahead(&mut self, window: Window) {
        let is_free = self.pause().is_some_and(|pause| pause.is_zero());
        self.counted = (self.options.what == What::Again && is_free).then(|| {
            // The smallest answer there is: beside the page it takes no memory worth the name.
            let query = AlertQuery {
                room: Room::Small,
                ..self.poller.query(window.from(), window.to(), 1)
            };
            let deadline = self.deadline().at_most(COUNT_TIME);
            CountAhead::of(&self.poller.graph, window, query, deadline)
        });
    }

    /// What Graph answered to [`Self::count_ahead`]; `None` if it is to be asked.
    async fn counted_ahead(&mut self, window: Window) -> Option<Count> {
        let ahead = self.counted.take().filter(|ahead| ahead.is_of(window))?;
        let answer = ahead.answer().await?;
        self.note_requests();
        match answer {
            Err(error) if error.kind() == ErrorKind::TooLarge => None,
            answer => Some(Count::of(answer)),
        }
    }

    /// How many alerts Graph says a window has. It need not answer the question at all: `$count` is
    /// documented for the list, and not with every filter. Nor is it asked when the tenant's requests
    /// are used up.
    async fn count(&mut self, window: Window) -> Count {
        let Some(pause) = self.pause() else {
            return Count::NotAsked;
        };
        tokio::time::sleep(pause).await;
        let query = AlertQuery {
            room: self.context.room(),
            ..self.poller.query(window.from(), window.to(), 1)
        };
        let deadline = self.deadline().at_most(COUNT_TIME);
        let count = self.poller.graph.count(&query, deadline).await;
        self.note_requests();
        Count::of(count)
    }
}
