//! One tenant's part of a schedule.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::jobs::Jobs;
use super::ports::{Held, Ports, Shared};
use super::process::{Current, Outcome, Process};
use crate::graph::Graph;
use crate::run::Run;
use crate::{Kind, Mutation, World};

/// What a schedule may take of polls before it counts as stalled.
const MAX_POLLS: usize = 5000;

/// A tenant, and what it shares with the others.
pub(super) struct Tenant {
    pub(super) world: Arc<World>,
    pub(super) graph: Graph,
    pub(super) shared: Arc<Shared>,
    pub(super) held: Arc<Mutex<Held>>,
    /// How many polls may run at once, over all tenants.
    pub(super) slots: Arc<Semaphore>,
    /// How many jobs of the group may be under way.
    pub(super) group: Arc<Semaphore>,
    pub(super) jobs: Arc<Jobs>,
    pub(super) first_number: usize,
    pub(super) processes: usize,
    pub(super) polls: usize,
}

async fn one_of(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = Arc::clone(semaphore).acquire_owned();
    permit.await.expect("nobody closes it")
}

impl Tenant {
    /// The store as an operator has it, who is no poll.
    pub(super) fn operators_ports(&self) -> Ports {
        let current = Current::default();
        current.set(&Arc::new(Run::new(usize::MAX, None)));
        Ports {
            world: Arc::clone(&self.world),
            shared: Arc::clone(&self.shared),
            held: Arc::clone(&self.held),
            current,
            process: 0,
            unsent: Arc::default(),
        }
    }

    /// Runs the schedule to its end.
    pub(super) async fn run(&mut self) {
        let world = Arc::clone(&self.world);
        let end_ms = world.schedule.total_secs() * 1000;
        let mut process = self.process();
        let mut tick_at = 0;
        let (mut slot, mut group) = (None, None);
        while world.elapsed_ms() < end_ms && self.polls < MAX_POLLS {
            let now = world.elapsed_ms();
            self.fire(&mut tick_at, now);
            if group.is_none() {
                group = Some(one_of(&self.group).await);
            }
            let Some(next) = self.jobs.receive() else {
                if !self.jobs.is_held_up() {
                    group = None;
                }
                let next = self.jobs.next_ms().unwrap_or(tick_at);
                let next = next.min(tick_at);
                sleep(Duration::from_millis(next.saturating_sub(now).max(1))).await;
                continue;
            };
            if slot.is_none() {
                slot = Some(one_of(&self.slots).await);
            }
            let before = world.strikes_so_far();
            let died = if world.strikes(Kind::Overlap).is_some() {
                self.two_at_once(&process, next, before).await
            } else {
                let number = self.number();
                let outcome = process.poll(&next, number).await;
                outcome.count(&world, before);
                self.settle(&next, &outcome)
            };
            if died {
                process = self.process();
            }
            let keeps = world.schedule.mutation == Some(Mutation::SlotKept);
            if !(keeps && self.jobs.is_held_up()) {
                slot = None;
            }
            if !self.jobs.is_held_up() {
                group = None;
            }
        }
    }

    /// Puts a live job on the queue when it is time, as `dispatch` does.
    fn fire(&mut self, tick_at: &mut u64, now: u64) {
        let schedule = &self.world.schedule;
        if now >= *tick_at {
            self.jobs.push();
            *tick_at = schedule.next_tick_ms(now);
        }
    }

    /// A new process.
    fn process(&mut self) -> Process {
        self.processes += 1;
        Process::new(self, self.processes - 1)
    }

    fn number(&mut self) -> usize {
        self.polls += 1;
        self.polls - 1
    }

    /// Two polls at once, after `before` strikes; whether the first one's process died.
    async fn two_at_once(&mut self, process: &Process, next: SqsMessage, before: u64) -> bool {
        let world = Arc::clone(&self.world);
        let received = self.jobs.receive();
        let other = received.unwrap_or_else(|| self.jobs.receive_again());
        let second = self.process();
        let (first_number, second_number) = (self.number(), self.number());
        let later = Duration::from_millis(world.roll(0, 3000));
        let (one, two) = tokio::join!(process.poll(&next, first_number), async {
            sleep(later).await;
            second.poll(&other, second_number).await
        });
        one.count(&world, before);
        two.count(&world, before);
        self.settle(&other, &two);
        self.settle(&next, &one)
    }

    /// Has the queue do with a message what is to be done with it; whether its process died.
    fn settle(&self, message: &SqsMessage, outcome: &Outcome) -> bool {
        let world = &self.world;
        let is_gone = self.jobs.settle(message, outcome.response.as_ref());
        // Repeated without end, a job that is done already would take no time.
        let is_done = is_gone && !outcome.is_superfluous();
        if is_done && world.strikes(Kind::Repeat).is_some() {
            let later = world.elapsed_ms() + world.roll(0, 900_000);
            self.jobs.repeat(message, later);
        }
        outcome.response.is_none()
    }
}
