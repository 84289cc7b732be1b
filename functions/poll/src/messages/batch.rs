//! The messages of a batch, sorted by what is to be done with them.

use aws_lambda_events::sqs::SqsMessage;
use drawbridge_cursor::Job;
use drawbridge_lambda::{first_received_at, receive_count, sent_at};

use super::parsed;
use crate::Delivery;

/// A message, with its place in the batch.
#[derive(Clone, Copy)]
pub(super) struct Received<'m> {
    pub(super) place: usize,
    message: &'m SqsMessage,
}

impl Received<'_> {
    /// What SQS calls it while it is in our hands.
    pub(super) fn receipt(&self) -> Option<String> {
        self.message.receipt_handle.clone()
    }

    /// When it was sent and how often it was received, as SQS says.
    pub(super) fn delivery(&self) -> Delivery {
        Delivery {
            sent: sent_at(self.message),
            received: first_received_at(self.message),
            tries: receive_count(self.message).into(),
        }
    }

    /// Whether the process that received it before may have died of it.
    fn is_suspect(&self) -> bool {
        receive_count(self.message) > 1
    }
}

/// The messages of one tenant, in order. All of them ask for the same, but for the version of the
/// tenant's document.
pub(super) struct Group<'m> {
    tenant: String,
    pub(super) jobs: Vec<(Job, Received<'m>)>,
}

impl<'m> Group<'m> {
    /// How often the message was received that was received most often.
    pub(super) fn tries(&self) -> u64 {
        let tries = self.messages().map(|received| received.delivery().tries);
        tries.max().unwrap_or_default()
    }

    /// Its messages.
    pub(super) fn messages(&self) -> impl Iterator<Item = Received<'m>> {
        self.jobs.iter().map(|(_, received)| *received)
    }
}

/// The messages of a batch.
#[derive(Default)]
pub(super) struct Batch<'m> {
    /// The tenants of whom nothing was received before.
    pub(super) fresh: Vec<Group<'m>>,
    /// The others. What came behind a message that was received before waits with it.
    pub(super) suspects: Vec<Group<'m>>,
    /// What is no job.
    pub(super) no_jobs: Vec<Received<'m>>,
}

impl<'m> Batch<'m> {
    /// Sorts messages; of those that are no jobs, the log tells why.
    pub(super) fn of(messages: &'m [SqsMessage]) -> Self {
        let mut batch = Self::default();
        let mut groups: Vec<Group<'m>> = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            let received = Received { place, message };
            let Ok(job) = parsed(message.body.as_deref().unwrap_or_default()) else {
                batch.no_jobs.push(received);
                continue;
            };
            match groups.iter_mut().find(|group| group.tenant == job.tenant) {
                Some(group) => group.jobs.push((job, received)),
                None => groups.push(Group {
                    tenant: job.tenant.clone(),
                    jobs: vec![(job, received)],
                }),
            }
        }
        (batch.suspects, batch.fresh) = groups
            .into_iter()
            .partition(|group| group.messages().any(|received| received.is_suspect()));
        batch
    }
}
