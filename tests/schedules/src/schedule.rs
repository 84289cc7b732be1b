//! A schedule: everything that will go wrong, drawn from a seed.

use jiff::Timestamp;

use crate::alerts::{AlertPlan, draw, most_at_once};
use crate::odds::{LATER, detail, lasts, may_be_for_ever, odds, takes_a_sweep};
use crate::operator::{self, Operator};
use crate::random::Random;
use crate::{Kind, Kinds, Mutation, Without, late, neighbours, restless};

/// The tenant whose schedule it is; neighbours have other names.
pub(crate) const TENANT: &str = "contoso";

/// How many messages a process is given at once, as in `infra/template.yaml`.
pub(crate) const BATCH: usize = 10;

/// Graph's clock when a schedule begins.
#[must_use]
pub fn origin() -> Timestamp {
    Timestamp::from_second(1_772_366_400).unwrap_or_default()
}

/// A stretch of time in which one kind of fault strikes some of the calls.
#[derive(Debug, Clone, Copy)]
pub struct Episode {
    /// What happens.
    pub kind: Kind,
    /// From, in milliseconds after the origin.
    pub from_ms: u64,
    /// Until, in milliseconds after the origin.
    pub to_ms: u64,
    /// How many calls of a hundred it strikes.
    pub percent: u64,
    /// A detail: seconds of `Retry-After`, a status, an offset of the clock, an alert.
    pub detail: u64,
}

/// The death of a process in one of its polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// In which poll, counted from the start.
    pub poll: usize,
    /// At which of its I/O steps.
    pub step: usize,
    /// After the step did its work, or before.
    pub after: bool,
}

/// Everything that is decided before a schedule runs.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Where all of it came from.
    pub seed: u64,
    /// The tenant's name.
    pub tenant: String,
    /// The kinds that are on.
    pub kinds: Kinds,
    /// The alerts, the last one of which is created when the faults are over.
    pub alerts: Vec<AlertPlan>,
    /// What goes wrong when.
    pub episodes: Vec<Episode>,
    /// Which polls die where.
    pub deaths: Vec<Death>,
    /// Seconds between two polls.
    pub tick_secs: u64,
    /// How long things go wrong.
    pub active_secs: u64,
    /// How long they then go well.
    pub quiet_secs: u64,
    /// How much longer it takes until what was very late has arrived.
    pub long_secs: u64,
    /// Seconds between two polls in that time.
    pub long_tick_secs: u64,
    /// Alerts per page.
    pub page_size: u32,
    /// How long Graph takes to answer, in milliseconds: at least and at most.
    pub latency_ms: (u64, u64),
    /// Whether Graph lists the newest alerts first.
    pub newest_first: bool,
    /// What a poll may take before its process is killed.
    pub timeout_secs: u64,
    /// The other tenants.
    pub neighbours: Vec<Schedule>,
    /// How many polls may run at once, over all tenants.
    pub slots: usize,
    /// Whether the jobs queue keeps a tenant's jobs in order, as a FIFO queue does.
    pub in_order: bool,
    /// How many messages a process is given at once.
    pub batch: usize,
    /// How long a poll may wait for the others' until it is let in.
    pub slot_wait_secs: u64,
    /// How long a poll may wait for a job to come back whose process died of another tenant's poll.
    pub kill_wait_secs: u64,
    /// How far back the first poll reads.
    pub lookback_secs: u64,
    /// What an operator does meanwhile.
    pub operator: Operator,
    /// What is broken on purpose in the poller.
    pub mutation: Option<Mutation>,
}

impl Schedule {
    /// The schedule of `seed` without some of what is in it. What is left is the same as with it.
    #[must_use]
    pub fn new(seed: u64, without: &Without) -> Self {
        let mut random = Random::new(seed, 0);
        let mut kinds = Kinds::NONE;
        // One schedule in eight has nothing wrong but the alerts themselves.
        let calm = random.percent(12);
        // Added later, these are drawn from numbers of their own: the others stay as they were.
        let mut others = Random::new(seed, 97);
        for &kind in Kind::drawn() {
            let (percent, _, _) = odds(kind);
            let draws = match kind {
                Kind::VeryLate | Kind::Neighbours => others.percent(percent),
                _ => random.percent(percent) && !(calm && kind.is_fault()),
            };
            if draws && !without.kinds.has(kind) {
                kinds = kinds.with(kind);
            }
        }
        for (kind, stream) in LATER {
            let draws = Random::new(seed, stream).percent(odds(kind).0);
            if draws && !(calm && kind.is_fault()) && !without.kinds.has(kind) {
                kinds = kinds.with(kind);
            }
        }
        let slow = random.percent(80);
        let mut schedule = Self {
            seed,
            tenant: TENANT.to_owned(),
            kinds,
            alerts: Vec::new(),
            episodes: Vec::new(),
            deaths: Vec::new(),
            tick_secs: random.pick(&[60, 60, 120, 180]),
            active_secs: 60 * random.between(10, 40),
            // Owed windows are adopted after 15 minutes, and long ones are read twice.
            quiet_secs: 50 * 60,
            long_secs: 0,
            long_tick_secs: 0,
            page_size: random.pick(&[2, 5, 10, 50, 1000]),
            latency_ms: if slow && kinds.has(Kind::Moves) {
                (500, 4000)
            } else {
                (20, 400)
            },
            newest_first: random.percent(70),
            timeout_secs: random.pick(&[60, 60, 60, 300]),
            neighbours: Vec::new(),
            slots: 20,
            in_order: false,
            batch: Random::new(seed, 213).pick(&[1, BATCH]),
            slot_wait_secs: 0,
            kill_wait_secs: 0,
            lookback_secs: 86_400,
            operator: Operator::default(),
            mutation: None,
        };
        schedule.draw_alerts();
        for kind in kinds.iter() {
            schedule.draw_episodes(kind);
        }
        if kinds.has(Kind::Death) {
            schedule.draw_deaths();
        }
        if kinds.has(Kind::VeryLate) {
            late::draw(&mut schedule);
        }
        restless::draw(&mut schedule);
        if kinds.iter().any(takes_a_sweep) {
            late::wait_for_a_sweep(&mut schedule);
        }
        late::wait_for_the_daily_sweep(&mut schedule);
        operator::draw(&mut schedule);
        schedule.leave_out(without);
        if kinds.has(Kind::Neighbours) {
            neighbours::draw(&mut schedule);
        }
        schedule
    }

    /// Draws the alerts, and a page size that fits them.
    pub(crate) fn draw_alerts(&mut self) {
        self.alerts = draw(self);
        // What is of one instant cannot be cut: a poll must have the time to read all of it.
        let fewest = u32::try_from(self.alerts.len() / 8).unwrap_or(u32::MAX);
        self.page_size = self.page_size.max(fewest);
    }

    /// How few rows a page may have at least, for the same reason: a quick Graph gives more pages.
    pub(crate) fn smallest_page(&self) -> usize {
        let pages = if self.latency_ms.1 > 1000 { 8 } else { 60 };
        most_at_once(&self.alerts).div_ceil(pages)
    }

    /// Leaves single things out; what has a place keeps it.
    fn leave_out(&mut self, without: &Without) {
        for (n, alert) in self.alerts.iter_mut().enumerate() {
            if without.alerts.contains(&n) {
                alert.versions.clear();
            }
        }
        for (n, episode) in self.episodes.iter_mut().enumerate() {
            if without.episodes.contains(&n) {
                episode.to_ms = episode.from_ms;
            }
        }
        for (n, death) in self.deaths.iter_mut().enumerate() {
            if without.deaths.contains(&n) {
                death.poll = usize::MAX;
            }
        }
    }

    /// Whether `kind` is on.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.has(kind)
    }

    /// The episode of `kind` that runs so many milliseconds after the origin.
    #[must_use]
    pub fn episode(&self, kind: Kind, at_ms: u64) -> Option<Episode> {
        let mut episodes = self.episodes.iter();
        let runs = |episode: &&Episode| {
            episode.kind == kind && (episode.from_ms..episode.to_ms).contains(&at_ms)
        };
        episodes.find(runs).copied()
    }

    /// How long the whole of it takes.
    #[must_use]
    pub fn total_secs(&self) -> u64 {
        self.active_secs + self.quiet_secs + self.long_secs
    }

    /// When the timer fires next, in milliseconds after the origin.
    #[must_use]
    pub fn next_tick_ms(&self, now_ms: u64) -> u64 {
        let is_long = now_ms >= (self.active_secs + self.quiet_secs) * 1000;
        let secs = if is_long {
            self.long_tick_secs
        } else {
            self.tick_secs
        };
        let tick_ms = secs.max(1) * 1000;
        (now_ms / tick_ms + 1) * tick_ms
    }

    /// The longest time between two polls of the timer towards the end.
    #[must_use]
    pub fn last_tick_secs(&self) -> u64 {
        self.tick_secs.max(self.long_tick_secs)
    }

    /// The alert whose creation comes after all faults.
    #[must_use]
    pub fn probe(&self) -> usize {
        self.alerts.len() - 1
    }

    fn draw_episodes(&mut self, kind: Kind) {
        let (_, least, most) = odds(kind);
        if most == 0 {
            return;
        }
        let mut random = Random::new(self.seed, 100 + kind as u64);
        let end_ms = self.active_secs * 1000;
        for _ in 0..random.between(1, 2) {
            let (latest, shortest) = match lasts(kind) {
                // Shorter than the overlap, nobody would notice them.
                true => (end_ms / 4, end_ms),
                false => (end_ms, 20_000),
            };
            let from_ms = random.between(0, latest);
            let length = random.between(shortest, shortest.max(900_000));
            let detail = detail(kind, self, &mut random);
            // Some poison alerts are never mended; a window with one of those ends in quarantine.
            let for_ever = may_be_for_ever(kind) && random.percent(50);
            self.episodes.push(Episode {
                kind,
                from_ms,
                to_ms: if for_ever {
                    u64::MAX
                } else {
                    (from_ms + length).min(end_ms)
                },
                percent: random.between(least, most),
                detail,
            });
        }
    }

    fn draw_deaths(&mut self) {
        let mut random = Random::new(self.seed, 99);
        let polls = self.active_secs / self.tick_secs;
        for _ in 0..random.between(1, 6) {
            self.deaths.push(Death {
                poll: random.index(usize::try_from(polls).unwrap_or(0) + 1),
                step: random.index(10),
                after: random.percent(50),
            });
        }
    }
}
