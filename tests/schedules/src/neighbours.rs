//! The other tenants of a schedule. They have alerts and a Graph of their own; store, queue and
//! processes are everybody's, and so is what goes wrong with store and queue.

use crate::handler::HIDDEN_SECS;
use crate::random::Random;
use crate::restless;
use crate::schedule::{BATCH, TENANT};
use crate::{Death, Episode, Kind, Kinds, Schedule, Without};

const NAMES: [&str; 7] = [
    "fabrikam",
    "adatum",
    "litware",
    "proseware",
    "tailspin",
    "wingtip",
    "woodgrove",
];

/// What is wrong with a tenant, always.
const TROUBLE: [Trouble; 12] = [
    Trouble::Strikes(Kind::ServerError, 503),
    // Each of its requests hangs: a poll takes all of its time.
    Trouble::Strikes(Kind::Timeout, 0),
    // Each of them hangs for ever, whatever the deadline.
    Trouble::Strikes(Kind::Stuck, 0),
    Trouble::Strikes(Kind::Malformed, 0),
    Trouble::Strikes(Kind::Unauthorized, 0),
    Trouble::Strikes(Kind::Forbidden, 0),
    Trouble::Strikes(Kind::StateUnreadable, 0),
    Trouble::Strikes(Kind::StateDamaged, 0),
    // A page with any of its alerts on it.
    Trouble::Strikes(Kind::Poison, u64::MAX),
    Trouble::Dies,
    Trouble::DiesLate,
    Trouble::IsLarge,
];

#[derive(Clone, Copy)]
pub(crate) enum Trouble {
    Strikes(Kind, u64),
    Dies,
    DiesLate,
    IsLarge,
    /// Graph takes so many seconds for each answer.
    Slow(u64),
}

/// How many troubles there are.
pub const TROUBLES: usize = TROUBLE.len();

/// The poll function's time-out, as in `infra/template.yaml`.
pub(crate) const TIMEOUT_SECS: u64 = 60;
/// How long it takes until a job is done that comes back because its process died.
pub(crate) const KILL_WAIT_SECS: u64 = HIDDEN_SECS + 10;

/// Draws one to three neighbours: one in trouble, one with none, and one of either sort.
pub(crate) fn draw(schedule: &mut Schedule) {
    let mut random = Random::new(schedule.seed, 98);
    let count = random.pick(&[1, 2, 3, 3]);
    schedule.slots = random.pick(&[2, 2, 3, 20]);
    schedule.in_order = true;
    schedule.batch = BATCH;
    schedule.timeout_secs = TIMEOUT_SECS;
    for (n, name) in NAMES.iter().take(count).enumerate() {
        let in_trouble = match n {
            0 => true,
            1 => false,
            _ => random.percent(60),
        };
        let seed = random.next();
        let trouble = random.pick(&TROUBLE);
        let mut neighbour = calm(schedule, name, seed);
        if in_trouble {
            trouble.befall(&mut neighbour);
        }
        schedule.neighbours.push(neighbour);
    }
    // Whoever may be slow: those in trouble, and the first tenant with its own faults. If they
    // leave no slot free, a poll waits until one of them ends, and once more for the next one.
    let troubled = schedule.neighbours.iter().filter(|n| n.trouble().is_some());
    if troubled.count() + 1 >= schedule.slots {
        let wait = 2 * schedule.timeout_secs;
        schedule.slot_wait_secs = wait;
        for neighbour in &mut schedule.neighbours {
            neighbour.slot_wait_secs = wait;
        }
    }
    wait_for_those_killed(schedule);
}

/// Gives a schedule with nothing wrong so many neighbours, seven at most, of which one is in trouble: in the
/// one of that number. There is a process for each.
pub(crate) fn put_beside(schedule: &mut Schedule, trouble: usize, neighbours: usize) {
    schedule.slots = 20;
    schedule.in_order = true;
    schedule.batch = BATCH;
    schedule.timeout_secs = TIMEOUT_SECS;
    for (n, name) in (0_u64..).zip(NAMES).take(neighbours) {
        let seed = Random::new(schedule.seed, 214 + n).next();
        schedule.neighbours.push(calm(schedule, name, seed));
    }
    // Who changes again and again comes when he is at rest: that is not to be measured here.
    let alerts = schedule
        .neighbours
        .iter_mut()
        .map(|tenant| &mut tenant.alerts);
    for alert in alerts.chain([&mut schedule.alerts]).flatten() {
        alert.versions.truncate(1);
    }
    TROUBLE[trouble].befall(&mut schedule.neighbours[0]);
}

/// By how much the trouble of that number may make the others' records later, where it may at all: a poll
/// that kills its process takes those in it with it, unless they are done; and their next process is
/// a cold one.
pub(crate) fn may_wait_secs(trouble: usize) -> Option<u64> {
    match TROUBLE[trouble] {
        Trouble::Dies => Some(KILL_WAIT_SECS),
        Trouble::DiesLate => Some(1),
        _ => None,
    }
}

/// Whoever is in a batch with a job that its process dies of waits until his own comes back.
fn wait_for_those_killed(schedule: &mut Schedule) {
    let kills = |schedule: &Schedule| schedule.has(Kind::Death);
    let wait = KILL_WAIT_SECS;
    if schedule.neighbours.iter().any(kills) {
        schedule.kill_wait_secs = wait;
    }
    if kills(schedule) || schedule.kill_wait_secs > 0 {
        for neighbour in &mut schedule.neighbours {
            neighbour.kill_wait_secs = wait;
        }
    }
}

/// A tenant with nothing wrong but its alerts, and what befalls everybody.
fn calm(schedule: &Schedule, name: &str, seed: u64) -> Schedule {
    let alerts = [Kind::Ties, Kind::Late, Kind::Backlog];
    let others = Kind::ALL.into_iter().filter(|kind| !alerts.contains(kind));
    let without = Without::from(others.fold(Kinds::NONE, Kinds::with));
    let shared = schedule
        .episodes
        .iter()
        .filter(|episode| is_shared(episode.kind));
    let mut neighbour = Schedule {
        tenant: name.to_owned(),
        tick_secs: schedule.tick_secs,
        active_secs: schedule.active_secs,
        quiet_secs: schedule.quiet_secs,
        long_secs: schedule.long_secs,
        long_tick_secs: schedule.long_tick_secs,
        timeout_secs: schedule.timeout_secs,
        slots: schedule.slots,
        in_order: true,
        batch: BATCH,
        episodes: shared.copied().collect(),
        ..Schedule::new(seed, &without)
    };
    neighbour.draw_alerts();
    neighbour
}

/// Whether it befalls every tenant: it is the store's or the queue's fault.
pub(crate) fn is_shared(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StoreDown
            | Kind::StoreAmbiguous
            | Kind::QueueDown
            | Kind::QueueAmbiguous
            | Kind::QueueRefuses
            | Kind::FlushFails
    )
}

impl Trouble {
    pub(crate) fn befall(self, neighbour: &mut Schedule) {
        match self {
            Self::Strikes(kind, detail) => {
                neighbour.kinds = neighbour.kinds.with(kind);
                neighbour.episodes.push(Episode {
                    kind,
                    from_ms: 0,
                    to_ms: u64::MAX,
                    percent: 100,
                    detail,
                });
            }
            Self::Slow(secs) => neighbour.latency_ms = (secs * 1000, secs * 1000 + 500),
            Self::IsLarge => {
                neighbour.kinds = neighbour.kinds.with(Kind::LargeAlert);
                restless::enlarge_all(neighbour);
            }
            // While it reads its state, or asks Graph.
            Self::Dies => neighbour.always_dies(|poll| poll % 2),
            // When the others in its batch have long been done.
            Self::DiesLate => {
                neighbour.latency_ms = (20_000, 20_000);
                // The first poll looks for what is left of others before it asks Graph.
                neighbour.always_dies(|poll| if poll == 0 { 2 } else { 1 });
            }
        }
    }
}

impl Schedule {
    /// Each poll dies, at the step that `step` says.
    fn always_dies(&mut self, step: fn(usize) -> usize) {
        self.kinds = self.kinds.with(Kind::Death);
        let death = |poll| Death {
            poll,
            step: step(poll),
            after: true,
        };
        self.deaths = (0..10_000).map(death).collect();
    }

    /// What is wrong with this tenant, always.
    #[must_use]
    pub fn trouble(&self) -> Option<Kind> {
        let endless = |episode: &&Episode| episode.to_ms == u64::MAX && episode.from_ms == 0;
        let strikes = self
            .episodes
            .iter()
            .find(endless)
            .map(|episode| episode.kind);
        let dies = (self.deaths.len() > 1000).then_some(Kind::Death);
        let is_neighbour = self.tenant != TENANT;
        let is_large = (is_neighbour && self.has(Kind::LargeAlert)).then_some(Kind::LargeAlert);
        strikes.or(dies).or(is_large)
    }
}
