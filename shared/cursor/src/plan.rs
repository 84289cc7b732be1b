use jiff::{SignedDuration, Timestamp};

use crate::due::Due;
use crate::sweep::{DAY_SECS, SWEPT_TWICE};
use crate::window::before;
use crate::{State, Sweep, Window, WindowSettings};

/// What a poll reads first, and what it added to what is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// From the watermark less the overlap to now less the settle time; `None` when there is nothing
    /// to read yet, or when it is the rest's turn. What is left of it is the state's to know: see
    /// [`State::next_live`].
    pub live: Option<Window>,
    /// Whether what earlier polls left comes first: plan again when that is read.
    pub rest_first: bool,
    /// Up to when everything was read before.
    pub known_to: Option<Timestamp>,
    /// The sweep that was due.
    pub sweep: Option<Sweep>,
    /// Whether now is earlier than the newest alert that Graph ever returned: the clock is wrong.
    pub is_behind: bool,
}

/// How many seconds a poll reads ahead of what is known if its clock is behind, since it has no other source of
/// the time.
const AHEAD_SECS: i64 = 31 * 24 * 60 * 60;

impl State {
    /// Adds to what is to be read what a poll reads that begins now: what is new, with the overlap,
    /// and the sweep that is due. The watermark moves past it.
    pub fn plan(&mut self, now: Timestamp, settings: &WindowSettings) -> Plan {
        let is_behind = self.newest.is_some_and(|newest| newest > now);
        let was_ahead = !is_behind && self.disbelieve(now, settings);
        let known_to = self.read_up_to().filter(|_| !was_ahead);
        let until = self.until(now, settings);
        let from = match self.watermark {
            Some(watermark) => before(watermark, settings.overlap_secs),
            None => self.start(now, settings),
        };
        let sweep = Sweep::due(self, now, settings);
        if let Some(sweep) = sweep {
            if let Some(window) = sweep.window(self, now, settings) {
                // It is read like what nobody has read: twice, and whatever is incomplete is not dropped.
                if let Some(left) = self.left_to_late_sweep(sweep, window, now) {
                    self.unread.add(left, Due::default());
                }
                self.add_again(window, Due::after(now, 0));
                // What waits to be read once more does not keep the sweep waiting where others follow it.
                let young = Window::new(now - SWEPT_TWICE, now);
                let young = young.and_then(|young| young.intersection(window));
                if let Some(young) = young {
                    self.again.end_waits(young, now);
                }
            }
            self.begin_sweep(sweep, now);
        }
        // What is new and what was left take turns, so that neither waits for ever.
        let rest_first = self.rest_is_next && self.unread.next(now).is_some();
        self.rest_is_next = !rest_first;
        let live = Window::new(from, until).filter(|_| !rest_first);
        if let Some(live) = live {
            self.unread.add(live, Due::default());
            // Whatever an alert says of the time: behind a watermark that lies ahead, nothing new would be read.
            let read_to = live.to().min(before(now, settings.settle_secs));
            self.watermark = self.watermark.max(Some(read_to));
        }
        Plan {
            live,
            rest_first,
            known_to,
            sweep,
            is_behind,
        }
    }

    /// Up to when a poll reads. Where the clock is behind Graph's newest alert, whatever is newer than
    /// that is read as well.
    fn until(&self, now: Timestamp, settings: &WindowSettings) -> Timestamp {
        match self.newest {
            Some(newest) if newest > now => {
                let known = self.watermark.max(Some(newest)).unwrap_or(newest);
                let ahead = SignedDuration::from_secs(AHEAD_SECS);
                known.checked_add(ahead).unwrap_or(Timestamp::MAX)
            }
            _ => before(now, settings.settle_secs),
        }
    }

    /// Sets right what was noted by a clock that was ahead; whether it was the watermark.
    ///
    /// It is unknown how far was really read: the last day is read again, and the sweep of the last week covers what
    /// is older.
    fn disbelieve(&mut self, now: Timestamp, settings: &WindowSettings) -> bool {
        let is_ahead = self.watermark.is_some_and(|watermark| watermark > now);
        if is_ahead || self.watermark.is_none() {
            let earliest = self.start(now, settings);
            let first = self.first_from;
            self.first_from = first.map(|first| first.min(earliest));
            // A first poll by that clock looked back less far than it should have.
            let missed = first.and_then(|first| Window::new(earliest, first));
            if let Some(missed) = missed.filter(|_| is_ahead) {
                self.unread.add(missed, Due::default());
            }
        }
        if is_ahead {
            let day = before(now, DAY_SECS);
            self.watermark = Some(self.first_from.map_or(day, |first| first.max(day)).min(now));
            self.swept.week = None;
        }
        is_ahead
    }

    /// The earliest part of `live` that is to be read now, as much as may be read at once. What failed
    /// before is left out, so that it does not stand in the way of the rest.
    #[must_use]
    pub fn next_live(&self, live: Window, now: Timestamp) -> Option<Window> {
        let mut due = self
            .unread
            .within(live)
            .filter(|range| range.due.failures == 0 && range.due.is_due(now));
        let mut first = due.next()?;
        // One window, as far as it was not too long before.
        for next in due {
            match first.join(next) {
                Some(joined) => first = joined,
                None => break,
            }
        }
        Some(first.step().window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(from: &str, to: &str) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    fn settings() -> WindowSettings {
        WindowSettings {
            sweeps: false,
            ..WindowSettings::default()
        }
    }

    fn read_to(watermark: &str) -> State {
        State {
            watermark: Some(at(watermark)),
            ..State::default()
        }
    }

    /// What a poll reads first of what is new.
    fn live(state: &mut State, now: &str) -> Option<Window> {
        let now = at(now);
        state.rest_is_next = false;
        let live = state.plan(now, &settings()).live?;
        state.next_live(live, now)
    }

    #[test]
    fn a_poll_overlaps_and_settles() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        let read = live(&mut state, "2026-01-01T12:01:30Z").unwrap();
        assert_eq!(read, window("2026-01-01T11:45:00Z", "2026-01-01T12:01:00Z"));
        assert_eq!(state.watermark, Some(at("2026-01-01T12:01:00Z")));
        assert_eq!(state.read_up_to(), Some(read.from()));
        state.read(read, &[], state.watermark.unwrap());
        assert_eq!(state.read_up_to(), Some(at("2026-01-01T12:01:00Z")));
        assert!(state.unread.is_empty() && state.again.is_empty());
    }

    #[test]
    fn what_a_poll_that_failed_has_left_is_read_by_the_next_one() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        live(&mut state, "2026-01-01T13:00:30Z").unwrap();
        // All of it, with the overlap before it, which no later one reaches.
        let read = live(&mut state, "2026-01-01T13:01:30Z").unwrap();
        assert_eq!(read, window("2026-01-01T12:45:00Z", "2026-01-01T13:01:00Z"));
        state.read(read, &[], state.watermark.unwrap());
        let rest = state.unread.next(at("2026-01-01T13:01:30Z")).unwrap();
        assert_eq!(
            rest.window,
            window("2026-01-01T11:45:00Z", "2026-01-01T12:45:00Z")
        );
    }

    #[test]
    fn what_fails_does_not_stand_in_the_way_of_what_is_new() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        live(&mut state, "2026-01-01T12:01:30Z").unwrap();
        let bad = window("2026-01-01T12:00:10Z", "2026-01-01T12:00:20Z");
        state.read(
            window("2026-01-01T11:45:00Z", "2026-01-01T12:01:00Z"),
            &[bad],
            at("2026-01-01T12:01:30Z"),
        );
        state.put_off(bad, at("2026-01-01T12:01:31Z"));
        let now = at("2026-01-01T12:01:59Z");
        let whole = state.plan(now, &settings()).live.unwrap();
        let mut read = Vec::new();
        while let Some(window) = state.next_live(whole, now) {
            state.read(window, &[], now);
            read.push(window);
        }
        assert_eq!(
            read,
            [
                window("2026-01-01T11:46:00Z", "2026-01-01T12:00:10Z"),
                window("2026-01-01T12:00:20Z", "2026-01-01T12:01:29Z")
            ]
        );
        assert_eq!(state.read_up_to(), Some(bad.from()));
    }

    #[test]
    fn what_there_was_no_time_for_is_read_in_steps() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        let read = live(&mut state, "2026-01-01T12:01:30Z").unwrap();
        let halves = read.halves(10).unwrap();
        state.read(read, &halves, at("2026-01-01T12:01:30Z"));
        let now = at("2026-01-01T12:01:40Z");
        assert_eq!(state.next_live(read, now), Some(halves[0]));
        state.read(halves[0], &[], now);
        assert_eq!(state.next_live(read, now), Some(halves[1]));
    }

    #[test]
    fn what_is_new_and_what_is_left_have_turns() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        let left = window("2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z");
        state.unread.add(left, Due::default());
        let now = |minute: i32| at(&format!("2026-01-01T12:0{minute}:30Z"));
        let rest_first: Vec<bool> = (1..5)
            .map(|minute| {
                let plan = state.plan(now(minute), &settings());
                assert!(plan.rest_first != plan.live.is_some());
                plan.rest_first
            })
            .collect();
        assert_eq!(rest_first, [false, true, false, true]);
        // When the rest is read, a second plan has what is new.
        let all = window("2025-12-01T00:00:00Z", "2026-01-02T00:00:00Z");
        state.read(all, &[], now(4));
        for minute in [4, 5, 6] {
            let plan = state.plan(now(minute), &settings());
            assert!(plan.live.is_some() && !plan.rest_first);
            state.read(plan.live.unwrap(), &[], now(minute));
        }
    }

    #[test]
    fn a_sweep_is_read_after_what_is_new() {
        let mut state = read_to("2026-01-01T12:00:00Z");
        let now = at("2026-01-01T12:01:30Z");
        let plan = state.plan(now, &WindowSettings::default());
        assert_eq!(plan.sweep, Some(Sweep::Week));
        let live = plan.live.unwrap();
        let read = state.next_live(live, now).unwrap();
        assert_eq!(read, live);
        state.read(read, &[], state.watermark.unwrap());
        assert_eq!(state.next_live(live, now), None);
        let sweep = state.again.next(now).unwrap().window;
        assert_eq!(sweep.to(), live.from());
        assert_eq!(state.plan(now, &WindowSettings::default()).sweep, None);
    }

    #[test]
    fn a_sweep_does_not_wait_for_what_is_to_be_read_once_more() {
        let mut state = read_to("2026-01-10T12:00:00Z");
        let now = at("2026-01-10T12:01:30Z");
        let second = Due::after(now, 900);
        let young = window("2026-01-09T00:00:00Z", "2026-01-09T01:00:00Z");
        let old = window("2026-01-03T13:00:00Z", "2026-01-03T14:00:00Z");
        for window in [young, old] {
            state.again.add_second(window, second);
        }
        let plan = state.plan(now, &WindowSettings::default());
        assert_eq!(plan.sweep, Some(Sweep::Week));
        let is_due = |window| {
            state
                .again
                .within(window)
                .all(|range| range.due.is_due(now))
        };
        assert!(is_due(young));
        assert!(!is_due(old), "no other sweep reads it after this one");
    }

    #[test]
    fn the_first_poll_looks_back() {
        let mut state = State::default();
        assert_eq!(
            live(&mut state, "2026-01-02T00:00:30Z"),
            Some(window("2026-01-01T00:00:30Z", "2026-01-02T00:00:00Z"))
        );
        assert!(state.again.is_empty());
    }

    #[test]
    fn a_watermark_that_lies_ahead_is_not_believed() {
        for ahead in [
            "2026-01-02T10:01:00Z",
            "2026-01-03T10:00:00Z",
            "2027-01-02T10:00:00Z",
        ] {
            let mut state = read_to(ahead);
            state.swept.day = state.watermark;
            state.swept.week = state.watermark;
            let plan = state.plan(at("2026-01-02T10:00:00Z"), &WindowSettings::default());
            let day = window("2026-01-01T09:45:00Z", "2026-01-02T09:59:30Z");
            assert_eq!((plan.live, plan.known_to), (Some(day), None));
            assert_eq!(plan.sweep, Some(Sweep::Week));
            assert_eq!(state.watermark, Some(day.to()));
            // What was never to be read is not.
            state.watermark = Some(at(ahead));
            state.first_from = Some(at("2026-01-02T08:00:00Z"));
            state.rest_is_next = false;
            let first = WindowSettings {
                first_from: state.first_from,
                ..settings()
            };
            let live = state.plan(at("2026-01-02T10:00:00Z"), &first).live.unwrap();
            assert_eq!(live.from(), at("2026-01-02T07:45:00Z"));
        }
    }

    /// Weeks behind, the clock was believed and the watermark was not: weeks were read again.
    #[test]
    fn a_clock_that_is_behind_does_not_lower_the_watermark() {
        let mut state = read_to("2026-01-28T12:00:00Z");
        state.returned(Some(at("2026-01-28T11:50:00Z")));
        let now = at("2026-01-01T12:00:00Z");
        let plan = state.plan(now, &settings());
        let live = plan.live.unwrap();
        assert!(plan.is_behind);
        assert_eq!(live.from(), at("2026-01-28T11:45:00Z"));
        assert!(live.to() > at("2026-02-20T00:00:00Z"));
        // What Graph returns is read, and read again until the clock is right.
        assert_eq!(state.watermark, Some(at("2026-01-28T12:00:00Z")));
        state.read(live, &[], now);
        state.returned(Some(at("2026-01-29T00:00:30Z")));
        state.rest_is_next = false;
        let live = state.plan(now, &settings()).live.unwrap();
        assert_eq!(live.from(), at("2026-01-28T11:45:00Z"));
        assert_eq!(state.watermark, Some(at("2026-01-28T12:00:00Z")));
    }

    /// An alert that is dated ahead, and a clock that was once two minutes behind: live polls read nothing
    /// but what came after that date.
    #[test]
    fn an_alert_that_is_dated_ahead_does_not_move_the_watermark_there() {
        let mut state = read_to("2026-01-28T12:00:00Z");
        state.returned(Some(at("2026-02-17T12:00:00Z")));
        for minute in 1..4 {
            let now = at(&format!("2026-01-28T12:0{minute}:30Z"));
            state.rest_is_next = false;
            let live = state.plan(now, &settings()).live.unwrap();
            assert!(live.from() < now && live.to() > now);
            assert_eq!(
                state.watermark,
                Some(at(&format!("2026-01-28T12:0{minute}:00Z")))
            );
            state.read(live, &[], now);
        }
    }

    /// An outage of an hour after a clock that was two days ahead.
    #[test]
    fn what_an_outage_leaves_unread_is_read_when_the_watermark_was_ahead() {
        let mut state = read_to("2026-01-03T10:00:00Z");
        let read = live(&mut state, "2026-01-01T10:00:30Z").unwrap();
        state.read(read, &[], read.to());
        let read = live(&mut state, "2026-01-01T11:00:30Z").unwrap();
        assert_eq!(read, window("2026-01-01T09:45:00Z", "2026-01-01T11:00:00Z"));
    }

    #[test]
    fn a_first_start_that_lies_ahead_is_not_believed() {
        let mut state = State {
            first_from: Some(at("2026-01-03T00:00:00Z")),
            ..State::default()
        };
        let now = "2026-01-02T00:00:30Z";
        let first = window("2026-01-01T00:00:30Z", "2026-01-02T00:00:00Z");
        assert_eq!(live(&mut state.clone(), now), Some(first));
        // Nor once it was read: sweeps would not reach what lies before it.
        state.watermark = Some(at("2026-01-04T00:00:00Z"));
        assert_eq!(live(&mut state, now).unwrap().to(), first.to());
        assert_eq!(state.first_from, Some(first.from()));
    }

    #[test]
    fn no_poll_looks_back_behind_1970() {
        let settings = WindowSettings {
            first_lookback_secs: u32::MAX,
            ..WindowSettings::default()
        };
        let plan = State::default().plan(at("2026-01-05T00:00:00Z"), &settings);
        assert_eq!(plan.live.unwrap().from(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn the_first_poll_starts_where_the_first_try_did() {
        let state = State {
            first_from: Some(at("2026-01-01T00:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-05T00:00:00Z");
        let from =
            |settings: &WindowSettings| state.clone().plan(now, settings).live.unwrap().from();
        assert_eq!(from(&WindowSettings::default()), at("2026-01-01T00:00:00Z"));
        let given = WindowSettings {
            first_from: Some(at("2025-01-01T00:00:00Z")),
            ..WindowSettings::default()
        };
        assert_eq!(from(&given), at("2025-01-01T00:00:00Z"));
    }
}
