//! A process with the real handler in it.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use drawbridge_poll::messages::{CLOSING_TIME, JobMessages, JobsQueue, SlowJobs};
use drawbridge_poll::{Jobs, Memory, Stop};
use drawbridge_time::Deadline;
use futures::future::join_all;

use super::message::{Received, as_fresh, received_at};
use super::polls::{Current, Polls};
use super::queue::Sqs;
use super::tenant::Tenant;
use crate::{Event, Kind, Mutation, Schedule};

/// A process: it polls whichever tenants it is given jobs of, until it dies.
pub(super) struct Process {
    tenants: Vec<Arc<Tenant>>,
    number: usize,
    polls: Polls,
    memory: Memory,
    messages: Arc<JobMessages<Polls>>,
}

impl Process {
    pub(super) fn new(tenants: &[Arc<Tenant>], queue: &Arc<Sqs>, number: usize) -> Self {
        let polls = Polls::new(tenants, number);
        let memory = match tenants[0].world.schedule.mutation {
            Some(Mutation::TwoLargeShares) => Memory::with_large_shares(2, Duration::from_secs(15)),
            Some(Mutation::LargeShareKept) => Memory::with_large_shares(1, Duration::MAX),
            _ => Memory::shared(),
        };
        let slow_jobs = match tenants[0].world.schedule.mutation {
            Some(Mutation::SlowJobsUnbounded) => SlowJobs::with(1, Duration::from_secs(4)),
            Some(Mutation::FirstPageAwaited) => SlowJobs::with(4, Duration::from_secs(600)),
            _ => SlowJobs::default(),
        };
        let messages = JobMessages {
            pollers: polls.clone(),
            jobs: Jobs::within(memory.clone()),
            slow_jobs,
            queue: JobsQueue {
                visibility: queue.clone(),
                deletion: queue.clone(),
                queue: queue.clone(),
                place: "jobs".to_owned(),
            },
            store: queue.notes(),
            clock: Arc::new(tenants[0].ports(Current::default(), number)),
            log: Arc::new(polls.clone()),
        };
        Self {
            tenants: tenants.to_vec(),
            number,
            polls,
            memory,
            messages: Arc::new(messages),
        }
    }

    fn schedule(&self) -> &Schedule {
        &self.tenants[0].world.schedule
    }

    /// Answers a batch; none if the process died of one of its polls, or was killed for want of time.
    /// So many faults of each tenant had struck when the batch was received.
    pub(super) async fn invoke(
        &self,
        batch: &[Received],
        before: &[u64],
    ) -> Option<SqsBatchResponse> {
        self.polls.begin(before);
        let timeout = Duration::from_secs(self.timeout_secs(batch));
        let stop = match self.schedule().mutation {
            Some(Mutation::Unbounded) => Stop::at(Deadline::none()),
            _ => Stop::at(Deadline::after(timeout - CLOSING_TIME)),
        };
        let messages: Vec<SqsMessage> = batch.iter().map(|message| self.handed(message)).collect();
        tokio::select! {
            biased;
            () = self.polls.died() => self.polls.abandon("the process died"),
            () = self.two_large_polls() => unreachable!("it goes on for ever"),
            response = self.answer(&messages, &stop) => return Some(response),
            () = tokio::time::sleep(timeout) => {
                let tenant = &self.tenants[0];
                tenant.world.count(|counts| counts.event(Event::KilledByTimeout, 1));
                tenant.broken("a process was killed because a poll took too long");
                self.polls.abandon("killed, it took too long");
            }
        }
        None
    }

    /// Looks again and again whether two polls have the large share of the memory, where alerts are larger
    /// than the small one.
    async fn two_large_polls(&self) {
        let mut tenants = self.tenants.iter();
        if !tenants.any(|tenant| tenant.world.schedule.has(Kind::LargeAlert)) {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.memory.large_polls() > 1 {
                self.tenants[0].broken("two polls have the large share of a process's memory");
                std::future::pending::<()>().await;
            }
        }
    }

    async fn answer(&self, messages: &[SqsMessage], stop: &Stop) -> SqsBatchResponse {
        if self.schedule().mutation != Some(Mutation::GroupInPieces) {
            return self.messages.answer(messages, stop).await;
        }
        // As if each message were the only one of its group.
        let pieces = messages
            .chunks(1)
            .map(|piece| self.messages.answer(piece, stop));
        let pieces = join_all(pieces).await;
        let mut response = SqsBatchResponse::default();
        let failures = pieces
            .into_iter()
            .flat_map(|piece| piece.batch_item_failures);
        response.batch_item_failures = failures.collect();
        response
    }

    /// How many polls of a tenant had something to do in the last invocation.
    pub(super) fn polled(&self, tenant: usize) -> usize {
        self.polls.polled(tenant)
    }

    fn timeout_secs(&self, batch: &[Received]) -> u64 {
        let mut secs = self.schedule().timeout_secs;
        for (place, tenant) in self.tenants.iter().enumerate() {
            let world = &tenant.world;
            let is_polled = batch.iter().any(|message| message.waiting.tenant == place);
            if is_polled && world.strikes(Kind::LittleTime).is_some() {
                secs = secs.min(world.roll(16, 20));
            }
        }
        secs
    }

    /// A message as the process has it.
    fn handed(&self, message: &Received) -> SqsMessage {
        let world = &self.tenants[message.waiting.tenant].world;
        let mut handed = message.sqs.clone();
        match world.schedule.mutation {
            Some(Mutation::DoneByOwnClock) => {
                received_at(&mut handed, world.clock_of(self.number));
            }
            Some(Mutation::SuspectWithOthers) => as_fresh(&mut handed),
            _ => {}
        }
        handed
    }
}
