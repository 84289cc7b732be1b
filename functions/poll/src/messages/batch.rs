//! The messages of a batch, sorted by when they are polled.

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
    /// Its receipt handle, which SQS asks for to hide or delete it.
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

    /// Whether its job is known to be slow.
    pub(super) fn holds_up(&self) -> bool {
        self.history.holds_up
    }

    /// What is noted about it when it is handed back, given how its job went.
    pub(super) fn counts(&self, tried: Tried) -> (String, Counts) {
        let counts = Counts {
            receives: receive_count(self.message).into(),
            tries: self.history.tries - u64::from(tried.is_none()),
            is_suspect: tried == Tried::NotBegun && self.history.is_suspect,
            holds_up: match tried {
                Tried::NotBegun => self.history.holds_up,
                Tried::Ended => false,
                Tried::CutShort | Tried::HeldUp => true,
            },
            had_no_time: false,
        };
        (self.message.message_id.clone().unwrap_or_default(), counts)
    }
}

/// How the job of a message went that is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// It was not begun.
    NotBegun,
    /// It ended by itself.
    Ended,
    /// It was cut short for the sake of others, and may take long the next time.
    CutShort,
    /// It took long and failed, or did not end at all, and may hold up its process again.
    HeldUp,
}

impl Tried {
    /// Whether it counts as no try.
    fn is_none(self) -> bool {
        matches!(self, Self::NotBegun | Self::CutShort)
    }
}

/// The messages of one tenant, in order. All of them ask for the same, but for the version of the
/// tenant's document.
pub(super) struct Group<'m> {
    pub(super) tenant: String,
    pub(super) jobs: Vec<(Job, Received<'m>)>,
    /// Whether the tenant's polls are known to take long.
    pub(super) is_slow: bool,
    /// Whether those before it took all the time that there was.
    pub(super) had_no_time: bool,
}

impl<'m> Group<'m> {
    /// Its messages.
    pub(super) fn messages(&self) -> impl Iterator<Item = Received<'m>> {
        self.jobs.iter().map(|(_, received)| *received)
    }

    /// Whether something of it may have killed a process.
    pub(super) fn is_suspect(&self) -> bool {
        self.messages().any(|received| received.history.is_suspect)
    }

    /// Whether something of it is known to hold up its process.
    pub(super) fn holds_up(&self) -> bool {
        self.is_slow || self.messages().any(|received| received.history.holds_up)
    }

    /// Whether it is a suspect for which there was no time the last time.
    fn is_starved(&self) -> bool {
        let had_no_time = self.messages().any(|received| received.history.had_no_time);
        had_no_time && self.is_suspect() && !self.holds_up()
    }

    /// What is noted of its messages when they are handed back before anything of it is begun.
    pub(super) fn note(&self) -> Note {
        let counts = self.messages().map(|received| {
            let (id, counts) = received.counts(Tried::NotBegun);
            let counts = Counts {
                holds_up: counts.holds_up || self.is_slow,
                had_no_time: self.had_no_time,
                ..counts
            };
            (id, counts)
        });
        Note::of(counts)
    }
}

/// The messages of a batch.
#[derive(Default)]
pub(super) struct Batch<'m> {
    /// The tenants without a job that may kill its process or be slow.
    pub(super) fresh: Vec<Group<'m>>,
    /// The other tenants, which are polled later. Messages behind such a message wait with it.
    pub(super) postponed: Vec<Group<'m>>,
    /// The messages that are no jobs.
    pub(super) no_jobs: Vec<Received<'m>>,
}

impl<'m> Batch<'m> {
    /// Sorts messages by what is known about those that were received before. For a message that is no job, the
    /// log says why.
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
                    is_slow: false,
                    had_no_time: false,
                }),
            }
        }
        (batch.postponed, batch.fresh) = groups
            .into_iter()
            .partition(|group| group.is_suspect() || group.holds_up());
        batch
    }

    /// Puts a suspect first for which there was no time the last time, and takes out the fresh, who may take all
    /// the time again: they are to be handed back, so that the suspect is alone in its process and they need not
    /// wait for it.
    pub(super) fn make_way_for_starved(&mut self) -> Vec<Group<'m>> {
        let Some(starved) = self.postponed.iter().position(Group::is_starved) else {
            return Vec::new();
        };
        self.postponed[..=starved].rotate_right(1);
        std::mem::take(&mut self.fresh)
    }
}

/// Splits postponed tenants into those that are polled next and those that come back later: a suspect is polled
/// alone, slow ones together. Whichever came first has its turn.
pub(super) fn next_postponed<'m>(
    groups: Vec<Group<'m>>,
    has_time: bool,
) -> (Vec<Group<'m>>, Vec<Group<'m>>) {
    let (mut may, mut later): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| has_time || !group.holds_up());
    if may.first().is_some_and(Group::is_suspect) {
        later.extend(may.drain(1..));
    } else {
        later.extend(may.extract_if(.., |group| group.is_suspect()));
    }
    (may, later)
}

/// The tenants of messages that were received before.
pub(super) fn received_before(messages: &[SqsMessage]) -> Vec<String> {
    let before = messages.iter().filter(|message| receive_count(message) > 1);
    let jobs = before.filter_map(|message| Job::parse(message.body.as_deref()?).ok());
    let tenants: BTreeSet<String> = jobs.map(|job| job.tenant).collect();
    tenants.into_iter().collect()
}
