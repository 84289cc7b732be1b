//! How likely each kind is, how long it lasts, and the details that are drawn for it.

use crate::alerts::most_at_once;
use crate::answer::{Answer, Question};
use crate::paging::Listing;
use crate::random::Random;
use crate::{Kind, Schedule, caps, clocks, outputs};

/// The kinds that were added later, and the numbers from which each is drawn: the others stay as they
/// were.
pub(crate) const LATER: [(Kind, u64); 24] = [
    (Kind::LateEvidence, 95),
    (Kind::Backfill, 93),
    (Kind::Replay, 92),
    (Kind::PoisonAnswer, 91),
    (Kind::CappedRows, 90),
    (Kind::Replicas, 89),
    (Kind::OddAnswer, 201),
    (Kind::OddPages, 202),
    (Kind::OwnBudget, 203),
    (Kind::WrongClock, 204),
    (Kind::Vanishes, 205),
    (Kind::TimeGoesBack, 206),
    (Kind::HalfCharacter, 207),
    (Kind::LargeAlert, 208),
    (Kind::LongLookBack, 209),
    (Kind::LargeState, 210),
    (Kind::ManyOutputs, 211),
    (Kind::DiskFull, 212),
    (Kind::CappedShort, 214),
    (Kind::CappedBytes, 215),
    (Kind::Unlisted, 216),
    (Kind::CountFails, 217),
    (Kind::PoisonWindow, 218),
    (Kind::LongOutage, 219),
];

/// How likely each kind is in a schedule, in percent, and how many calls it strikes there.
pub(crate) fn odds(kind: Kind) -> (u64, u64, u64) {
    match kind {
        Kind::Ties | Kind::BadAlert => (30, 0, 0),
        Kind::Late | Kind::Moves => (50, 0, 0),
        Kind::Backlog => (40, 0, 0),
        Kind::Poison => (20, 100, 100),
        Kind::PoisonAnswer | Kind::PoisonWindow | Kind::CappedRows => (10, 100, 100),
        Kind::OddPages => (10, 100, 100),
        Kind::OwnBudget => (10, 100, 100),
        Kind::CappedShort | Kind::CappedBytes => (6, 100, 100),
        Kind::Unlisted | Kind::CountFails => (8, 100, 100),
        Kind::Partial => (12, 100, 100),
        Kind::Replicas => (12, 30, 90),
        Kind::Death => (30, 0, 0),
        Kind::Overlap | Kind::Repeat | Kind::JobLost => (15, 30, 100),
        Kind::LittleTime => (20, 40, 100),
        Kind::ClockJump => (12, 100, 100),
        Kind::WrongClock => (6, 100, 100),
        Kind::Vanishes | Kind::TimeGoesBack => (8, 0, 0),
        Kind::HalfCharacter => (10, 0, 0),
        Kind::LargeAlert | Kind::LongLookBack | Kind::LongOutage => (5, 0, 0),
        Kind::LargeState => (4, 0, 0),
        Kind::ManyOutputs => (8, 30, 100),
        Kind::DiskFull => (8, 100, 100),
        Kind::Unauthorized => (12, 5, 30),
        Kind::QueueRefusesForGood => (8, 5, 30),
        Kind::StoreDown => (20, 10, 80),
        Kind::VeryLate => (3, 0, 0),
        Kind::Neighbours => (6, 0, 0),
        Kind::LateEvidence => (40, 0, 0),
        Kind::Backfill => (15, 0, 0),
        Kind::Replay => (50, 0, 0),
        _ => (12, 10, 100),
    }
}

/// Whether it is to last longer than the overlap of live polls.
pub(crate) fn lasts(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Poison
            | Kind::PoisonAnswer
            | Kind::PoisonWindow
            | Kind::CappedRows
            | Kind::Partial
            | Kind::OddPages
            | Kind::OwnBudget
            | Kind::CappedShort
            | Kind::CappedBytes
            | Kind::Unlisted
            | Kind::CountFails
    )
}

/// Whether it may never be over.
pub(crate) fn may_be_for_ever(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Poison
            | Kind::PoisonAnswer
            | Kind::PoisonWindow
            | Kind::CappedRows
            | Kind::CappedShort
            | Kind::CappedBytes
    )
}

/// Whether live polls may pass what nothing but a sweep finds then.
pub(crate) fn takes_a_sweep(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::OddPages
            | Kind::WrongClock
            | Kind::Vanishes
            | Kind::TimeGoesBack
            | Kind::CappedRows
            | Kind::CappedShort
            | Kind::CappedBytes
    )
}

/// The detail of an episode of `kind` in `schedule`.
pub(crate) fn detail(kind: Kind, schedule: &Schedule, random: &mut Random) -> u64 {
    // Not the alert that comes when all is over.
    let alert = |random: &mut Random| random.index(schedule.alerts.len() - 1) as u64;
    match kind {
        Kind::Throttled => random.pick(&[0, 1, 5, 30, 120, 400]),
        Kind::ServerError => random.pick(&[500, 502, 503, 504]),
        Kind::Poison => alert(random),
        Kind::PoisonAnswer => {
            let alert = alert(random);
            Answer::to_a_page(random).with(alert)
        }
        Kind::PoisonWindow => {
            let alert = alert(random);
            Answer::to_a_window(random).with(alert)
        }
        Kind::CappedRows => {
            let rows = most_at_once(&schedule.alerts) as u64 + random.between(11, 30);
            Answer::behind_the_last_row(random).with(rows)
        }
        Kind::CappedShort => caps::few_rows(schedule, random),
        Kind::CappedBytes => caps::few_bytes(schedule, random),
        Kind::Unlisted => caps::moment(schedule, random),
        Kind::CountFails => random.pick(&[403, 404, 409, 410, 423, 429, 500, 503, 504]),
        Kind::OddAnswer => {
            let question = Question::draw(random);
            Answer::to_anything(random).with(question)
        }
        Kind::OddPages => Listing::draw(random) as u64,
        Kind::Replicas => random.between(30, 180),
        // As many in a minute as Graph takes from an app for security alerts, or fewer.
        Kind::OwnBudget => random.pick(&[150, 60, 30]),
        // Added to -3600 s: the poller's clock goes back as far as it likes, and ahead by less
        // than what the overlap still makes up for.
        Kind::ClockJump => random.pick(&[0, 2700, 3540, 3660, 3800]),
        Kind::WrongClock => clocks::draw(random),
        Kind::ManyOutputs => random.between(0, outputs::most() - 1),
        // Whether it is known beforehand that there is no room.
        Kind::DiskFull => random.pick(&[1, 1, 0]),
        _ => 0,
    }
}
