use jiff::{SignedDuration, Timestamp};

use crate::window::{after, before};
use crate::{State, Swept, Window, WindowSettings};

/// Reading again what lies further back than the overlap: alerts turn up in Graph hours late now
/// and then, and what only a sweep finds tells whether the overlap is set right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// The last 24 hours, once an hour.
    Day,
    /// The last 7 days, once a day.
    Week,
}

const HOUR_SECS: u32 = 60 * 60;
pub(crate) const DAY_SECS: u32 = 24 * HOUR_SECS;
/// What is younger is read by another sweep in any case: the daily one reads a week, and comes a day later.
pub const SWEPT_AGAIN: SignedDuration = SignedDuration::from_hours(6 * 24);
/// What is younger is read by two more sweeps: if one of them meets a fault, the other makes up for it.
pub const SWEPT_TWICE: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The daily sweep is late after so long: nobody has polled.
const LATE: SignedDuration = SignedDuration::from_hours(25);
/// How far a sweep reads back at most: what is much older may be forgotten, and would be written again.
const LONGEST_BACK_SECS: u32 = 13 * DAY_SECS;

impl Sweep {
    /// How far it reads back, in seconds.
    #[must_use]
    pub(crate) fn back_secs(self) -> u32 {
        match self {
            Self::Day => DAY_SECS,
            Self::Week => 7 * DAY_SECS,
        }
    }

    /// How often it is made, in seconds.
    fn every_secs(self) -> u32 {
        match self {
            Self::Day => HOUR_SECS,
            Self::Week => DAY_SECS,
        }
    }

    /// The sweep that is due, the longer one if both are; none before the first poll, which looks
    /// back by itself.
    ///
    /// It is due once in each period of its length. The phase moves the periods, so that the
    /// tenants of one stack do not all sweep in the same minute.
    #[must_use]
    pub fn due(state: &State, now: Timestamp, settings: &WindowSettings) -> Option<Self> {
        if !settings.sweeps {
            return None;
        }
        let Swept { day, week } = state.swept;
        [(Self::Week, week), (Self::Day, day)]
            .into_iter()
            .find(|(sweep, last)| {
                let period = |time: Timestamp| {
                    let phased = time.as_second() + i64::from(settings.sweep_phase_secs);
                    phased.div_euclid(i64::from(sweep.every_secs()))
                };
                // A time ahead of now was set by a clock that was wrong; this one may be right.
                let is_over = |last| last > now || period(last) < period(now);
                // A state of an older release has no sweep, one of a new tenant no watermark.
                last.map_or(state.watermark.is_some(), is_over)
            })
            .map(|(sweep, _)| sweep)
    }

    /// What it reads: from as far back as it goes, but not from before the first poll, up to
    /// where a live poll that is made now begins.
    ///
    /// If nobody polled when the longer one was due, it reads what it would have read then: what was left to it by polls
    /// before that would otherwise be too old for it.
    #[must_use]
    pub fn window(
        self,
        state: &State,
        now: Timestamp,
        settings: &WindowSettings,
    ) -> Option<Window> {
        let due = match (self, state.swept.week) {
            (Self::Week, Some(last)) => now.min(after(last, self.every_secs())),
            _ => now,
        };
        let from = before(due, self.back_secs()).max(before(now, LONGEST_BACK_SECS));
        let from = state.first_from.map_or(from, |first| from.max(first));
        let to = before(state.watermark?.min(now), settings.overlap_secs);
        Window::new(from, to)
    }
}

impl State {
    /// What of a sweep's window only this sweep reads, since it is late: no earlier one was made while it was younger,
    /// and no later one reaches so far.
    pub(crate) fn left_to_late_sweep(
        &self,
        sweep: Sweep,
        window: Window,
        now: Timestamp,
    ) -> Option<Window> {
        let last = self.swept.week.filter(|_| sweep == Sweep::Week)?;
        let is_late = now.duration_since(last) > LATE;
        let old = Window::new(Timestamp::MIN, now - SWEPT_AGAIN)?;
        old.intersection(window).filter(|_| is_late)
    }

    /// Notes that a sweep was begun; the longer one does for the shorter.
    pub(crate) fn begin_sweep(&mut self, sweep: Sweep, now: Timestamp) {
        self.swept.day = Some(now);
        if sweep == Sweep::Week {
            self.swept.week = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn swept(day: &str, week: &str) -> State {
        State {
            watermark: Some(at("2026-01-10T12:00:00Z")),
            swept: Swept {
                day: Some(at(day)),
                week: Some(at(week)),
            },
            ..State::default()
        }
    }

    #[test]
    fn each_is_due_once_in_its_period() {
        let settings = WindowSettings::default();
        let due = |state: &State, now: &str| Sweep::due(state, at(now), &settings);
        let state = swept("2026-01-10T12:05:00Z", "2026-01-10T01:00:00Z");
        assert_eq!(due(&state, "2026-01-10T12:59:59Z"), None);
        assert_eq!(due(&state, "2026-01-10T13:00:00Z"), Some(Sweep::Day));
        assert_eq!(due(&state, "2026-01-11T00:00:00Z"), Some(Sweep::Week));
        assert_eq!(due(&State::default(), "2026-01-11T00:00:00Z"), None);
        // A clock that went back.
        assert_eq!(due(&state, "2026-01-10T12:04:00Z"), Some(Sweep::Day));
        let off = WindowSettings {
            sweeps: false,
            ..WindowSettings::default()
        };
        assert_eq!(Sweep::due(&state, at("2026-01-12T00:00:00Z"), &off), None);
    }

    #[test]
    fn the_phase_moves_the_period() {
        let settings = WindowSettings {
            sweep_phase_secs: 600,
            ..WindowSettings::default()
        };
        let state = swept("2026-01-10T12:05:00Z", "2026-01-10T01:00:00Z");
        let due = |now: &str| Sweep::due(&state, at(now), &settings);
        assert_eq!(due("2026-01-10T12:49:00Z"), None);
        assert_eq!(due("2026-01-10T12:50:00Z"), Some(Sweep::Day));
    }

    #[test]
    fn it_reads_up_to_the_live_window_and_not_from_before_the_first_poll() {
        let settings = WindowSettings::default();
        let mut state = swept("2026-01-10T11:00:00Z", "2026-01-10T01:00:00Z");
        let now = at("2026-01-10T12:01:00Z");
        let window = Sweep::Day.window(&state, now, &settings).unwrap();
        assert_eq!(window.from(), at("2026-01-09T12:01:00Z"));
        assert_eq!(window.to(), at("2026-01-10T11:45:00Z"));
        state.first_from = Some(at("2026-01-10T06:00:00Z"));
        let window = Sweep::Week.window(&state, now, &settings).unwrap();
        assert_eq!(window.from(), at("2026-01-10T06:00:00Z"));
        state.first_from = Some(at("2026-01-10T11:50:00Z"));
        assert_eq!(Sweep::Day.window(&state, now, &settings), None);
    }

    /// Before, what came late before an outage was too old for the sweep after it.
    #[test]
    fn after_an_outage_it_reads_what_it_would_have_read() {
        let settings = WindowSettings::default();
        let state = swept("2026-01-10T11:00:00Z", "2026-01-10T01:00:00Z");
        let window = |now| Sweep::Week.window(&state, at(now), &settings).unwrap();
        let to = at("2026-01-10T11:45:00Z");
        let after_days = window("2026-01-14T12:00:00Z");
        assert_eq!(after_days.from(), at("2026-01-04T01:00:00Z"));
        assert_eq!(after_days.to(), to);
        let after_weeks = window("2026-01-21T12:00:00Z");
        assert_eq!(after_weeks.from(), at("2026-01-08T12:00:00Z"));
    }

    #[test]
    fn the_longer_one_does_for_the_shorter() {
        let now = at("2026-01-11T00:10:00Z");
        let mut state = swept("2026-01-10T12:05:00Z", "2026-01-10T01:00:00Z");
        state.begin_sweep(Sweep::Week, now);
        assert_eq!(Sweep::due(&state, now, &WindowSettings::default()), None);
    }
}
