//! The workers of the poll function, as an event source of Lambda has them: each takes a batch of the
//! queue, has a process answer it and settles it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lambda_events::sqs::SqsBatchResponse;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::sleep;

use super::message::Received;
use super::process::Process;
use super::queue::{HIDDEN_SECS, Sqs};
use super::tenant::Tenant;
use super::timer::Timer;
use crate::{Kind, Mutation, Schedule};

/// What a schedule may take of polls before it counts as stalled, besides those of a tenant whose process
/// dies each time that its job comes back.
const MAX_POLLS: u64 = 5000;

/// The tenants, their queue, and how many processes there were.
pub(super) struct Workers {
    tenants: Vec<Arc<Tenant>>,
    queue: Arc<Sqs>,
    processes: AtomicUsize,
}

/// A second poll of a tenant that comes too early.
struct Second {
    process: Process,
    message: Received,
    later: Duration,
}

impl Workers {
    pub(super) fn new(tenants: &[Arc<Tenant>]) -> Self {
        Self {
            tenants: tenants.to_vec(),
            queue: Arc::new(Sqs::new(tenants)),
            processes: AtomicUsize::new(0),
        }
    }

    fn schedule(&self) -> &Schedule {
        &self.tenants[0].world.schedule
    }

    /// Runs the schedule to its end. Processes that have nothing to do stay warm.
    pub(super) async fn run(&self) {
        let schedule = self.schedule();
        let end_ms = schedule.total_secs() * 1000;
        // Without an order, nothing but the fault of that name has a tenant polled twice at once.
        let slots = if schedule.in_order { schedule.slots } else { 1 };
        let mut timer = Timer::new(self.tenants.len());
        let (mut idle, mut busy) = (Vec::new(), FuturesUnordered::new());
        while !self.is_over(end_ms) {
            let now = self.now_ms();
            timer.fire(now, &self.tenants, &self.queue);
            while busy.len() < slots {
                let batch = self.queue.receive(schedule.batch);
                if batch.is_empty() {
                    break;
                }
                let process = idle.pop().unwrap_or_else(|| self.process());
                busy.push(self.work(process, batch));
            }
            let mut next = timer.next_ms().min(end_ms);
            if busy.len() < slots {
                next = next.min(self.queue.next_ms().unwrap_or(next));
            }
            let pause = Duration::from_millis(next.saturating_sub(now).max(1));
            tokio::select! {
                biased;
                Some(process) = busy.next() => idle.extend(process),
                () = self.queue.changed() => {}
                () = sleep(pause) => {}
            }
        }
        while busy.next().await.is_some() {}
    }

    fn is_over(&self, end_ms: u64) -> bool {
        let most = MAX_POLLS + end_ms / (HIDDEN_SECS * 1000);
        let mut tenants = self.tenants.iter();
        let stalled = tenants.any(|tenant| tenant.polls() as u64 >= most);
        self.now_ms() >= end_ms || stalled
    }

    fn now_ms(&self) -> u64 {
        self.tenants[0].world.elapsed_ms()
    }

    /// A new process.
    fn process(&self) -> Process {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        Process::new(&self.tenants, &self.queue, number)
    }

    /// Has a batch answered and settled; the process, unless it died.
    async fn work(&self, process: Process, mut batch: Vec<Received>) -> Option<Process> {
        let strikes = self.tenants.iter().map(|t| t.world.strikes_so_far());
        let before: Vec<u64> = strikes.collect();
        let second = self.second(&mut batch);
        let (is_alive, ()) = tokio::join!(self.answer(&process, &batch, &before), async {
            if let Some(second) = second {
                sleep(second.later).await;
                let batch = [second.message];
                self.answer(&second.process, &batch, &before).await;
            }
        });
        if self.schedule().mutation == Some(Mutation::SlotKept)
            && let Some(back_ms) = self.queue.back_ms(&batch)
        {
            sleep(Duration::from_millis(back_ms.saturating_sub(self.now_ms()))).await;
        }
        is_alive.then_some(process)
    }

    /// If two polls of a tenant are to run at once, the second one of them: of another message of the
    /// batch where the queue has no order, else of one that is received again.
    fn second(&self, batch: &mut Vec<Received>) -> Option<Second> {
        let tenants: BTreeSet<usize> = batch.iter().map(|m| m.waiting.tenant).collect();
        let struck = |place: &usize| self.tenants[*place].world.strikes(Kind::Overlap).is_some();
        let place = tenants.into_iter().find(struck)?;
        let world = &self.tenants[place].world;
        let message = match batch.len() {
            2.. if !world.schedule.in_order => batch.pop()?,
            _ => self.queue.receive_again(place),
        };
        Some(Second {
            process: self.process(),
            message,
            later: Duration::from_millis(world.roll(0, 3000)),
        })
    }

    /// Has a process answer a batch, and the queue do with each message what is to be done with it;
    /// whether the process is alive.
    async fn answer(&self, process: &Process, batch: &[Received], before: &[u64]) -> bool {
        let polls_before: Vec<usize> = self.tenants.iter().map(|t| t.polls()).collect();
        let mut response = process.invoke(batch, before).await;
        self.queue.change_notes(batch, response.is_none());
        if self.schedule().mutation == Some(Mutation::LaterAcknowledged)
            && let Some(response) = &mut response
        {
            acknowledge_later(batch, response);
        }
        // Repeated without end, a job that is done already would take no time.
        let mut polled: Vec<usize> = (0..self.tenants.len()).map(|n| process.polled(n)).collect();
        for message in batch {
            let is_gone = self.queue.settle(message, response.as_ref());
            if !is_gone && response.is_none() && is_only_one(message, batch) {
                let tenant = message.waiting.tenant;
                self.tenants[tenant].comes_back(polls_before[tenant]);
            }
            let polled = &mut polled[message.waiting.tenant];
            if is_gone && *polled > 0 {
                *polled -= 1;
                self.repeat(message);
            }
        }
        response.is_some()
    }

    /// Has a message that is gone come once more, if it is to.
    fn repeat(&self, message: &Received) {
        let world = &self.tenants[message.waiting.tenant].world;
        if world.strikes(Kind::Repeat).is_some() {
            let later = world.elapsed_ms() + world.roll(0, 900_000);
            self.queue.repeat(message, later);
        }
    }
}

/// Whether a batch has no other message of the same tenant.
fn is_only_one(message: &Received, batch: &[Received]) -> bool {
    let tenant = message.waiting.tenant;
    let mut others = batch.iter().filter(|other| other.waiting.tenant == tenant);
    others.nth(1).is_none()
}

/// Has only the first message of each group among those that failed.
fn acknowledge_later(batch: &[Received], response: &mut SqsBatchResponse) {
    let group = |id: &str| {
        let mut batch = batch.iter();
        let message = batch.find(|message| message.waiting.id == id)?;
        Some(message.waiting.tenant)
    };
    let mut groups = BTreeSet::new();
    let failures = &mut response.batch_item_failures;
    failures.retain(|failure| groups.insert(group(&failure.item_identifier)));
}
