//! Clocks that are wrong by hours and days: of all processes, or of every other one.

use jiff::{SignedDuration, Timestamp};

use crate::random::Random;
use crate::{Episode, Kind, Schedule, World};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// By how many seconds a clock is wrong. The last one is further ahead than anything is remembered.
const OFFSETS: [i64; 10] = [
    -3 * DAY,
    -26 * HOUR,
    -2 * HOUR,
    -20 * 60,
    20 * 60,
    2 * HOUR,
    26 * HOUR,
    3 * DAY,
    8 * DAY,
    400 * DAY,
];

/// Whose clock is wrong: everybody's, that of the first process and every other one after it, or that of
/// the rest.
const WHOSE: [Option<usize>; 4] = [None, None, Some(0), Some(1)];

/// The detail of an episode: a place in each list.
pub(crate) fn draw(random: &mut Random) -> u64 {
    let offset = random.index(OFFSETS.len());
    let whose = random.index(WHOSE.len());
    (whose << 8 | offset) as u64
}

/// By how much an episode has the clock of a process wrong.
fn offset(episode: &Episode, process: usize) -> i64 {
    match episode.kind {
        Kind::ClockJump => episode.detail.cast_signed() - HOUR,
        _ => {
            let byte = |shift: u32| usize::try_from(episode.detail >> shift & 0xff).unwrap_or(0);
            let is_its = WHOSE[byte(8)].is_none_or(|odd| process % 2 == odd);
            if is_its { OFFSETS[byte(0)] } else { 0 }
        }
    }
}

/// Whether a clock is ahead by more than half an hour: what is noted by it about later is waited for.
pub(crate) fn is_ahead_for_long(schedule: &Schedule) -> bool {
    let is_ahead = |episode: &Episode| {
        let is_clock = matches!(episode.kind, Kind::ClockJump | Kind::WrongClock);
        is_clock && (0..2).any(|process| offset(episode, process) > HOUR / 2)
    };
    schedule.episodes.iter().any(is_ahead)
}

impl World {
    /// The time by the clock of a process.
    #[must_use]
    pub fn clock_of(&self, process: usize) -> Timestamp {
        let mut now = self.now();
        for kind in [Kind::ClockJump, Kind::WrongClock] {
            let Some(episode) = self.episode(kind) else {
                continue;
            };
            let secs = offset(&episode, process);
            if secs == 0 {
                continue;
            }
            if self.is_first(&episode) {
                self.strike(kind);
                self.note(|| format!("the clock of process {process} is {secs} s off"));
            }
            now += SignedDuration::from_secs(secs);
        }
        now
    }
}
