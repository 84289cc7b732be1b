//! The messages of a batch, sorted by what is to be done with them.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::SqsMessage;
use drawbridge_cursor::Job;
use drawbridge_lambda::{first_received_at, receive_count, sent_at};

use super::handed_back::{Counts, History, Note, Notes};
use super::parsed;
use crate::Delivery;

/// A message, with its place in the batch.
#[derive(Clone, Copy)]
pub(super) struct Received<'m> {
    pub(super) place: usize,
    message: &'m SqsMessage,
    history: History,
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
            tries: self.history.tries,
        }
    }

    /// What is noted of it when it is handed back, if its job was begun or not.
    pub(super) fn counts(&self, was_begun: bool) -> (String, Counts) {
        let counts = Counts {
            receives: receive_count(self.message).into(),
            tries: self.history.tries - u64::from(!was_begun),
            is_suspect: !was_begun && self.history.is_suspect,
        };
        (self.message.message_id.clone().unwrap_or_default(), counts)
    }
}

/// The messages of one tenant, in order. All of them ask for the same, but for the version of the
/// tenant's document.
pub(super) struct Group<'m> {
    pub(super) tenant: String,
    pub(super) jobs: Vec<(Job, Received<'m>)>,
}

impl<'m> Group<'m> {
    /// How often the job was begun that was begun most often, this time included.
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
    /// The tenants of whom nothing may have killed a process.
    pub(super) fresh: Vec<Group<'m>>,
    /// The others. What came behind such a message waits with it.
    pub(super) suspects: Vec<Group<'m>>,
    /// What is no job.
    pub(super) no_jobs: Vec<Received<'m>>,
}

impl<'m> Batch<'m> {
    /// Sorts messages by what is known of those that were received before; of those that are no jobs, the
    /// log tells why.
    pub(super) fn of(messages: &'m [SqsMessage], notes: &Notes) -> Self {
        let mut batch = Self::default();
        let mut groups: Vec<Group<'m>> = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            let job = parsed(message.body.as_deref().unwrap_or_default());
            let note = job.as_ref().ok().and_then(|job| notes.get(&job.tenant));
            let id = message.message_id.as_deref().unwrap_or_default();
            let history = note
                .unwrap_or(&Note::default())
                .history(id, receive_count(message).into());
            let received = Received {
                place,
                message,
                history,
            };
            let Ok(job) = job else {
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
            .partition(|group| group.messages().any(|received| received.history.is_suspect));
        batch
    }
}

/// The tenants of messages that were received before.
pub(super) fn received_before(messages: &[SqsMessage]) -> Vec<String> {
    let before = messages.iter().filter(|message| receive_count(message) > 1);
    let jobs = before.filter_map(|message| Job::parse(message.body.as_deref()?).ok());
    let tenants: BTreeSet<String> = jobs.map(|job| job.tenant).collect();
    tenants.into_iter().collect()
}
