//! What an operator does beside the polls: asks for an older range, and for gaps once more.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::older;
use crate::answer::Answer;
use crate::random::Random;
use crate::{Kind, Schedule, origin};

/// What is older than this is read by nothing but a backfill.
const FIRST_LOOKBACK: SignedDuration = SignedDuration::from_hours(24);

/// How far back the range begins that an operator asks for.
const BACK: SignedDuration = SignedDuration::from_hours(10 * 24);

/// What an operator does, and when.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// When a backfill is asked for, in milliseconds after the origin.
    pub backfill_at_ms: Option<u64>,
    /// Whether it is asked for once more, a minute later.
    pub asks_twice: bool,
    /// When the gaps are replayed.
    pub replay_at_ms: Option<u64>,
}

/// Draws when an operator does something, and the older alerts that he finds.
pub(crate) fn draw(schedule: &mut Schedule) {
    let mut random = Random::new(schedule.seed, 94);
    let active_ms = schedule.active_secs * 1000;
    if schedule.has(Kind::Backfill) {
        schedule.operator.backfill_at_ms = Some(random.between(0, active_ms));
        schedule.operator.asks_twice = random.percent(30);
        let count = random.between(1, 12);
        let days = (FIRST_LOOKBACK.as_hours() / 24 + 1, BACK.as_hours() / 24);
        for _ in 0..count {
            let hours = random.between(
                (days.0 * 24).unsigned_abs(),
                (days.1 * 24 - 1).unsigned_abs(),
            );
            let alert = older(schedule, &mut random, hours);
            // The last one stays the last.
            let place = schedule.alerts.len() - 1;
            schedule.alerts.insert(place, alert);
        }
        draw_crowd(schedule);
    }
    if schedule.has(Kind::Replay) {
        // When the faults are over, with time to read them.
        schedule.operator.replay_at_ms = Some(active_ms + random.between(60_000, 600_000));
    }
}

/// Draws, in some schedules, alerts of one hour that the backfill reads in several pages, and changes to some of them
/// while it may be reading: the rows behind them shift.
fn draw_crowd(schedule: &mut Schedule) {
    let mut random = Random::new(schedule.seed, 232);
    let Some(asked_ms) = schedule
        .operator
        .backfill_at_ms
        .filter(|_| random.percent(40))
    else {
        return;
    };
    let hours = random.between(48, BACK.as_hours().unsigned_abs() - 1);
    for _ in 0..random.between(10, 40) {
        let mut alert = older(schedule, &mut random, hours);
        if random.percent(20) {
            let after_ms = asked_ms + random.between(1_000, 70_000);
            alert.change_at(origin() + SignedDuration::from_millis(after_ms.cast_signed()));
        }
        let place = schedule.alerts.len() - 1;
        schedule.alerts.insert(place, alert);
    }
    poison_crowd(schedule, asked_ms);
}

/// Has windows fail, in most schedules that have such, for one of the last alerts, while the backfill may be reading:
/// another one in each of its readings.
fn poison_crowd(schedule: &mut Schedule, asked_ms: u64) {
    let mut random = Random::new(schedule.seed, 233);
    let last = schedule.alerts.len() as u64 - 2;
    let poison = schedule.episodes.iter_mut();
    for episode in poison.filter(|episode| episode.kind == Kind::PoisonWindow) {
        if random.percent(30) {
            continue;
        }
        let alert = random.between(last - 9, last);
        episode.detail = Answer::of(episode.detail).0.with(alert);
        episode.from_ms = asked_ms + random.between(0, 300_000);
        episode.to_ms = episode.from_ms + random.between(60_000, 900_000);
    }
}

/// The range that an operator asks for.
pub(crate) fn range() -> (Timestamp, Timestamp) {
    (origin() - BACK, origin() - FIRST_LOOKBACK)
}

/// Whether only a backfill reads what was updated then.
pub(crate) fn is_older(updated: Timestamp) -> bool {
    updated < origin() - FIRST_LOOKBACK
}
