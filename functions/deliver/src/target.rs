use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_time::Deadline;

use crate::Record;

/// A SIEM's own intake. Each folder of `targets/` implements it once.
#[async_trait]
pub trait Target: Send + Sync {
    /// Its name, as the setting `target` has it.
    fn name(&self) -> &'static str;

    /// The most that one call of [`deliver`](Self::deliver) is given.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Delivers records and says of each, in their order, what became of it.
    ///
    /// What is still under way at `until` is given up and comes back as [`Outcome::Later`].
    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome>;

    /// The same for who decides himself what becomes of what is refused: that is [`Outcome::Refused`], even if
    /// nothing is taken. After some records that are refused one by one, the others are not sent.
    async fn deliver_and_tell(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        self.deliver(records, until).await
    }

    /// The same where somebody wants what is refused given up, even if it is everything.
    async fn deliver_or_give_up(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        self.deliver(records, until).await
    }
}

/// What becomes of records where the target refuses every one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AllRefused {
    /// They wait: a setting is wrong rather than the records.
    Wait,
    /// Those that were sent are told to be refused, and who asks decides.
    Tell,
    /// They are given up, since somebody wants that.
    GiveUp,
}

/// What became of a record. The reasons are for an operator: they name settings, codes and
/// fields, and hold neither a secret nor anything of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The target has it.
    Taken,
    /// The target has it, but not all of it.
    TakenInPart(String),
    /// The target does not have it: deliver it again later.
    Later(Later),
    /// The target will never take this record, however often it is sent.
    Refused(String),
}

impl Outcome {
    /// Whether the target has it, whole or not.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Taken | Self::TakenInPart(_))
    }
}

/// Why and when to deliver again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// How long the target asked to wait, if it said so.
    pub after: Option<Duration>,
    /// What happened and what to do, unless it heals by itself.
    pub reason: String,
}

impl Later {
    /// Deliver again after the usual time, for that reason.
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self {
            after: None,
            reason: reason.into(),
        }
    }
}

/// How much is delivered at once. Together with [`IN_FLIGHT`](crate::IN_FLIGHT) it bounds the
/// memory: records beyond that are not held in any other form than they came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records, at most.
    pub records: usize,
    /// Bytes of their bodies, at most; a single larger record goes alone.
    pub bytes: usize,
}

impl Limits {
    /// Cuts records of these sizes into ranges within the limits, in their order. A record over the
    /// limit is a range of its own.
    pub(crate) fn ranges(self, sizes: impl IntoIterator<Item = usize>) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut bytes = 0;
        for (at, size) in sizes.into_iter().enumerate() {
            match ranges.last_mut() {
                Some(range) if range.len() < self.records && bytes + size <= self.bytes => {
                    range.end = at + 1;
                    bytes += size;
                }
                _ => {
                    ranges.push(at..at + 1);
                    bytes = size;
                }
            }
        }
        ranges
    }
}

impl Default for Limits {
    /// Tenths of what an invocation has at most, which is a thousand messages or 6 MB with all that
    /// Lambda writes around them: a full one has [`IN_FLIGHT`](crate::IN_FLIGHT) requests at once.
    fn default() -> Self {
        Self {
            records: 100,
            bytes: 450_000,
        }
    }
}
