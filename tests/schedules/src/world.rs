//! The world that a schedule runs in: the time, the dice and the notes of what happened.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::alerts::census;
use crate::counts::Counts;
use crate::random::Random;
use crate::schedule::TENANT;
use crate::{Episode, Kind, Schedule, origin};

/// A schedule while it runs. Everything in it is on one thread and in virtual time.
pub struct World {
    /// What will happen.
    pub schedule: Schedule,
    start: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    dice: Random,
    counts: Counts,
    trace: Option<Vec<String>>,
    met: BTreeSet<(Kind, u64)>,
    /// When each kind struck last, in strikes.
    last: BTreeMap<Kind, u64>,
    strikes: u64,
}

thread_local! {
    static TRACING: Cell<bool> = const { Cell::new(false) };
}

/// Whether worlds made on this thread from now on keep a trace.
pub fn keep_traces(keep: bool) {
    TRACING.set(keep);
}

impl World {
    /// A world at its origin; to be made inside of a runtime whose time is paused.
    #[must_use]
    pub fn new(schedule: Schedule) -> Self {
        let mut counts = Counts::default();
        census(&schedule, &mut counts);
        let inner = Inner {
            dice: Random::new(schedule.seed, 2),
            counts,
            trace: TRACING.get().then(Vec::new),
            met: BTreeSet::new(),
            last: BTreeMap::new(),
            strikes: 0,
        };
        Self {
            schedule,
            start: Instant::now(),
            inner: Mutex::new(inner),
        }
    }

    /// Graph's time, which is the true one.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        origin() + SignedDuration::from_millis(self.elapsed_ms().cast_signed())
    }

    /// Milliseconds since the origin.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether an episode was not met before.
    pub(crate) fn is_first(&self, episode: &Episode) -> bool {
        self.inner().met.insert((episode.kind, episode.from_ms))
    }

    /// The episode of `kind` that strikes this very call, if one does; it is counted.
    #[must_use]
    pub fn strikes(&self, kind: Kind) -> Option<Episode> {
        let episode = self.episode(kind)?;
        if !self.inner().dice.percent(episode.percent) {
            return None;
        }
        self.strike(kind);
        self.note(|| format!("{kind:?} strikes"));
        Some(episode)
    }

    /// The running episode of `kind`.
    #[must_use]
    pub fn episode(&self, kind: Kind) -> Option<Episode> {
        self.schedule.episode(kind, self.elapsed_ms())
    }

    /// Counts a fault that struck.
    pub fn strike(&self, kind: Kind) {
        let mut inner = self.inner();
        inner.counts.strike(kind);
        inner.strikes += 1;
        let strikes = inner.strikes;
        inner.last.insert(kind, strikes);
    }

    /// How many faults struck so far.
    #[must_use]
    pub fn strikes_so_far(&self) -> u64 {
        self.inner().strikes
    }

    /// The kinds that struck after the first `before` strikes.
    #[must_use]
    pub fn struck_since(&self, before: u64) -> Vec<Kind> {
        let inner = self.inner();
        let since = inner.last.iter().filter(|(_, last)| **last > before);
        since.map(|(kind, _)| *kind).collect()
    }

    /// Counts something.
    pub fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.inner().counts);
    }

    /// A number from `low` to `high`.
    #[must_use]
    pub fn roll(&self, low: u64, high: u64) -> u64 {
        self.inner().dice.between(low, high)
    }

    /// Notes something for the trace.
    pub fn note(&self, what: impl FnOnce() -> String) {
        let at = self.elapsed_ms();
        if let Some(trace) = &mut self.inner().trace {
            let (secs, millis) = (at / 1000, at % 1000);
            let tenant = match self.schedule.tenant.as_str() {
                TENANT => String::new(),
                other => format!("{other}: "),
            };
            trace.push(format!("{secs:>6}.{millis:03} {tenant}{}", what()));
        }
    }

    /// What struck.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner().counts.clone()
    }

    /// What happened, if it was noted.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        self.inner().trace.clone().unwrap_or_default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
