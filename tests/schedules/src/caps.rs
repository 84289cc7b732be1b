//! Lists that end early without a next link, and numbers that say nothing of it.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::most_at_once;
use crate::graph::{Ask, Reply, Row};
use crate::random::Random;
use crate::{Kind, Schedule, World, origin};

/// What the heaviest row weighs.
const HEAVIEST: u64 = 13;

/// What a row weighs of an answer whose bytes are limited.
fn weight(row: &Row) -> u64 {
    1 + row.alert as u64 % 5 * 3
}

/// The rows that fit: fewer than ten, if there are not so many of one instant.
pub(crate) fn few_rows(schedule: &Schedule, random: &mut Random) -> u64 {
    most_at_once(&schedule.alerts) as u64 + random.between(2, 6)
}

/// The weight that fits. What is of one instant always does.
pub(crate) fn few_bytes(schedule: &Schedule, random: &mut Random) -> u64 {
    most_at_once(&schedule.alerts) as u64 * HEAVIEST + random.between(0, 60)
}

/// The moment of an alert that is counted and never listed, in milliseconds after the origin.
pub(crate) fn moment(schedule: &Schedule, random: &mut Random) -> u64 {
    random.between(0, schedule.active_secs * 1000)
}

/// How many of the first `listed` of `hits` are listed at all.
pub(crate) fn fitting(world: &World, hits: &[Row], listed: usize) -> usize {
    let mut fitting = listed;
    if let Some(few) = world.episode(Kind::CappedShort) {
        fitting = fitting.min(usize::try_from(few.detail).unwrap_or(usize::MAX));
    }
    if let Some(few) = world.episode(Kind::CappedBytes) {
        let mut sum = 0;
        let weights = hits.iter().map(weight);
        let sums = weights.map(|weight| {
            sum += weight;
            sum
        });
        fitting = fitting.min(sums.take_while(|sum| *sum <= few.detail).count());
    }
    for kind in [Kind::CappedShort, Kind::CappedBytes] {
        if fitting < listed && world.episode(kind).is_some() {
            world.strike(kind);
        }
    }
    fitting
}

/// How many alerts are counted of what `ask` is about and never listed.
pub(crate) fn unlisted(world: &World, ask: &Ask) -> usize {
    let Some(unlisted) = world.episode(Kind::Unlisted).filter(|_| ask.counts) else {
        return 0;
    };
    let at: Timestamp = origin() + SignedDuration::from_millis(unlisted.detail.cast_signed());
    let is_in = at >= ask.from.0 && ask.to.is_none_or(|(to, _)| at < to) && at <= world.now();
    if is_in {
        world.strike(Kind::Unlisted);
    }
    usize::from(is_in)
}

/// What the question for a number is answered with while it fails.
pub(crate) fn failed_count(world: &World, ask: &Ask) -> Option<Reply> {
    let failed = world.episode(Kind::CountFails).filter(|_| ask.counts)?;
    world.strike(Kind::CountFails);
    let status = u16::try_from(failed.detail).unwrap_or(500);
    Some(Reply::Status(status, None))
}
