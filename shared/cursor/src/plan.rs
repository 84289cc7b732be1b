use jiff::{SignedDuration, Timestamp};

use crate::{Job, State, Window};

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
    /// How long a window may be owed before live polls read it themselves.
    pub adopt_after_secs: u32,
    /// The smallest window that a failing one is split into.
    pub smallest_ms: u64,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            overlap_secs: 15 * 60,
            settle_secs: 30,
            first_lookback_secs: 24 * 60 * 60,
            adopt_after_secs: 15 * 60,
            smallest_ms: 10,
        }
    }
}

/// The windows that a job reads, in order; none when there is nothing to read yet.
///
/// A job with a window reads that window. A live one reads from the watermark less the overlap to
/// now less the settle time, after any window that has been owed for so long that the job which
/// should have read it must be lost.
#[must_use]
pub fn plan(job: &Job, state: &State, now: Timestamp, settings: &WindowSettings) -> Vec<Window> {
    if let Some(window) = job.window {
        return vec![window];
    }
    let from = match state.watermark {
        Some(watermark) => before(watermark, settings.overlap_secs),
        None => before(now, settings.first_lookback_secs),
    };
    let adopt = before(now, settings.adopt_after_secs);
    state
        .owed
        .iter()
        .filter(|owed| owed.since <= adopt)
        .map(|owed| owed.window)
        .chain(Window::new(from, before(now, settings.settle_secs)))
        .collect()
}

fn before(time: Timestamp, secs: u32) -> Timestamp {
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

    #[test]
    fn a_live_poll_overlaps_and_settles() {
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-01T12:01:30Z");
        assert_eq!(
            plan(&Job::timer("t"), &state, now, &WindowSettings::default()),
            [window("2026-01-01T11:45:00Z", "2026-01-01T12:01:00Z")]
        );
    }

    #[test]
    fn the_first_poll_looks_back() {
        let now = at("2026-01-02T00:00:30Z");
        assert_eq!(
            plan(
                &Job::timer("t"),
                &State::default(),
                now,
                &WindowSettings::default()
            ),
            [window("2026-01-01T00:00:30Z", "2026-01-02T00:00:00Z")]
        );
    }

    #[test]
    fn a_clock_that_went_back_reads_nothing() {
        let state = State {
            watermark: Some(at("2026-01-01T12:00:00Z")),
            ..State::default()
        };
        let now = at("2026-01-01T11:00:00Z");
        assert_eq!(
            plan(&Job::timer("t"), &state, now, &WindowSettings::default()),
            []
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
        assert_eq!(
            plan(
                &job,
                &state,
                at("2026-01-01T12:00:00Z"),
                &WindowSettings::default()
            ),
            [asked]
        );
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
                },
                Owed {
                    window: fresh,
                    since: at("2026-01-01T12:00:00Z"),
                },
            ],
            ..State::default()
        };
        let windows = plan(
            &Job::timer("t"),
            &state,
            at("2026-01-01T12:01:00Z"),
            &WindowSettings::default(),
        );
        assert_eq!(windows.len(), 2);
        assert_eq!(windows[0], old);
    }
}
