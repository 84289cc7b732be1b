use jiff::{SignedDuration, Timestamp};

use crate::{Job, State, Sweep, Window};

/// How windows are cut. The defaults are those of a live poll once a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSettings {
    /// How far a live poll reads back behind the watermark: alerts turn up minutes late, and one
    /// that is updated while its window is paged shifts the pages behind it.
    pub overlap_secs: u32,
    /// How far a live poll stays behind now: the newest alerts are still being written.
    pub settle_secs: u32,
    /// How far back the very first poll reads.
    pub first_lookback_secs: u32,
    /// Where the very first poll starts, in place of the look-back.
    pub first_from: Option<Timestamp>,
    /// How long a window may be owed before live polls read it themselves.
    pub adopt_after_secs: u32,
    /// The smallest window that a failing one is split into.
    pub smallest_ms: u64,
    /// Whether live polls make [sweeps](crate::Sweep).
    pub sweeps: bool,
    /// By how much the periods of the sweeps are moved.
    pub sweep_phase_secs: u32,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            overlap_secs: 15 * 60,
            settle_secs: 30,
            first_lookback_secs: 24 * 60 * 60,
            first_from: None,
            adopt_after_secs: 15 * 60,
            smallest_ms: 10,
            sweeps: true,
            sweep_phase_secs: 0,
        }
    }
}

/// A window to read, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The window.
    pub window: Window,
    /// What for.
    pub purpose: Purpose,
}

/// What a window is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What is new: it moves the watermark.
    Live,
    /// The job names it.
    Asked,
    /// It was owed for so long that the job which should have read it must be lost.
    Adopted,
    /// It was read before and is read again; see [`State::read_again`].
    Again,
    /// It was read before, and a sweep reads it again.
    Sweep(Sweep),
}

/// The windows that a job reads, in order; none when there is nothing to read yet.
///
/// A job with a window reads that window, up to what a live poll would read: what lies ahead is not
/// there yet. A live job reads from the watermark less the overlap to now less the settle time, and
/// after that any window that has been owed for long, and last what was read before, the sweep that
/// is due first: whatever is wrong with an old window, what is new does not wait for it.
#[must_use]
pub fn plan(job: &Job, state: &State, now: Timestamp, settings: &WindowSettings) -> Vec<Planned> {
    let until = before(now, settings.settle_secs);
    let planned = |purpose| move |window| Planned { window, purpose };
    if let Some(asked) = job.window {
        let window = Window::new(asked.from(), asked.to().min(until));
        return window.map(planned(Purpose::Asked)).into_iter().collect();
    }
    let from = match state.watermark {
        // A watermark ahead of now was set by a clock that was wrong; this one may be right.
        Some(watermark) => before(watermark.min(now), settings.overlap_secs),
        None => first_from(state, now, settings),
    };
    let live = Window::new(from, until).map(planned(Purpose::Live));
    let adopt = before(now, settings.adopt_after_secs);
    let owed = |again| {
        let long = state.owed.iter().filter(move |owed| owed.since <= adopt);
        long.filter(move |owed| owed.again == again)
            .map(|owed| owed.window)
    };
    let adopted = owed(false).map(planned(Purpose::Adopted));
    let again = owed(true).map(planned(Purpose::Again));
    let sweep = Sweep::due(state, now, settings).and_then(|sweep| {
        let window = sweep.window(state, now, settings);
        window.map(planned(Purpose::Sweep(sweep)))
    });
    let first = live.into_iter().chain(adopted);
    first.chain(sweep).chain(again).collect()
}

/// Where the very first poll starts. It does not move with time while first polls fail, and Graph
/// knows no time before 1970.
pub(crate) fn first_from(state: &State, now: Timestamp, settings: &WindowSettings) -> Timestamp {
    settings
        .first_from
        .or(state.first_from)
        .unwrap_or_else(|| before(now, settings.first_lookback_secs))
        .max(Timestamp::UNIX_EPOCH)
}

pub(crate) fn before(time: Timestamp, secs: u32) -> Timestamp {
    time.checked_sub(SignedDuration::from_secs(i64::from(secs)))
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Owed, Why};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(from: &str, to: &str) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    fn windows(job: &Job, state: &State, now: Timestamp) -> Vec<Window> {
        let settings = WindowSettings {
            sweeps: false,
            ..WindowSettings::default()
        };
        let planned = plan(job, state, now, &settings);
        planned.iter().map(|planned| planned.window).collect()
    }

    #[test]
    fn a_live_poll_overlaps_and_settles() {
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-01T12:01:30Z");
        assert_eq!(
            windows(&Job::timer("t"), &state, now),
            [window("2026-01-01T11:45:00Z", "2026-01-01T12:01:00Z")]
        );
    }

    #[test]
    fn a_sweep_comes_after_what_is_new() {
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-01T12:01:30Z");
        let planned = |state: &State| {
            let planned = plan(&Job::timer("t"), state, now, &WindowSettings::default());
            let purposes: Vec<_> = planned.iter().map(|planned| planned.purpose).collect();
            (planned, purposes)
        };
        let (read, purposes) = planned(&state);
        assert_eq!(purposes, [Purpose::Live, Purpose::Sweep(Sweep::Week)]);
        assert_eq!(read[1].window.to(), read[0].window.from());

        // And after what was never read, but before what is only read again.
        let owed = |again| Owed {
            window: window("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"),
            since: at("2026-01-01T11:00:00Z"),
            again,
        };
        let both = State {
            owed: vec![owed(true), owed(false)],
            ..state
        };
        let (_, purposes) = planned(&both);
        let sweep = Purpose::Sweep(Sweep::Week);
        assert_eq!(
            purposes,
            [Purpose::Live, Purpose::Adopted, sweep, Purpose::Again]
        );
    }

    #[test]
    fn the_first_poll_looks_back() {
        let now = at("2026-01-02T00:00:30Z");
        assert_eq!(
            windows(&Job::timer("t"), &State::default(), now),
            [window("2026-01-01T00:00:30Z", "2026-01-02T00:00:00Z")]
        );
    }

    #[test]
    fn a_clock_that_went_back_reads_on_from_where_it_is() {
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-01T11:00:00Z");
        assert_eq!(
            windows(&Job::timer("t"), &state, now),
            [window("2026-01-01T10:45:00Z", "2026-01-01T10:59:30Z")]
        );
    }

    #[test]
    fn a_windowed_job_reads_its_window_whatever_the_state() {
        let asked = window("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let job = Job::windowed("t", Why::Backfill, asked);
        assert_eq!(windows(&job, &state, at("2026-01-01T12:00:00Z")), [asked]);
    }

    #[test]
    fn a_windowed_job_reads_nothing_that_lies_ahead() {
        let asked = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let job = Job::windowed("t", Why::Replay, asked);
        let now = at("2026-01-01T12:00:30Z");
        let read = windows(&job, &State::default(), now);
        assert_eq!(
            read,
            [window("2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z")]
        );
        assert_eq!(
            windows(&job, &State::default(), at("2025-12-31T00:00:00Z")),
            []
        );
    }

    #[test]
    fn no_poll_looks_back_behind_1970() {
        let settings = WindowSettings {
            first_lookback_secs: u32::MAX,
            ..WindowSettings::default()
        };
        let now = at("2026-01-05T00:00:00Z");
        let asked = plan(&Job::timer("t"), &State::default(), now, &settings);
        assert_eq!(asked[0].window.from(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn the_first_poll_starts_where_the_first_try_did() {
        let state = State {
            first_from: Some(at("2026-01-01T00:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-05T00:00:00Z");
        assert_eq!(
            windows(&Job::timer("t"), &state, now)[0].from(),
            at("2026-01-01T00:00:00Z")
        );
        let settings = WindowSettings {
            first_from: Some(at("2025-01-01T00:00:00Z")),
            ..WindowSettings::default()
        };
        let asked = plan(&Job::timer("t"), &state, now, &settings);
        assert_eq!(asked[0].window.from(), at("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn a_window_owed_for_long_is_adopted_and_a_fresh_one_left_to_its_job() {
        let (old, fresh) = (
            window("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"),
            window("2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z"),
        );
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            owed: vec![
                Owed {
                    window: old,
                    since: at("2026-01-01T11:00:00Z"),
                    again: false,
                },
                Owed {
                    window: fresh,
                    since: at("2026-01-01T12:00:00Z"),
                    again: false,
                },
            ],
            ..State::default()
        };
        let read = windows(&Job::timer("t"), &state, at("2026-01-01T12:01:00Z"));
        // What is new comes first.
        assert_eq!(read.len(), 2);
        assert_eq!(read[1], old);
    }
}
