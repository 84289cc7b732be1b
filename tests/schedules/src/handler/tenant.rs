//! One tenant's part of a schedule.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use drawbridge_cursor::Job;
use drawbridge_poll::Ending;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::jobs::{Jobs, Waiting};
use super::ports::{Held, Shared};
use super::process::{Outcome, Process};
use crate::graph::Graph;
use crate::{Event, Kind, Mutation, World};

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
    pub(super) jobs: Jobs,
    pub(super) first_number: usize,
    pub(super) polls: usize,
}

async fn one_of(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = Arc::clone(semaphore).acquire_owned();
    permit.await.expect("nobody closes it")
}

impl Tenant {
    /// Runs the schedule to its end.
    pub(super) async fn run(&mut self) {
        let world = Arc::clone(&self.world);
        let end_ms = world.schedule.total_secs() * 1000;
        let mut process = Process::new(self);
        let mut tick_at = 0;
        let (mut slot, mut group) = (None, None);
        while world.elapsed_ms() < end_ms && self.polls < MAX_POLLS {
            let now = world.elapsed_ms();
            self.fire(&mut tick_at, now);
            if group.is_none() {
                group = Some(one_of(&self.group).await);
            }
            let Some(next) = self.jobs.take(now) else {
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
                let outcome = process.poll(&next.job, number).await;
                outcome.count(&world, before);
                self.settle(&process, next, outcome).await
            };
            if died {
                process = Process::new(self);
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
            // What waited behind a slow poll is one poll: so does the wiring with its backlog.
            if !self.jobs.has_live() {
                self.jobs.push(Job::timer(&schedule.tenant), now);
            }
            *tick_at = schedule.next_tick_ms(now);
        }
    }

    fn number(&mut self) -> usize {
        self.polls += 1;
        self.polls - 1
    }

    /// Two polls at once, after `before` strikes; whether the first one's process died.
    async fn two_at_once(&mut self, process: &Process, next: Waiting, before: u64) -> bool {
        let world = Arc::clone(&self.world);
        let now = world.elapsed_ms();
        let tenant = &world.schedule.tenant;
        let other = self
            .jobs
            .take(now)
            .map_or_else(|| Job::timer(tenant), |w| w.job);
        let second = Process::new(self);
        let (first_number, second_number) = (self.number(), self.number());
        let later = Duration::from_millis(world.roll(0, 3000));
        let (one, two) = tokio::join!(process.poll(&next.job, first_number), async {
            sleep(later).await;
            second.poll(&other, second_number).await
        });
        one.count(&world, before);
        two.count(&world, before);
        let twin = Waiting {
            from_ms: now,
            tries: 0,
            job: other,
        };
        self.settle(&second, twin, two).await;
        self.settle(process, next, one).await
    }

    /// Does with a job what the Lambda wiring does; whether its process died.
    async fn settle(&mut self, process: &Process, done: Waiting, outcome: Outcome) -> bool {
        let now = self.world.elapsed_ms();
        let again = |secs: u64| now + secs * 1000;
        match outcome {
            Outcome::Died => {
                let hidden = again(self.jobs.hidden_secs());
                self.put_back(done, hidden);
                return true;
            }
            Outcome::Done(Err(_)) => {
                if let Some(window) = done.job.window
                    && process.owe(window).await
                {
                    self.world
                        .count(|counts| counts.event(Event::WindowsOwed, 1));
                    return false;
                }
                let secs = 30 * (done.tries + 1);
                self.put_back(done, again(secs));
            }
            Outcome::Done(Ok(report)) => {
                if let Ending::Postponed(delay) = report.ending {
                    self.put_back(done, again(delay.as_secs().max(1)));
                    return false;
                }
                let world = Arc::clone(&self.world);
                for job in report.follow_ups {
                    if world.strikes(Kind::JobLost).is_some() {
                        continue;
                    }
                    self.jobs.push(job, now);
                }
                if world.strikes(Kind::Repeat).is_some() {
                    let later = now + world.roll(0, 900_000);
                    self.jobs.repeat(done.job, later);
                }
            }
        }
        false
    }

    fn put_back(&mut self, failed: Waiting, from_ms: u64) {
        let why = failed.job.why.as_str();
        let event = if self.jobs.put_back(failed, from_ms) {
            Event::JobsAgain
        } else {
            self.world
                .note(|| format!("a {why} job went to the dead-letter queue"));
            Event::DeadLetters
        };
        self.world.count(|counts| counts.event(event, 1));
    }
}
