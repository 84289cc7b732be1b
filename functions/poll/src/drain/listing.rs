use std::collections::HashMap;

use drawbridge_cursor::{AlertDigest, Window};
use jiff::{SignedDuration, Timestamp};

/// The smallest step of Graph's time.
const TICK: SignedDuration = SignedDuration::from_nanos(100);

/// What Graph has listed so far of one attempt at a window.
///
/// Graph promises no order. It is observed, and what follows from it is checked against Graph's count.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The alerts with their times. An alert that does not parse has none.
    alerts: HashMap<AlertDigest, Option<Timestamp>>,
    /// When the rows were updated, and when they were created.
    updated: Order,
    created: Order,
    /// The end of the window that was asked for.
    until: Option<Timestamp>,
    /// Whether Graph said of a page that it was incomplete.
    pub(super) incomplete: bool,
    /// How many alerts there were when the last page ended, and how many pages in a row added none.
    before: usize,
    barren_pages: u32,
}

/// The order in which the rows come, by one of their times.
#[derive(Debug, Default)]
struct Order {
    /// The time of the last row that has one.
    last: Option<Timestamp>,
    /// Whether a later row was older than one before it, and whether one was newer.
    falls: bool,
    rises: bool,
}

impl Order {
    fn row(&mut self, time: Option<Timestamp>) {
        if let (Some(last), Some(time)) = (self.last, time) {
            self.falls |= time < last;
            self.rises |= time > last;
        }
        self.last = time.or(self.last);
    }
}

/// What of a window was listed to its end, by the order of the rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// The part that should be complete.
    pub(super) done: Window,
    /// What is still to be read.
    pub(super) rest: Window,
    /// How many alerts were listed of the complete part.
    pub(super) alerts: usize,
}

impl Listing {
    /// That of a window, of which nothing is listed yet.
    pub(super) fn of(window: Window) -> Self {
        Self {
            until: Some(window.to()),
            ..Self::default()
        }
    }

    /// Whether an alert of that time was asked for. One that was not tells nothing about the time.
    pub(super) fn was_asked_for(&self, updated: Timestamp) -> bool {
        self.until.is_none_or(|until| updated < until)
    }

    /// Notes a row: when it was updated, and when it was created.
    pub(super) fn row(
        &mut self,
        alert: AlertDigest,
        updated: Option<Timestamp>,
        created: Option<Timestamp>,
    ) {
        self.alerts.insert(alert, updated);
        self.updated.row(updated);
        self.created.row(created);
    }

    /// The alerts.
    pub(super) fn alerts(&self) -> impl Iterator<Item = AlertDigest> {
        self.alerts.keys().copied()
    }

    /// Notes the end of a page; how many in a row have now brought nothing that was not there before.
    pub(super) fn page_ends(&mut self) -> u32 {
        let is_barren = self.alerts.len() == self.before;
        self.before = self.alerts.len();
        self.barren_pages = if is_barren { self.barren_pages + 1 } else { 0 };
        self.barren_pages
    }

    /// What of `window` was listed to its end, if all rows came in the order of their times. The
    /// last row's instant is still to be read: there may be more rows of it.
    pub(super) fn in_order(&self, window: Window) -> Option<Listed> {
        let (done, rest) = self.cut(window)?;
        let times = self.alerts.values().flatten();
        let is_done = |time: &&Timestamp| (done.from()..done.to()).contains(*time);
        let alerts = times.filter(is_done).count();
        Some(Listed { done, rest, alerts })
    }

    /// About how many milliseconds of `window` the rows have not come to yet; all of it, if they come in
    /// no order. As a rule Graph lists the newest first, by when they were created.
    pub(super) fn unlisted_ms(&self, window: Window) -> u64 {
        if let Some((_, rest)) = self.cut(window) {
            return rest.millis();
        }
        let Order { last, falls, rises } = self.created;
        let rest = match last {
            Some(last) if falls && !rises => window.from()..last,
            Some(last) if rises && !falls => last..window.to(),
            _ => return window.millis(),
        };
        // Of those that were created before the window, it is not known how many are still to come.
        Window::new(rest.start, rest.end).map_or(0, |rest| rest.millis().min(window.millis()))
    }

    /// Cuts `window` where the rows have come to, if they come in the order of their times.
    fn cut(&self, window: Window) -> Option<(Window, Window)> {
        let Order { last, falls, rises } = self.updated;
        let last = last?;
        match (falls, rises) {
            _ if self.incomplete => None,
            (true, true) => None,
            (true, false) => {
                let behind = last.checked_add(TICK).ok()?;
                let done = Window::new(behind, window.to());
                Some((done?, Window::new(window.from(), behind)?))
            }
            (false, _) => {
                let done = Window::new(window.from(), last);
                Some((done?, Window::new(last, window.to())?))
            }
        }
    }

    /// Cuts `window` where half of what was listed lies on either side, so that each part has fewer
    /// alerts, however they cluster. Where the rows came in order, that is where they ended: all of
    /// the one part is known to fit.
    pub(super) fn parts(&self, window: Window) -> Option<[Window; 2]> {
        if let Some(Listed { done, rest, .. }) = self.in_order(window) {
            return Some(match done < rest {
                true => [done, rest],
                false => [rest, done],
            });
        }
        let times = self.times();
        let middle = *times.get(times.len() / 2)?;
        let cut = |at: Timestamp| {
            let early = Window::new(window.from(), at)?;
            Some([early, Window::new(at, window.to())?])
        };
        cut(middle).or_else(|| cut(middle.checked_add(TICK).ok()?))
    }

    /// Cuts `window` into pieces that fit a page, if it took `pages` to list it; `None` if no row lies where it
    /// could be cut. The earliest comes first.
    ///
    /// Three quarters of what a page had are as much as fits: a full page may have a next link with nothing
    /// behind it.
    pub(super) fn pieces(&self, window: Window, pages: u64) -> Option<Vec<Window>> {
        let times = self.times();
        let pages = usize::try_from(pages).unwrap_or(usize::MAX).max(1);
        let rows = (times.len() / pages * 3 / 4).max(1);
        let mut pieces = Vec::new();
        let mut from = window.from();
        for &cut in times.iter().step_by(rows).skip(1) {
            if let Some(piece) = Window::new(from, cut).filter(|_| cut < window.to()) {
                pieces.push(piece);
                from = cut;
            }
        }
        pieces.extend(Window::new(from, window.to()));
        (pieces.len() > 1).then_some(pieces)
    }

    /// When the alerts were last updated, the earliest first.
    fn times(&self) -> Vec<Timestamp> {
        let mut times: Vec<Timestamp> = self.alerts.values().flatten().copied().collect();
        times.sort_unstable();
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    /// A list of rows with these times.
    fn listing(times: &[i64]) -> Listing {
        let mut listing = Listing::default();
        for (n, &time) in times.iter().enumerate() {
            listing.row(AlertDigest::of(&n.to_string()), Some(at(time)), None);
        }
        listing
    }

    #[test]
    fn how_far_rows_have_come_is_seen_by_when_they_were_created_if_they_are_in_that_order() {
        let unlisted_ms = |created: &[i64]| {
            let mut listing = Listing::default();
            for (n, &time) in created.iter().enumerate() {
                // Updated in no order.
                let updated = Some(at([50, 70, 30][n % 3]));
                listing.row(AlertDigest::of(&n.to_string()), updated, Some(at(time)));
            }
            listing.unlisted_ms(window(0, 100))
        };
        assert_eq!(unlisted_ms(&[90, 60, 40]), 40_000);
        assert_eq!(unlisted_ms(&[10, 40, 60]), 40_000);
        assert_eq!(unlisted_ms(&[10, 60, 40]), 100_000, "in no order");
        assert_eq!(unlisted_ms(&[40, 40, 40]), 100_000);
        assert_eq!(unlisted_ms(&[90, 60, -5]), 0, "created before the window");
        assert_eq!(unlisted_ms(&[300, 250, 200]), 100_000);
    }

    #[test]
    fn what_lies_before_the_last_row_in_the_order_of_the_list_is_done() {
        assert_eq!(listing(&[90, 80, 80]).unlisted_ms(window(0, 100)), 80_000);
        assert_eq!(listing(&[10, 20]).unlisted_ms(window(0, 100)), 80_000);
        assert_eq!(listing(&[10, 20, 15]).unlisted_ms(window(0, 100)), 100_000);
        let newest_first = listing(&[90, 80, 80]).in_order(window(0, 100)).unwrap();
        let behind = at(80) + TICK;
        assert_eq!(newest_first.done, Window::new(behind, at(100)).unwrap());
        assert_eq!(newest_first.rest, Window::new(at(0), behind).unwrap());
        assert_eq!(newest_first.alerts, 1);
        let oldest_first = listing(&[10, 20, 20]).in_order(window(0, 100)).unwrap();
        assert_eq!(oldest_first.done, window(0, 20));
        assert_eq!(oldest_first.rest, window(20, 100));
        assert_eq!(oldest_first.alerts, 1);
        assert_eq!(listing(&[10, 30, 20]).in_order(window(0, 100)), None);
        assert_eq!(listing(&[]).in_order(window(0, 100)), None);
        // All rows are of the first instant, or the list was incomplete.
        assert_eq!(listing(&[0, 0]).in_order(window(0, 100)), None);
        let incomplete = Listing {
            incomplete: true,
            ..listing(&[10, 20])
        };
        assert_eq!(incomplete.in_order(window(0, 100)), None);
    }

    #[test]
    fn a_window_is_cut_where_its_alerts_are() {
        let parts = |times: &[i64]| listing(times).parts(window(0, 1000));
        assert_eq!(
            parts(&[20, 10, 30, 11, 29]),
            Some([window(0, 20), window(20, 1000)])
        );
        assert_eq!(
            parts(&[10, 20]),
            Some([window(0, 20), window(20, 1000)]),
            "in order"
        );
        let first = Window::new(at(0), at(0) + TICK).unwrap();
        assert_eq!(parts(&[0, 0]).unwrap()[0], first);
        assert_eq!(parts(&[]), None);
    }

    #[test]
    fn a_window_is_cut_into_pieces_that_fit_a_page() {
        let pieces = |times: &[i64], pages| listing(times).pieces(window(0, 1000), pages);
        // Five rows per page, so three per piece.
        assert_eq!(
            pieces(&[90, 80, 70, 60, 50, 40, 30, 20, 10, 5], 2),
            Some(vec![
                window(0, 30),
                window(30, 60),
                window(60, 90),
                window(90, 1000)
            ])
        );
        // Rows of one instant stay together.
        assert_eq!(
            pieces(&[10, 10, 10, 20], 4),
            Some(vec![window(0, 10), window(10, 20), window(20, 1000)])
        );
        assert_eq!(pieces(&[0, 0, 0], 3), None);
        // What a replica lists beyond the window's end cuts nothing.
        assert_eq!(pieces(&[0, 1000, 2000], 3), None);
        assert_eq!(pieces(&[], 3), None);
    }

    #[test]
    fn a_page_that_repeats_brings_nothing() {
        let mut listing = Listing::default();
        let mut page = |alert: &str| {
            listing.row(AlertDigest::of(alert), None, None);
            listing.page_ends()
        };
        assert_eq!(["a", "b", "a", "b", "c"].map(&mut page), [0, 0, 1, 2, 0]);
    }
}
