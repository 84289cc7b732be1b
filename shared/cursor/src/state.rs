use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::due::Due;
use crate::ranges::Ranges;
use crate::window::before;
use crate::{AlertDigest, Backfill, DeliveredRecords, Pages, Polled, Window, WindowSettings};

/// What one tenant's polls remember between runs: one object in the store.
///
/// Everything before the watermark was read, but for what is [`unread`](Self::unread).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// `lastUpdateDateTime` up to which polls have read, or have noted what they could not; `None`
    /// before the first poll.
    pub watermark: Option<Timestamp>,
    /// Where the very first poll starts: set by the first try, so that it does not move with time
    /// while first polls fail.
    pub first_from: Option<Timestamp>,
    /// When a poll last ended well.
    pub last_success: Option<Timestamp>,
    /// Since when polls have not ended well, as far as that was noted; `None` once one has.
    pub failing_since: Option<Timestamp>,
    /// When a poll last saved the object.
    pub saved: Option<Timestamp>,
    /// `lastUpdateDateTime` of the newest alert that Graph ever returned: a time that does not depend on the
    /// clock of this machine.
    pub newest: Option<Timestamp>,
    /// How many alerts were delivered from the quarantine, besides the polls.
    pub replayed: u32,
    /// What was never read.
    pub unread: Ranges,
    /// Whether the next poll reads what earlier ones left, if there is any, and not what is new.
    pub rest_is_next: bool,
    /// What was read and is to be read again.
    pub again: Ranges,
    /// The backfills that operators asked for, by id.
    pub backfills: BTreeMap<String, Backfill>,
    /// When what lies further back was last read again.
    pub swept: Swept,
    /// The requests of this minute, for all jobs of the tenant to share a budget.
    pub spent: Option<Spent>,
    /// How many alerts a small page may have, if a minute brings more than that; `None` if it does not.
    pub small_page: Option<u32>,
    /// Set if polls are known to take long.
    pub slow: Option<Slow>,
    /// The alerts that were polled with this state; `None` if no poll has noted them yet.
    pub polled: Option<Polled>,
    /// The records that each output has, by the output's name, as far as they are not in a page.
    pub outputs: BTreeMap<String, DeliveredRecords>,
    /// The pages with the other records.
    pub pages: Pages,
}

/// When the [sweeps](crate::Sweep) were last begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swept {
    /// The one over a day.
    pub day: Option<Timestamp>,
    /// The one over a week.
    pub week: Option<Timestamp>,
}

/// A poll that took long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// When it began.
    pub noted: Timestamp,
    /// Whether the first page of the next one is to have nearly all of its time.
    pub whole_time: bool,
}

/// Requests to Graph in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Minutes since 1970.
    pub minute: i64,
    /// How many.
    pub requests: u32,
}

impl State {
    /// The records that `output` has.
    pub fn output(&mut self, output: &str) -> &mut DeliveredRecords {
        self.outputs.entry(output.to_owned()).or_default()
    }

    /// The records that `output` has, and those of them that a backfill sent it again.
    pub fn output_and_resent(
        &mut self,
        output: &str,
        backfill: &str,
    ) -> Option<(&mut DeliveredRecords, &mut DeliveredRecords)> {
        let resent = resent_name(backfill, output);
        self.output(output);
        self.output(&resent);
        let (mut ours, mut again) = (None, None);
        for (name, written) in &mut self.outputs {
            if *name == output {
                ours = Some(written);
            } else if *name == resent {
                again = Some(written);
            }
        }
        ours.zip(again)
    }

    /// Takes over what `other` knows of an alert, which was [recalled](Self::recall) before.
    pub fn adopt(&mut self, other: &Self, alert: AlertDigest) {
        for (name, theirs) in &other.outputs {
            if let Some(entry) = theirs.alerts.get(&alert.id) {
                self.output(name).adopt(alert.id, entry);
            }
        }
    }

    /// Notes that a poll of the alerts which `alerts` describes ended well, and had begun at `begun`.
    pub fn note_polled(&mut self, alerts: &str, begun: Timestamp) {
        let is_noted = |polled: &Polled| polled.since.is_some() && polled.is_of(alerts);
        if !self.polled.as_ref().is_some_and(is_noted) {
            self.polled = Some(Polled::of(alerts, Some(begun)));
        }
    }

    /// Notes where the very first poll starts; whether that was news.
    pub fn begin(&mut self, now: Timestamp, settings: &WindowSettings) -> bool {
        if self.watermark.is_some() || self.first_from.is_some() {
            return false;
        }
        self.first_from = Some(self.start(now, settings));
        self.swept = Swept {
            day: Some(now),
            week: Some(now),
        };
        true
    }

    /// Where the very first poll starts. It does not move with time while first polls fail, but for
    /// a start that a clock noted which was ahead; and Graph knows no time before 1970.
    pub(crate) fn start(&self, now: Timestamp, settings: &WindowSettings) -> Timestamp {
        let latest = before(now, settings.first_lookback_secs);
        let noted = || self.first_from.map_or(latest, |first| first.min(latest));
        let from = settings.first_from.unwrap_or_else(noted);
        from.max(Timestamp::UNIX_EPOCH)
    }

    /// Notes that of `window` only `rest` is still to be read, and that the outputs have the records
    /// of everything else in it.
    pub fn read(&mut self, window: Window, rest: &[Window], now: Timestamp) {
        self.unread.narrow(window, rest, now);
        self.again.narrow(window, rest, now);
    }

    /// Notes that `window` could not be read, for it to come again after a while.
    pub fn put_off(&mut self, window: Window, now: Timestamp) {
        self.unread.put_off(window, now);
        self.again.put_off(window, now);
    }

    /// Lets `window` wait for a while, through no fault of its own.
    pub fn wait(&mut self, window: Window, now: Timestamp) {
        self.unread.wait(window, now);
        self.again.wait(window, now);
    }

    /// Notes that `window` could not be read together with what is new, for it to come again by
    /// itself.
    pub fn note_failure(&mut self, window: Window) {
        self.unread.note_failure(window);
        self.again.note_failure(window);
    }

    /// Notes that Graph said of `window` that its answer was incomplete, for it to come again after a
    /// while, but for what was so too often.
    pub fn put_off_incomplete(&mut self, window: Window, now: Timestamp) {
        self.unread.put_off_incomplete(window, now);
        self.again.put_off_incomplete(window, now);
    }

    /// Notes that what was read of `window` for the first time is to be read once more, as far as
    /// no live poll will do so within its overlap.
    ///
    /// Graph's pages count rows: an alert that changes while a window is paged leaves the window,
    /// and the row behind it slips into a page that was read already. The overlap of live polls
    /// makes up for that; a long window is read once more, in pieces of one page where nothing else reads it again.
    ///
    /// `known_to` is up to when all was read before this window was: what lies well before it was
    /// read several times. Not what lies just before it: that may have turned up late.
    pub fn read_again(
        &mut self,
        window: Window,
        known_to: Option<Timestamp>,
        now: Timestamp,
        settings: &WindowSettings,
    ) {
        // By then the alerts that changed meanwhile have settled.
        let due = Due::after(now, settings.overlap_secs);
        for gap in self.not_overlapped(window, known_to, settings) {
            self.again.add_second(gap, due);
        }
    }

    /// The same for what live polls pass that brought nothing, or little. It is read as a sweep reads: what is incomplete
    /// for hours is not put aside.
    pub fn read_passed(
        &mut self,
        window: Window,
        known_to: Timestamp,
        now: Timestamp,
        settings: &WindowSettings,
    ) {
        let due = Due::after(now, settings.overlap_secs);
        for gap in self.not_overlapped(window, Some(known_to), settings) {
            self.again.add(gap, due);
        }
    }

    /// What of `window` is read, and by no live poll again.
    fn not_overlapped(
        &self,
        window: Window,
        known_to: Option<Timestamp>,
        settings: &WindowSettings,
    ) -> Vec<Window> {
        let Some(watermark) = self.watermark else {
            return Vec::new();
        };
        let late_secs = settings.overlap_secs / 3 * 2;
        let from = known_to.map_or(window.from(), |known_to| {
            window.from().max(before(known_to, late_secs))
        });
        let to = window.to().min(before(watermark, settings.overlap_secs));
        let window = Window::new(from, to);
        window.map_or_else(Vec::new, |window| self.unread.gaps(window))
    }

    /// Lets what waits to be read once more wait from now on, if its wait began later than now, by a clock that was
    /// ahead: a second reading soon after the first one may find Graph's replicas as they were.
    pub fn wait_anew(&mut self, now: Timestamp) {
        self.again.wait_anew(now);
        for backfill in self.backfills.values_mut() {
            backfill.second.wait_anew(now);
        }
    }

    /// Adds to what is to be read again what of `window` is not to be read anyway.
    pub(crate) fn add_again(&mut self, window: Window, due: Due) {
        for gap in self.unread.gaps(window) {
            self.again.add(gap, due);
        }
    }

    /// The oldest instant that is not read yet, the lag of which is the tenant's lag.
    #[must_use]
    pub fn read_up_to(&self) -> Option<Timestamp> {
        let unread = self.unread.first();
        match (self.watermark, unread) {
            (Some(watermark), Some(unread)) => Some(watermark.min(unread)),
            (watermark, unread) => watermark.or(unread),
        }
    }

    /// Forgets the alerts that Graph has not returned for `retention_secs`.
    pub fn prune(&mut self, now: Timestamp, retention_secs: u64) {
        // That Graph returned an alert which is in a page is noted in steps only. They are bounded, so
        // that they are not too long for a shorter retention which is set later.
        let step_secs = epoch_secs_of(i64::try_from(retention_secs / 8).unwrap_or(i64::MAX));
        let step_secs = step_secs.min(LONGEST_STEP_SECS);
        let oldest = self.oldest_secs(now, retention_secs);
        let oldest = oldest.saturating_sub(step_secs);
        // A clock that was ahead noted what was seen later than that.
        let latest = epoch_secs_of(self.newest.unwrap_or(now).max(now).as_second());
        self.forget_suspended(oldest);
        let backfills = &self.backfills;
        self.outputs.retain(|name, _| is_of_use(name, backfills));
        for written in self.outputs.values_mut() {
            written.forget_before(oldest);
            written.seen_by(latest);
        }
        self.pages.prune(oldest, latest, step_secs);
    }

    /// Forgets the backfills that were suspended before that and that nobody has resumed.
    fn forget_suspended(&mut self, oldest_secs: u32) {
        let is_old = |since: Timestamp| epoch_secs_of(since.as_second()) < oldest_secs;
        self.backfills
            .retain(|_, backfill| !backfill.suspended.is_some_and(is_old));
    }

    /// Since when an alert must have been returned to be remembered, in seconds since 1970.
    ///
    /// The retention ends at the newest alert if that is earlier than now. A clock that is ahead
    /// makes nothing forgotten, and where nothing new comes there is no need to forget.
    #[must_use]
    pub(crate) fn oldest_secs(&self, now: Timestamp, retention_secs: u64) -> u32 {
        let Some(newest) = self.newest else {
            return 0;
        };
        let retention = i64::try_from(retention_secs).unwrap_or(i64::MAX);
        epoch_secs_of(newest.min(now).as_second().saturating_sub(retention))
    }

    /// The most memory that the state takes, in bytes, while it is read, while it grows and while it
    /// is written.
    #[must_use]
    pub fn weight(&self) -> usize {
        let written: usize = self.outputs.values().map(DeliveredRecords::weight).sum();
        written + self.pages.weight()
    }

    /// Notes the newest alert that Graph returned.
    pub fn returned(&mut self, newest: Option<Timestamp>) {
        self.newest = self.newest.max(newest);
    }
}

/// The longest step: an eighth of the shortest retention that a tenant may have, two days.
const LONGEST_STEP_SECS: u32 = 6 * 60 * 60;

/// What a backfill sent again is kept under such a name beside the outputs.
const RESENT: &str = "resent/";

/// Whether what is known of an output is of any: what a backfill sent again is not once it is done.
pub(crate) fn is_of_use(output: &str, backfills: &BTreeMap<String, Backfill>) -> bool {
    let resent = output.strip_prefix(RESENT);
    let id = resent.and_then(|name| name.split('/').next());
    id.is_none_or(|id| backfills.contains_key(id))
}

/// Whether a name is not an output's own.
pub(crate) fn is_resent(output: &str) -> bool {
    output.starts_with(RESENT)
}

fn resent_name(backfill: &str, output: &str) -> String {
    format!("{RESENT}{backfill}/{output}")
}

/// A time as the seconds since 1970 that the state keeps: 32 bits last until 2106.
#[must_use]
pub fn epoch_secs_of(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(n * 60).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(minute(from), minute(to)).unwrap()
    }

    #[test]
    fn a_long_window_is_read_again_as_far_as_no_overlap_reaches() {
        let settings = WindowSettings::default();
        let mut state = State {
            watermark: Some(minute(60)),
            ..State::default()
        };
        state.read_again(window(0, 60), None, minute(60), &settings);
        let again: Vec<_> = state.again.iter().collect();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].window, window(0, 45));
        let second = Due {
            is_second: true,
            ..Due::after(minute(60), 900)
        };
        assert_eq!(again[0].due, second);
        assert_eq!(
            state.read_up_to(),
            Some(minute(60)),
            "it was read, so it is no lag"
        );
        state.read(window(0, 45), &[], minute(80));
        assert!(state.again.is_empty());
        // A live poll in good time: its news lies within the next one's overlap.
        state.watermark = Some(minute(61));
        state.read_again(window(45, 61), Some(minute(60)), minute(61), &settings);
        assert!(state.again.is_empty());
    }

    #[test]
    fn what_a_sweep_had_no_time_for_is_still_unread_if_it_was_never_read() {
        let mut state = State {
            watermark: Some(minute(100)),
            ..State::default()
        };
        state.unread.add(window(10, 30), Due::default());
        state.again.add(window(0, 80), Due::default());
        // All but this was read.
        state.read(window(0, 80), &[window(20, 50)], minute(100));
        let windows = |ranges: &Ranges| ranges.iter().map(|r| r.window).collect::<Vec<_>>();
        assert_eq!(windows(&state.unread), [window(20, 30)]);
        assert_eq!(windows(&state.again), [window(20, 50)]);
        assert_eq!(state.read_up_to(), Some(minute(20)));
    }

    #[test]
    fn a_clock_that_is_ahead_makes_nothing_forgotten() {
        let day = 24 * 60;
        let secs = |minutes: i64| u32::try_from(minutes * 60).unwrap();
        let mut state = State::default();
        let (old, new) = (AlertDigest::of("old"), AlertDigest::of("new"));
        state.output("siem").claim(old, &[1; 32], secs(day));
        state.output("siem").claim(new, &[1; 32], secs(5 * day));
        state.returned(Some(minute(5 * day)));
        let week_secs = 7 * 24 * 60 * 60;
        state.prune(minute(400 * day), week_secs);
        assert_eq!(state.output("siem").alerts(), 2);
        // What such a clock saw is not remembered for longer than what is seen now.
        state.output("siem").claim(new, &[1; 32], secs(400 * day));
        state.prune(minute(6 * day), week_secs);
        state.returned(Some(minute(14 * day)));
        state.prune(minute(14 * day), week_secs);
        assert_eq!(state.output("siem").alerts(), 0);
    }

    #[test]
    fn a_clock_that_is_behind_makes_nothing_forgotten() {
        let (day, week_secs) = (24 * 60, 7 * 24 * 60 * 60);
        let mut state = State::default();
        let alert = AlertDigest::of("da1");
        state
            .output("siem")
            .claim(alert, &[1; 32], u32::try_from(20 * day * 60).unwrap());
        state.returned(Some(minute(20 * day)));
        state.prune(minute(day), week_secs);
        state.prune(minute(20 * day), week_secs);
        assert_eq!(state.output("siem").alerts(), 1);
    }

    #[test]
    fn what_a_backfill_sent_again_is_known_until_it_is_done() {
        let mut state = State::default();
        let alert = AlertDigest::of("da1");
        state.output("siem").claim(alert, &[1; 32], 10);
        let mut backfill = Backfill::default();
        backfill.ranges.add(window(0, 10), Due::default());
        state.backfills.insert("b".to_owned(), backfill);
        for is_first in [true, false] {
            let (written, resent) = state.output_and_resent("siem", "b").unwrap();
            assert!(written.claim(alert, &[1; 32], 10).is_none());
            assert_eq!(resent.claim(alert, &[1; 32], 10).is_some(), is_first);
            state.prune(minute(10), 60);
        }
        state.backfills.clear();
        state.prune(minute(10), 60);
        assert_eq!(state.outputs.keys().collect::<Vec<_>>(), ["siem"]);
    }

    #[test]
    fn a_suspended_backfill_is_known_with_what_it_sent_as_long_as_alerts_are() {
        let day_secs = 24 * 60 * 60;
        let mut state = State::default();
        state.output_and_resent("siem", "b");
        let mut backfill = Backfill {
            suspended: Some(minute(10)),
            ..Backfill::default()
        };
        backfill.ranges.add(window(0, 10), Due::default());
        assert_eq!(backfill.next(minute(20)), None);
        state.backfills.insert("b".to_owned(), backfill);
        // The retention, and an eighth of it more.
        let last = 10 + 27 * 60;
        state.returned(Some(minute(last)));
        state.prune(minute(last), day_secs);
        assert_eq!((state.backfills.len(), state.outputs.len()), (1, 2));
        state.returned(Some(minute(last + 1)));
        state.prune(minute(last + 1), day_secs);
        assert_eq!((state.backfills.len(), state.outputs.len()), (0, 1));
    }

    #[test]
    fn the_first_try_says_where_the_first_poll_starts() {
        let settings = WindowSettings::default();
        let mut state = State::default();
        let day = 24 * 60;
        assert!(state.begin(minute(2 * day), &settings));
        assert!(!state.begin(minute(3 * day), &settings));
        assert_eq!(state.first_from, Some(minute(day)));
    }

    #[test]
    fn the_first_poll_of_the_same_alerts_is_the_one_that_is_kept() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let mut state = State {
            polled: Some(Polled::of("a", None)),
            ..State::default()
        };
        let mut since = |alerts, secs| {
            state.note_polled(alerts, at(secs));
            let polled = state.polled.clone().unwrap();
            assert!(polled.is_of(alerts) && !polled.is_of("c"));
            polled.since
        };
        assert_eq!(since("a", 1), Some(at(1)));
        assert_eq!(since("a", 2), Some(at(1)));
        assert_eq!(since("b", 3), Some(at(3)));
        assert_eq!(since("a", 4), Some(at(4)));
    }
}
