//! Versions that turn up hours or days late: nothing but a sweep finds them.

use jiff::SignedDuration;

use crate::random::Random;
use crate::{Kind, Schedule, clocks, origin};

/// The sweeps: how often, and how far they read back, both in seconds.
pub(crate) const SWEEPS: [(u64, u64); 2] = [(HOUR, 24 * HOUR), (24 * HOUR, 7 * 24 * HOUR)];
const HOUR: u64 = 3600;
/// How late a version may be for the hourly and for the daily sweep, with an interval to spare.
const LATEST: [u64; 2] = [20 * HOUR, 5 * 24 * HOUR];
/// How long a sweep may take until it has read what it found.
const SLACK_SECS: u64 = 300;
/// Seconds between two polls where days pass: they take many.
const DAYS_TICK_SECS: u64 = HOUR / 2;

/// Makes a schedule long enough for a sweep to find what live polls have passed.
pub(crate) fn wait_for_a_sweep(schedule: &mut Schedule) {
    schedule.long_secs = schedule.long_secs.max(2 * HOUR + HOUR / 2);
    schedule.long_tick_secs = schedule.long_tick_secs.max(600);
}

/// Makes some versions very late, and the schedule long enough for them.
pub(crate) fn draw(schedule: &mut Schedule) {
    let mut random = Random::new(schedule.seed, 96);
    // Days take many polls: few schedules have them.
    let is_days = random.percent(8);
    let latest = LATEST[usize::from(is_days)];
    let mut last = origin();
    for _ in 0..random.between(1, 4) {
        // Not the alert that comes when all is over.
        let alert = random.index(schedule.alerts.len() - 1);
        let delay = random.between(HOUR / 2, latest);
        let versions = &mut schedule.alerts[alert].versions;
        // A version that does not parse leaves its records to the next one, which must not be late.
        let is_good = versions.iter().all(|version| !version.is_bad);
        let Some(version) = versions.last_mut().filter(|_| is_good) else {
            continue;
        };
        version.visible = version.updated + SignedDuration::from_secs(delay.cast_signed());
        last = last.max(version.visible);
    }
    if is_days {
        end_what_never_ends(schedule);
    }
    for jump in schedule
        .episodes
        .iter_mut()
        .filter(|e| e.kind == Kind::ClockJump)
    {
        // Hours ahead: the watermark passes what is not there yet, and a sweep makes up for it.
        if random.percent(60) {
            jump.detail = HOUR + HOUR / 2 * random.between(1, 6);
            (jump.from_ms, jump.to_ms) = (jump.from_ms / 2, schedule.active_secs * 1000);
        }
    }
    let interval = SWEEPS[usize::from(is_days)].0;
    let needed = u64::try_from(last.duration_since(origin()).as_secs()).unwrap_or(0) + interval;
    let usual = schedule.active_secs + schedule.quiet_secs;
    // Failed sweeps are owed for a while, and long windows are read twice.
    schedule.long_secs = needed.saturating_sub(usual) + 2 * HOUR;
    schedule.long_tick_secs = if is_days { DAYS_TICK_SECS } else { 600 };
}

/// Makes a schedule long enough for the daily sweep, if anything in it is too late for the hourly one (what goes back
/// in time is later than it was drawn), if both readings of an older day may list nothing while a count fails, or if a
/// backfill's second reading waits for as long as a clock was ahead, which is a day at most.
pub(crate) fn wait_for_the_daily_sweep(schedule: &mut Schedule) {
    let versions = schedule.alerts.iter().flat_map(|plan| &plan.versions);
    let too_late = versions.filter(|version| {
        let late = version.visible.duration_since(version.updated);
        sweep_for(late) > 0
    });
    let is_long = schedule.has(Kind::LongLookBack) || schedule.has(Kind::LongOutage);
    let lists_nothing = is_long && schedule.has(Kind::OddPages);
    let waits = schedule.has(Kind::Backfill) && clocks::is_ahead_for_long(schedule);
    let end = origin() + SignedDuration::from_secs(schedule.active_secs.cast_signed());
    let last = too_late.map(|version| version.visible).max();
    let Some(last) = last.max((lists_nothing || waits).then_some(end)) else {
        return;
    };
    end_what_never_ends(schedule);
    let needed = u64::try_from(last.duration_since(origin()).as_secs()).unwrap_or(0) + SWEEPS[1].0;
    let usual = schedule.active_secs + schedule.quiet_secs;
    let long_secs = needed.saturating_sub(usual) + 2 * HOUR;
    schedule.long_secs = schedule.long_secs.max(long_secs);
    schedule.long_tick_secs = DAYS_TICK_SECS;
}

/// Which of the sweeps finds what turns up so late.
pub(crate) fn sweep_for(late: SignedDuration) -> usize {
    let late = late.as_secs().unsigned_abs();
    let reaches = |(every, span): &(u64, u64)| late + every + SLACK_SECS < *span;
    SWEEPS.iter().position(reaches).unwrap_or(SWEEPS.len() - 1)
}

/// What never ends would be met by every sweep, for days: hours show it as well.
fn end_what_never_ends(schedule: &mut Schedule) {
    let end_ms = schedule.active_secs * 1000;
    for episode in &mut schedule.episodes {
        episode.to_ms = episode.to_ms.min(end_ms);
    }
}
