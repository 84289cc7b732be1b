//! A tenant of the schedule: what outlives every process that polls it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::polls::Current;
use super::ports::{Held, Ports, Shared};
use crate::graph::Graph;
use crate::run::Run;
use crate::{Kind, World};

/// Poll numbers of one tenant stay below this.
const NUMBERS: usize = 1_000_000;
/// After so long, a job that is done is deleted, whatever else its process does.
const DELETED_MS: u64 = 5000;

/// A tenant, and what it shares with the others.
pub(super) struct Tenant {
    pub(super) world: Arc<World>,
    pub(super) graph: Graph,
    pub(super) shared: Arc<Shared>,
    pub(super) held: Arc<Mutex<Held>>,
    /// What is added to its poll numbers, so that no two tenants have the same.
    first_number: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    polls: usize,
    under_way: usize,
    /// The latest poll that did its job, and how many did.
    done: Option<Done>,
    done_polls: usize,
    dead_letters: usize,
    /// When each job that is done was sent, and how long it waited for that, in milliseconds.
    waits: Vec<(u64, u64)>,
    broken: Vec<String>,
}

/// A poll that did its job: when it began, its number among those of the tenant, and when it ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Done {
    began_ms: u64,
    number: usize,
    ended_ms: u64,
}

impl Tenant {
    /// The tenant of a world, which is the one at that place.
    pub(super) fn new(place: usize, world: &Arc<World>, shared: &Arc<Shared>) -> Self {
        Self {
            world: Arc::clone(world),
            graph: Graph::new(Arc::clone(world)),
            shared: Arc::clone(shared),
            held: Arc::default(),
            first_number: place * NUMBERS,
            inner: Mutex::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.world.schedule.tenant
    }

    /// The store as an operator has it, who is no poll.
    pub(super) fn operators_ports(&self) -> Ports {
        let current = Current::default();
        current.set(&Arc::new(Run::new(usize::MAX, None)));
        self.ports(current, 0)
    }

    /// The ports of a process.
    pub(super) fn ports(&self, current: Current, process: usize) -> Ports {
        Ports {
            world: Arc::clone(&self.world),
            shared: Arc::clone(&self.shared),
            held: Arc::clone(&self.held),
            current,
            process,
            unsent: Arc::default(),
        }
    }

    /// How many polls began so far.
    pub(super) fn polls(&self) -> usize {
        self.inner().polls
    }

    /// The next poll begins: its number, as the schedule's deaths count, and as no other tenant has it.
    pub(super) fn begin_poll(&self) -> (usize, usize) {
        let mut inner = self.inner();
        inner.under_way += 1;
        if inner.under_way > 1 && self.is_polled_once_at_a_time() {
            let broken = "two polls at once, on a queue with an order";
            inner.broken.push(broken.to_owned());
        }
        inner.polls += 1;
        let number = inner.polls - 1;
        (number, self.first_number + number)
    }

    /// The poll of that number is over, which began at `began_ms`, and did its job or not.
    pub(super) fn end_poll(&self, number: usize, began_ms: u64, is_done: bool) {
        let mut inner = self.inner();
        inner.under_way -= 1;
        if is_done {
            let done = Done {
                began_ms,
                number,
                ended_ms: self.world.elapsed_ms(),
            };
            inner.done = inner.done.max(Some(done));
            inner.done_polls += 1;
        }
    }

    /// A job's message is deleted that was sent at `sent_ms`: a poll that began later has done it.
    pub(super) fn acknowledge(&self, sent_ms: u64) {
        let waited_ms = self.world.elapsed_ms().saturating_sub(sent_ms);
        self.inner().waits.push((sent_ms, waited_ms));
        let done = self.inner().done;
        if done.is_none_or(|done| done.began_ms < sent_ms) {
            let job = format!("the job of {sent_ms} ms was acknowledged");
            self.broken(format!("{job}, and no poll had done it"));
        }
    }

    /// The process died that was given one job of the tenant when so many of its polls had begun, and the
    /// job comes back: its poll has not done it, unless just now. By the time, a poll of the same
    /// millisecond that was over before would be taken for it.
    pub(super) fn comes_back(&self, polls_before: usize) {
        if !self.is_polled_once_at_a_time() {
            return;
        }
        let done = self.inner().done;
        let Some(done) = done.filter(|done| done.number >= polls_before) else {
            return;
        };
        let ms = self.world.elapsed_ms() - done.ended_ms;
        if ms > DELETED_MS {
            self.broken(format!("a job comes back that was done {ms} ms ago"));
        }
    }

    /// Whether it is on a queue with an order, and nothing has it polled twice at once.
    fn is_polled_once_at_a_time(&self) -> bool {
        self.world.schedule.in_order && !self.world.schedule.has(Kind::Overlap)
    }

    /// A property is broken.
    pub(super) fn broken(&self, broken: impl Into<String>) {
        self.inner().broken.push(broken.into());
    }

    /// A job goes to the dead-letter queue.
    pub(super) fn bury(&self) {
        self.inner().dead_letters += 1;
        self.world
            .note(|| "a job went to the dead-letter queue".to_owned());
    }

    /// How many polls did their job.
    pub(super) fn done_polls(&self) -> usize {
        self.inner().done_polls
    }

    pub(super) fn dead_letters(&self) -> usize {
        self.inner().dead_letters
    }

    /// When each job that is done was sent, and how long it waited for that, in milliseconds.
    pub(super) fn take_waits(&self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.inner().waits)
    }

    /// What its polls and its jobs broke.
    pub(super) fn take_broken(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().broken)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
