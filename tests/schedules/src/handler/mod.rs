//! The real handler under a schedule: timer, jobs queue, processes that die and are replaced.

mod ports;
mod process;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{Job, Why};
use drawbridge_poll::Ending;
use tokio::time::sleep;

pub use ports::{Held, HeldInner, Taken};
use process::{Outcome, Process, TENANT};

use crate::graph::Graph;
use crate::{Kind, World};

/// Tries after which a job goes to the dead-letter queue.
const MAX_TRIES: u64 = 5;
/// How long the jobs queue hides the job of a process that died.
const HIDDEN_SECS: u64 = 90;
/// What a schedule may take of polls before it counts as stalled.
const MAX_POLLS: usize = 2000;

/// A job on the jobs queue.
struct Waiting {
    from_ms: u64,
    tries: u64,
    job: Job,
}

/// What is left after a schedule.
pub struct Ran {
    /// What store and queue hold.
    pub held: Arc<Held>,
    /// Requests to Graph.
    pub requests: u64,
    /// Polls begun.
    pub polls: usize,
    /// Jobs that went to the dead-letter queue.
    pub dead_letters: usize,
}

struct Runner {
    world: Arc<World>,
    graph: Graph,
    held: Arc<Held>,
    jobs: Vec<Waiting>,
    polls: usize,
    dead_letters: usize,
}

/// Runs the real handler through the schedule of `world`.
pub async fn run(world: &Arc<World>) -> Ran {
    let mut runner = Runner {
        world: Arc::clone(world),
        graph: Graph::new(Arc::clone(world)),
        held: Arc::default(),
        jobs: Vec::new(),
        polls: 0,
        dead_letters: 0,
    };
    runner.all().await;
    Ran {
        requests: runner.graph.requests(),
        held: runner.held,
        polls: runner.polls,
        dead_letters: runner.dead_letters,
    }
}

impl Runner {
    async fn all(&mut self) {
        let world = Arc::clone(&self.world);
        let (end_ms, tick_ms) = (
            world.schedule.total_secs() * 1000,
            world.schedule.tick_secs * 1000,
        );
        let mut process = self.process();
        let mut tick_at = 0;
        while world.elapsed_ms() < end_ms && self.polls < MAX_POLLS {
            let now = world.elapsed_ms();
            if now >= tick_at {
                // What waited behind a slow poll is one poll: so does the wiring with its backlog.
                if !self.jobs.iter().any(|waiting| waiting.job.window.is_none()) {
                    self.push(Job::timer(TENANT), now, 0);
                }
                tick_at = (now / tick_ms + 1) * tick_ms;
            }
            let Some(next) = self.take(now) else {
                let jobs = self.jobs.iter().map(|waiting| waiting.from_ms);
                let next = jobs.chain([tick_at]).min().unwrap_or(tick_at);
                sleep(Duration::from_millis(next.saturating_sub(now).max(1))).await;
                continue;
            };
            if world.strikes(Kind::Overlap).is_some() {
                let other = self.take(now).map_or_else(|| Job::timer(TENANT), |w| w.job);
                let second = self.process();
                let (first_number, second_number) = (self.polls, self.polls + 1);
                self.polls += 2;
                let later = Duration::from_millis(world.roll(0, 3000));
                let (one, two) = tokio::join!(process.poll(&next.job, first_number), async {
                    sleep(later).await;
                    second.poll(&other, second_number).await
                });
                let twin = Waiting {
                    from_ms: now,
                    tries: 0,
                    job: other,
                };
                self.settle(&second, twin, two).await;
                if self.settle(&process, next, one).await {
                    process = self.process();
                }
            } else {
                let number = self.polls;
                self.polls += 1;
                let outcome = process.poll(&next.job, number).await;
                if self.settle(&process, next, outcome).await {
                    process = self.process();
                }
            }
        }
    }

    fn process(&self) -> Process {
        Process::new(&self.world, &self.graph, &self.held)
    }

    fn push(&mut self, job: Job, from_ms: u64, tries: u64) {
        self.jobs.push(Waiting {
            from_ms,
            tries,
            job,
        });
    }

    /// The next job whose time has come.
    fn take(&mut self, now_ms: u64) -> Option<Waiting> {
        let place = self.jobs.iter().position(|w| w.from_ms <= now_ms)?;
        Some(self.jobs.remove(place))
    }

    /// Does with a job what the Lambda wiring does; whether its process died.
    async fn settle(&mut self, process: &Process, done: Waiting, outcome: Outcome) -> bool {
        let now = self.world.elapsed_ms();
        let again = |secs: u64| now + secs * 1000;
        match outcome {
            Outcome::Died => {
                self.retry(done, again(HIDDEN_SECS));
                return true;
            }
            Outcome::Done(Err(_)) => {
                if let Some(window) = done.job.window
                    && process.owe(window).await
                {
                    return false;
                }
                let secs = 30 * (done.tries + 1);
                self.retry(done, again(secs));
            }
            Outcome::Done(Ok(report)) => {
                if let Ending::Postponed(delay) = report.ending {
                    self.retry(done, again(delay.as_secs().max(1)));
                    return false;
                }
                let world = Arc::clone(&self.world);
                for job in report.follow_ups {
                    if world.strikes(Kind::JobLost).is_some() {
                        continue;
                    }
                    self.push(job, now, 0);
                }
                if world.strikes(Kind::Repeat).is_some() {
                    let later = now + world.roll(0, 900_000);
                    self.push(done.job, later, 0);
                    self.jobs.reverse();
                }
            }
        }
        false
    }

    fn retry(&mut self, failed: Waiting, from_ms: u64) {
        if failed.tries + 1 >= MAX_TRIES {
            self.dead_letters += 1;
            let why: Why = failed.job.why;
            self.world
                .note(|| format!("a {} job went to the dead-letter queue", why.as_str()));
        } else {
            self.push(failed.job, from_ms, failed.tries + 1);
        }
    }
}
