//! How long a record may take from the moment it is visible.

use jiff::SignedDuration;

use crate::answer::Answer;
use crate::expected::Wanted;
use crate::late::{SWEEPS, sweep_for};
use crate::neighbours::is_shared;
use crate::{Kind, Schedule, operator, origin};

/// What turns up later than that may be left to a sweep: the overlap of live polls is longer by as much
/// as they may be late themselves.
const LATEST_FOR_LIVE: SignedDuration = SignedDuration::from_mins(10);
/// For slow pages, and for an update or two that puts an alert off.
const SLACK_SECS: u64 = 300;
/// What is on a page with an alert that fails has to wait for that page to be narrowed down.
const NARROWING_SECS: u64 = 1800;
/// So many polls halve a day down to the minutes around an alert that fails: a poll has time for some halves.
const HALVING_POLLS: u64 = 8;
/// So many take what lies close beside that alert: a week is halved 26 times until ten milliseconds are left, which then
/// fail four times more, and a poll may have time for one of all these.
const HALVING_BESIDE_POLLS: u64 = 30;
/// What is closer to an alert that fails lies beside it.
const BESIDE: SignedDuration = SignedDuration::from_secs(1);
/// What is not listed behind known alerts has to wait until the state is saved next.
const UNCOUNTED_SECS: u64 = 65 * 60;
/// For so long a poll begins requests for a sweep: what it has for sweeps, less what it keeps for a page on its way.
const SWEEPING_MS: u64 = 20_000;
/// So many requests in a minute need no pause between them, and those after them one of so many milliseconds.
const UNSPACED: u64 = 10;
const SPACING_MS: u64 = 600;
/// So many of a poll's requests for a sweep are about numbers: before and after a part that is read, and of what is left
/// when the time is up.
const COUNTS: u64 = 3;

/// Which of the sweeps finds what calls for the record, if no live poll does.
pub(crate) fn sweep(record: &Wanted) -> Option<usize> {
    let late = record.visible.duration_since(record.updated);
    if late <= LATEST_FOR_LIVE {
        return None;
    }
    Some(sweep_for(late))
}

/// Whether a live poll is to find the record, which turns up while the schedule runs.
pub(crate) fn is_live(record: &Wanted) -> bool {
    record.visible >= origin() && sweep(record).is_none()
}

/// The longest that `record` may take, in seconds, where a bound is promised.
pub(crate) fn bound_secs(schedule: &Schedule, record: &Wanted) -> Option<i64> {
    // It is as late as it is asked for, as Graph shows it again, or as the time to which it went back.
    let plan = &schedule.alerts[record.alert];
    if operator::is_older(record.updated) || plan.gone.is_some() || plan.goes_back() {
        return None;
    }
    let has_faults = schedule.kinds.iter().any(Kind::is_fault);
    let bound = if let Some(sweep) = sweep(record) {
        // Beside a page that fails for ever, an owed window is narrowed down over many polls.
        if schedule.has(Kind::Poison) || schedule.has(Kind::LargeAlert) {
            return None;
        }
        // A sweep that meets a fault may leave it to the next.
        let sweeps = if has_faults { 2 } else { 1 };
        let polls = 1
            + sweeping_polls(schedule)
            + match schedule.has(Kind::PoisonAnswer) || schedule.has(Kind::PoisonWindow) {
                true if is_beside_poison(schedule, record) => HALVING_BESIDE_POLLS,
                true => HALVING_POLLS,
                false => 0,
            };
        sweeps * SWEEPS[sweep].0 + polls * schedule.last_tick_secs() + SLACK_SECS
    } else {
        let mut faults = schedule.kinds.iter().filter(|kind| kind.is_fault());
        let of_some_pages = faults.all(|kind| {
            matches!(
                kind,
                Kind::PoisonAnswer | Kind::PoisonWindow | Kind::CappedRows | Kind::OwnBudget
            )
        });
        // An alert that keeps moving is seen when it comes to rest, and a record whose alert does
        // not parse for a while comes with the version that does.
        let is_late = has_faults && !of_some_pages || is_poison(schedule, record.alert);
        if is_late || schedule.has(Kind::Moves) || schedule.has(Kind::BadAlert) {
            return None;
        }
        let narrowing = match has_faults {
            _ if schedule.has(Kind::CappedRows) => NARROWING_SECS.max(UNCOUNTED_SECS),
            true => NARROWING_SECS,
            false => 0,
        };
        // The settle time, and a tick or two.
        30 + 2 * schedule.tick_secs + SLACK_SECS + narrowing
    };
    let bound = bound + schedule.slot_wait_secs + schedule.kill_wait_secs + outages(schedule);
    Some(bound.cast_signed())
}

/// How many polls it takes to read all that sweeps list. Each poll has 30 seconds for that. What is left waits for the
/// next one, beside what another sweep has left: the parts take turns, and none is among them twice, so that what is
/// found waits until the others have been read.
fn sweeping_polls(schedule: &Schedule) -> u64 {
    let listed = schedule
        .alerts
        .iter()
        .filter(|plan| !plan.versions.is_empty());
    let pages = (listed.count() as u64).div_ceil(schedule.page_size.into());
    // There are dozens of requests, of which the mean tells.
    let request_ms = u64::midpoint(schedule.latency_ms.0, schedule.latency_ms.1).max(1);
    let spaced_ms = SWEEPING_MS.saturating_sub(UNSPACED * request_ms);
    let spaced = spaced_ms / (request_ms + SPACING_MS);
    let requests = (SWEEPING_MS / request_ms).min(UNSPACED) + spaced;
    pages.div_ceil(requests.saturating_sub(COUNTS).max(1))
}

/// The alerts on whose account pages fail.
fn poison(schedule: &Schedule) -> impl Iterator<Item = usize> {
    let episodes = schedule.episodes.iter();
    let poison = episodes.filter(|e| [Kind::PoisonAnswer, Kind::PoisonWindow].contains(&e.kind));
    poison.filter_map(|e| usize::try_from(Answer::of(e.detail).1).ok())
}

/// Whether pages fail on account of that alert.
fn is_poison(schedule: &Schedule, alert: usize) -> bool {
    poison(schedule).any(|poison| poison == alert)
}

/// Whether the record lies so close to an alert that fails that it is read once all the rest is.
fn is_beside_poison(schedule: &Schedule, record: &Wanted) -> bool {
    let plans = poison(schedule).filter_map(|alert| schedule.alerts.get(alert));
    let mut versions = plans.flat_map(|plan| &plan.versions);
    versions.any(|version| version.updated.duration_since(record.updated).abs() < BESIDE)
}

/// How long store and queue are in trouble, for a tenant that has no faults of its own.
fn outages(schedule: &Schedule) -> u64 {
    let shared = schedule.episodes.iter().filter(|e| is_shared(e.kind));
    let lengths = shared.map(|e| (e.to_ms - e.from_ms) / 1000);
    let total: u64 = lengths.sum();
    // A job that failed comes back after four minutes at most.
    if total > 0 { total + 240 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kinds, Without};

    #[test]
    fn sweeps_take_a_poll_unless_there_is_no_time_for_their_pages() {
        let calm = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
        let mut schedule = Schedule::new(1, &Without::from(calm));
        let plan = schedule.alerts[0].clone();
        schedule.alerts = vec![plan; 102];
        let mut polls = |page_size, latency_ms| {
            (schedule.page_size, schedule.latency_ms) = (page_size, latency_ms);
            sweeping_polls(&schedule)
        };
        assert_eq!(polls(1000, (500, 4000)), 1);
        assert_eq!(polls(10, (20, 400)), 1);
        // Of eight requests in 20 seconds, five are for pages of two alerts.
        assert_eq!(polls(2, (500, 4000)), 11);
    }
}
