use std::time::Duration;

use drawbridge_cursor::Window;
use drawbridge_graph::{AlertQuery, Counted, ErrorKind, GraphError, Room};

use super::count_ahead::CountAhead;
use super::listing::Listed;
use super::{Drain, Left, Section, Unread, WindowOutcome};
use crate::PollError;
use crate::budget;
use crate::read_options::{READ_HOURLY, What};

/// How long the number may take: it is not worth a wait that a throttled client is asked for.
const COUNT_TIME: Duration = Duration::from_secs(10);

/// As so many parts at most a window is left for a later poll.
const MOST_PARTS_LEFT: usize = 50;

/// The statuses with which Graph says that it does not support a request.
const BAD_REQUEST: u16 = 400;
const NOT_IMPLEMENTED: u16 = 501;

/// One reading of a window whose alerts are counted.
#[derive(Clone, Copy)]
struct Part {
    window: Window,
    /// Whether it is a part of one that could not be read as a whole. It is counted, whatever was listed.
    is_part: bool,
    /// Whether it is read for the second time, and what was seen of it before counts.
    is_second: bool,
}

impl Part {
    /// A part of a window that was not read as a whole.
    fn of(window: Window) -> Self {
        Self {
            window,
            is_part: true,
            is_second: false,
        }
    }
}

/// How many alerts a window has.
#[derive(Clone, Copy)]
pub(super) enum Count {
    /// The number that Graph reported.
    Alerts(u64),
    /// Graph did not say, but may another time.
    NotNow,
    /// It was not asked: the tenant's requests, or the time for them, are used up.
    NotAsked,
    /// Graph refused the question as one that it does not support, or left the number out.
    Unsupported,
    /// Nothing follows from it.
    Unknown,
}

impl Count {
    fn of(answer: Result<Counted, GraphError>) -> Self {
        match answer {
            Ok(Counted::Alerts(count)) => Self::Alerts(count),
            Ok(Counted::Missing) => Self::Unsupported,
            Ok(Counted::Unreadable) => Self::NotNow,
            Err(error) => {
                tracing::debug!(%error, "Graph did not count the window");
                match error.status() {
                    Some(BAD_REQUEST | NOT_IMPLEMENTED) => Self::Unsupported,
                    // The row that comes with the number is too large, and will be so again.
                    _ if error.kind() == ErrorKind::TooLarge => Self::Unknown,
                    _ => Self::NotNow,
                }
            }
        }
    }
}

/// What to do about a number that differs from what was listed.
enum Recounted {
    /// Read these, the last one first.
    Read(Vec<Part>),
    /// Take what was listed for an incomplete answer: a later poll reads the window again.
    Incomplete,
    /// Read it when there are requests left for the question, too. Nothing is wrong with it.
    Later,
}

impl Drain<'_> {
    /// Reads `window`, and compares the number of alerts that Graph reports for it with the number
    /// that was seen. If some are missing, its halves are read in its place, and so on until each part
    /// has all of its alerts: whatever the list was cut off by, a part has fewer. Graph may report fewer
    /// than it lists: an alert that changes leaves the window.
    pub(crate) async fn window(&mut self, window: Window) -> Result<WindowOutcome, Unread> {
        let mut left = Left::default();
        let mut todo = vec![Part {
            window,
            is_part: false,
            is_second: false,
        }];
        self.count_ahead(window);
        let mut is_first = true;
        while let Some(part) = todo.pop() {
            if !std::mem::take(&mut is_first) && !self.may_read_parts() {
                todo.push(part);
                self.leave(&todo, &mut left);
                break;
            }
            let (records, pages) = (self.report.records, self.report.pages);
            if !part.is_second {
                self.seen.clear();
            }
            self.has_gap = false;
            let window = part.window;
            match self.read(window).await? {
                WindowOutcome::Read(more) if more.is_empty() && !self.is_in_sections(window) => {}
                WindowOutcome::Read(more) => {
                    let is_out_of_time = !more.rest.is_empty();
                    if is_out_of_time && part.is_second {
                        // It was read to its end before; whether that was all of it is still to be found out.
                        todo.push(part);
                        self.sections.clear();
                    } else {
                        left.add(more);
                    }
                    for section in std::mem::take(&mut self.sections) {
                        self.check_section(section, &mut todo, &mut left).await?;
                    }
                    if is_out_of_time {
                        self.leave(&todo, &mut left);
                        break;
                    }
                    continue;
                }
                postponed if !part.is_part => return Ok(postponed),
                // The parts that were read are kept: Graph may take fewer requests than all of them need.
                WindowOutcome::Postponed {
                    delay,
                    graph_answers,
                    ..
                } => {
                    todo.push(part);
                    self.leave(&todo, &mut left);
                    return Ok(WindowOutcome::Postponed {
                        delay,
                        graph_answers,
                        left: Some(left),
                    });
                }
            }
            let is_news = self.report.records > records;
            let pages = self.report.pages - pages;
            let is_in_question = is_news || part.is_second || part.is_part;
            if is_in_question || self.is_worth_counting(window, pages) {
                self.check(part, pages, &mut todo, &mut left).await?;
            } else {
                self.report.has_uncounted |= self.may_be_cut_off();
            }
        }
        Ok(WindowOutcome::Read(left))
    }

    /// Whether a window that was read to its end is checked by the sections in which it was read: Graph counts what
    /// lies in a gap as well, and what is read for good is cut where its rows are.
    fn is_in_sections(&self, window: Window) -> bool {
        self.has_gap || self.is_read_for_good(window) && !self.sections.is_empty()
    }

    /// Checks a section of a window that failed in another one, if it may lack alerts. Without it, what was listed
    /// beside a failure would be taken for all there is.
    async fn check_section(
        &mut self,
        section: Section,
        todo: &mut Vec<Part>,
        left: &mut Left,
    ) -> Result<(), PollError> {
        let Section {
            window,
            listing,
            pages,
        } = section;
        self.seen = listing.alerts().collect();
        self.listing = listing;
        // A sweep counts what it reads as a whole, and the next one may meet the same failure.
        let is_of_sweep = self.options.what == What::Again;
        let is_long = self.may_be_cut_off() || pages > 1;
        // What is only counted is read once: it would be counted twice.
        let is_in_doubt = is_of_sweep || is_long || self.is_in_doubt(window);
        if !is_in_doubt || self.options.dry_run {
            return Ok(());
        }
        if !self.has_time() {
            left.rest.push(window);
            return Ok(());
        }
        self.check(Part::of(window), pages, todo, left).await
    }

    /// Checks what was listed of a part, in so many pages: what of it is to be read once more is added to `todo`, and
    /// what only a later poll reads to `left`.
    async fn check(
        &mut self,
        part: Part,
        pages: u64,
        todo: &mut Vec<Part>,
        left: &mut Left,
    ) -> Result<(), PollError> {
        let window = part.window;
        if let Some(pieces) = self.pieces(window, pages) {
            todo.extend(pieces.into_iter().rev());
            return Ok(());
        }
        match self.recount(part).await? {
            Recounted::Read(parts) => todo.extend(parts),
            Recounted::Incomplete => left.incomplete.push(window),
            Recounted::Later => left.rest.extend(self.in_halves(window)),
        }
        Ok(())
    }

    /// Whether there is time for the parts of a window of which alerts are missing, and Graph takes their
    /// requests: there may be dozens.
    fn may_read_parts(&self) -> bool {
        self.has_time() && !budget::is_used_up(self.state.spent, self.poller.clock.now())
    }

    /// Leaves these for a later poll. Of many, the later ones become one window again, so that the state stays small.
    fn leave(&self, parts: &[Part], left: &mut Left) {
        let (many, few) = parts.split_at(parts.len().saturating_sub(MOST_PARTS_LEFT));
        for part in few.iter().rev() {
            match self.halves(part.window) {
                // A Graph that is so slow would keep it unread for ever.
                None if part.is_second => left.incomplete.push(part.window),
                Some(halves) if part.is_second => left.rest.extend(halves),
                _ => left.rest.push(part.window),
            }
        }
        // They adjoin each other: what is to be read next comes last.
        if let (Some(earliest), Some(latest)) = (many.last(), many.first()) {
            let rest = Window::new(earliest.window.from(), latest.window.to());
            left.rest.extend(rest);
        }
    }

    /// The pieces in which to read a window once more that was listed in so many pages: a page lists what there is
    /// at one moment, while between two pages an alert may change, so that another one slips into what was
    /// listed already. `None` if the window is not read for good, or cannot be cut.
    fn pieces(&self, window: Window, pages: u64) -> Option<Vec<Part>> {
        if pages < 2 || self.seen.len() < 2 || !self.is_read_for_good(window) {
            return None;
        }
        let halves = self.halves(window)?;
        let pieces = self.listing.pieces(window, pages);
        let pieces = pieces.unwrap_or_else(|| halves.to_vec());
        Some(pieces.into_iter().map(Part::of).collect())
    }

    /// Whether nothing reads the window once more after this: it was read before, and no sweep comes for it.
    pub(super) fn is_read_for_good(&self, window: Window) -> bool {
        let is_backfill = self.options.what == What::Backfill;
        let is_swept = || self.poller.is_swept_again(window, self.context.now);
        self.options.is_second_reading() && (is_backfill || !is_swept())
    }

    /// Whether a list of what was seen may have been cut off: it is as long as the smallest page that is
    /// asked for.
    fn may_be_cut_off(&self) -> bool {
        self.seen.len() >= self.poller.fewest_of_a_cut_list()
    }

    fn halves(&self, window: Window) -> Option<[Window; 2]> {
        window.halves(self.poller.settings.windows.smallest_ms)
    }

    /// In halves: whatever it takes to read one, it is less the next time.
    fn in_halves(&self, window: Window) -> Vec<Window> {
        self.halves(window).map_or_else(|| vec![window], Vec::from)
    }

    /// Whether to ask Graph for the number of alerts in a window that brought nothing new, in so many pages: if the
    /// window is not read again soon, or if its list may have been cut off because it is long or came in several pages.
    fn is_worth_counting(&self, window: Window, pages: u64) -> bool {
        // Without sweeps, what is read again is read for the last time.
        let is_last = self.options.what == What::Again && !self.poller.settings.windows.sweeps;
        let is_long = self.seen.len() >= self.options.count_from || pages > 1;
        is_long || is_last || self.is_in_doubt(window)
    }

    /// Whether a window's alerts are counted, however few they are.
    fn is_in_doubt(&self, window: Window) -> bool {
        self.options.was_incomplete || self.is_once_only(window)
    }

    /// Whether nothing reads the window again soon. Sweeps come again by themselves, for a week; a backfill does not,
    /// and what is so old is read once a day at most. Live polls read the last minutes again.
    fn is_once_only(&self, window: Window) -> bool {
        let now = self.context.now;
        let age = now.duration_since(window.from());
        match self.options.what {
            What::Backfill => true,
            What::Again => self.is_read_for_good(window),
            // What is new begins at the watermark's overlap the next time.
            What::Live if self.has_news() => !self.poller.is_overlapped(window, now),
            What::Live => !self.poller.is_read_soon(window, now),
            What::Unread => age >= READ_HOURLY || !self.poller.settings.windows.sweeps,
        }
    }

    /// What is to be done because Graph reports more alerts for `part` than were seen of it.
    async fn recount(&mut self, part: Part) -> Result<Recounted, PollError> {
        let window = part.window;
        let is_once_only = self.is_once_only(window);
        // What may have been cut off is not taken for complete because nobody counted it, nor is what lacked
        // alerts when it was counted before.
        let lacked_alerts = part.is_part || part.is_second || self.options.was_incomplete;
        let has_to_be_counted = lacked_alerts || is_once_only || self.may_be_cut_off();
        let reported = match self.missing(window).await {
            Count::Alerts(reported) => reported,
            Count::NotNow if has_to_be_counted => {
                self.say_not_counted(window);
                return Ok(Recounted::Incomplete);
            }
            // A Graph that counts other windows does support the question.
            Count::Unsupported if has_to_be_counted && self.counts_anything().await => {
                self.say_not_counted(window);
                return Ok(Recounted::Incomplete);
            }
            Count::NotAsked => return Ok(Recounted::Later),
            Count::NotNow | Count::Unsupported | Count::Unknown => {
                return Ok(Recounted::Read(Vec::new()));
            }
        };
        let seen = self.seen.len();
        let again = Part {
            is_second: true,
            ..part
        };
        // An alert may have come between the list and the number, and a short list costs little.
        if !part.is_part && !part.is_second && !self.may_be_cut_off() {
            return Ok(Recounted::Read(vec![again]));
        }
        let halves = self.halves(window);
        let is_smallest = halves.is_none();
        if let Some(halves) = halves
            && self.counts_windows().await
        {
            return Ok(Recounted::Read(
                halves.map(Part::of).into_iter().rev().collect(),
            ));
        }
        if !part.is_second {
            return Ok(Recounted::Read(vec![again]));
        }
        self.report.count_mismatches += 1;
        tracing::error!(
            tenant = self.poller.settings.tenant, from = %window.from(), to = %window.to(),
            reported, seen, "Graph reports more alerts than it returned, twice"
        );
        let now = self.poller.clock.now();
        if is_smallest {
            let missing = reported.saturating_sub(seen as u64);
            self.poller.unlisted.note(window, missing, now);
        }
        if is_smallest && self.may_be_cut_off() {
            let reason = format!("Graph counts {reported} alerts in it and lists {seen} of them");
            self.gap(window, &reason).await?;
        } else if is_once_only {
            return Ok(Recounted::Incomplete);
        }
        Ok(Recounted::Read(Vec::new()))
    }

    /// Says that a list that may have been cut off could not be compared with Graph's number.
    fn say_not_counted(&mut self, window: Window) {
        self.report.not_counted += 1;
        tracing::warn!(
            tenant = self.poller.settings.tenant, from = %window.from(), to = %window.to(),
            seen = self.seen.len(),
            "Graph did not say how many alerts a window has: what it listed is delivered, and the window \
             read again"
        );
    }

    /// Whether Graph's numbers are of the windows that it is asked about. One that counts alerts where
    /// there are none says nothing of where others are missing.
    async fn counts_windows(&mut self) -> bool {
        !matches!(self.count_nothing().await, Count::Alerts(1..))
    }

    /// Whether Graph gives the number of a window in which there are no alerts, or may another time.
    async fn counts_anything(&mut self) -> bool {
        let counted = self.count_nothing().await;
        !matches!(counted, Count::Unsupported | Count::Unknown)
    }

    /// How many alerts Graph counts where there are none.
    async fn count_nothing(&mut self) -> Count {
        if let Some(known) = self.counted_nothing {
            return known;
        }
        let counted = self.count_query(self.poller.no_alerts()).await;
        self.counted_nothing = Some(counted);
        counted
    }

    /// Asks Graph how many alerts there are in what it should have listed by now; whether it has listed as many.
    /// If Graph does not say, it may not have.
    pub(super) async fn ask_whether_all(&mut self, listed: &Listed) -> bool {
        if self.context.stop.is_asked() {
            return false;
        }
        match self.count(listed.done).await {
            Count::Alerts(reported) => reported <= listed.alerts as u64,
            _ => false,
        }
    }

    /// The number that Graph reports, when that is more than was seen and than is known not to be listed.
    async fn missing(&mut self, window: Window) -> Count {
        // What is read once only is not passed over because something was missing a short while ago; nor is
        // the instant itself.
        let known = match self.halves(window) {
            Some(_) if !self.is_once_only(window) => {
                let now = self.poller.clock.now();
                self.poller.unlisted.within(window, now)
            }
            _ => 0,
        };
        let expected = (self.seen.len() as u64).saturating_add(known);
        let counted = match self.counted_ahead(window).await {
            // An alert that came between the two answers is no missing one: that is asked again.
            None => self.count(window).await,
            Some(Count::Alerts(reported)) if reported > expected => self.count(window).await,
            Some(count) => count,
        };
        match counted {
            Count::Alerts(reported) if reported <= expected => Count::Unknown,
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
        let query = AlertQuery {
            room: self.context.room(),
            ..self.poller.query(window.from(), window.to(), 1)
        };
        self.count_query(query).await
    }

    async fn count_query(&mut self, query: AlertQuery) -> Count {
        let Some(pause) = self.pause() else {
            return Count::NotAsked;
        };
        tokio::time::sleep(pause).await;
        let deadline = self.deadline().at_most(COUNT_TIME);
        let count = self.poller.graph.count(&query, deadline).await;
        self.note_requests();
        Count::of(count)
    }
}
