//! Pollers that are broken on purpose: the same suite has to catch them.

use crate::Kind;

/// What is broken in the real handler, by way of its ports and settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// `gt` for `ge` at a watermark without an overlap.
    GtForGe,
    /// The state is saved before the queue has the records.
    SaveFirst,
    /// No overlap behind the watermark.
    NoOverlap,
    /// Next links are not followed.
    FirstPageOnly,
    /// A 206 is taken for a whole answer.
    Swallowed206,
    /// Nothing reads the last day again.
    NoSweeps,
    /// One group of the jobs queue for all tenants: a job that is to come back holds up everybody.
    OneGroup,
    /// A job that is to come back keeps its process until then.
    SlotKept,
    /// A record is written for its key alone: nothing follows for what comes late.
    NoLateEvidence,
    /// A device whose id was written is taken for known, whatever its names.
    FirstFactIsEnough,
    /// A record that is written is taken to show all that its alert does.
    AllIsCarried,
    /// The state does not keep what was never read.
    UnreadForgotten,
    /// The state does not keep what is to be read again.
    AgainForgotten,
    /// The state does not keep what an operator asked for.
    BackfillForgotten,
    /// The state does not keep what of a backfill is to be read once more.
    SecondForgotten,
    /// The state does not keep from when on the first poll reads, before any of that was delivered.
    FirstForgotten,
    /// A poll writes over what an operator asked for meanwhile.
    OperatorOverwritten,
    /// The state does not keep what it knows without a page.
    KeptForgotten,
    /// The state does not name a page that it has.
    PageForgotten,
    /// Pages are removed before the state is saved that does not need them.
    PagesRemovedFirst,
    /// What Graph counts is not compared with what it lists.
    NotCounted,
    /// A question how many alerts there are that fails is taken for an answer without a number.
    FailedCountIsNone,
    /// A question how many alerts there are that fails is taken for one that Graph never answers.
    FailedCountIsNever,
    /// What a list lacks is looked for in long windows only.
    ShortWindowsNotCounted,
    /// The state does not keep that what has failed is to be read in whole pages again.
    SmallPagesForGood,
    /// Of the versions that were written, the state keeps the last one only.
    LastVersionOnly,
    /// A version is told by its bytes.
    BytesAreMeaning,
    /// A page without rows is taken for the last one.
    EmptyPageIsLast,
    /// Jobs that are done are not deleted before their whole batch is.
    DeletedTogether,
    /// The tenants of a batch are polled one after the other.
    OneAfterTheOther,
    /// A job whose process may have died of it is polled beside others.
    SuspectWithOthers,
    /// Nobody finds a note of what was handed back.
    NotesLost,
    /// What a process had that died is noted as handed back.
    NotesOfTheDead,
    /// Two polls of a process have the large share of its memory at once.
    TwoLargeShares,
    /// Who has the large share keeps it, whoever waits for it.
    LargeShareKept,
    /// What holds a process up has all of its time.
    SlowJobsUnbounded,
    /// A first page is waited for, whoever waits.
    FirstPageAwaited,
    /// The state does not keep that polls take long.
    SlowForgotten,
    /// Each job of a batch is done at once, whatever comes before it in its group.
    GroupInPieces,
    /// Of the jobs of a group that are to come back, only the first one does.
    LaterAcknowledged,
    /// A poll that hangs is waited for.
    Unbounded,
    /// A job that is to come back is hidden for as long as the queue can.
    HiddenForLong,
    /// The process's own clock tells when a job was received.
    DoneByOwnClock,
    /// Nobody asks whether there is room for the state before records are sent.
    NotReserved,
    /// An output that refuses a record is taken to have it.
    RefusedIsSent,
}

impl Mutation {
    /// Every mutation.
    pub const ALL: [Self; 45] = [
        Self::GtForGe,
        Self::SaveFirst,
        Self::NoOverlap,
        Self::FirstPageOnly,
        Self::Swallowed206,
        Self::NoSweeps,
        Self::OneGroup,
        Self::SlotKept,
        Self::DeletedTogether,
        Self::OneAfterTheOther,
        Self::SuspectWithOthers,
        Self::NotesLost,
        Self::NotesOfTheDead,
        Self::TwoLargeShares,
        Self::LargeShareKept,
        Self::SlowJobsUnbounded,
        Self::FirstPageAwaited,
        Self::SlowForgotten,
        Self::GroupInPieces,
        Self::LaterAcknowledged,
        Self::Unbounded,
        Self::NoLateEvidence,
        Self::FirstFactIsEnough,
        Self::AllIsCarried,
        Self::UnreadForgotten,
        Self::AgainForgotten,
        Self::BackfillForgotten,
        Self::SecondForgotten,
        Self::FirstForgotten,
        Self::OperatorOverwritten,
        Self::KeptForgotten,
        Self::PageForgotten,
        Self::PagesRemovedFirst,
        Self::NotCounted,
        Self::FailedCountIsNone,
        Self::FailedCountIsNever,
        Self::ShortWindowsNotCounted,
        Self::SmallPagesForGood,
        Self::LastVersionOnly,
        Self::BytesAreMeaning,
        Self::EmptyPageIsLast,
        Self::HiddenForLong,
        Self::DoneByOwnClock,
        Self::NotReserved,
        Self::RefusedIsSent,
    ];

    /// Whether it sweeps. A sweep would make up for what most mutants do.
    #[must_use]
    pub(crate) fn sweeps(self) -> bool {
        self.shows_with() == Some(Kind::Neighbours)
    }

    /// The kind of fault without which nobody could notice.
    #[must_use]
    pub fn shows_with(self) -> Option<Kind> {
        match self {
            Self::NoSweeps => Some(Kind::VeryLate),
            Self::OneGroup
            | Self::SlotKept
            | Self::DeletedTogether
            | Self::OneAfterTheOther
            | Self::SuspectWithOthers
            | Self::NotesLost
            | Self::NotesOfTheDead
            | Self::TwoLargeShares
            | Self::LargeShareKept
            | Self::SlowJobsUnbounded
            | Self::FirstPageAwaited
            | Self::SlowForgotten
            | Self::GroupInPieces
            | Self::LaterAcknowledged
            | Self::Unbounded => Some(Kind::Neighbours),
            Self::NoLateEvidence | Self::FirstFactIsEnough | Self::AllIsCarried => {
                Some(Kind::LateEvidence)
            }
            Self::LastVersionOnly | Self::BytesAreMeaning => Some(Kind::Replicas),
            Self::NotCounted => Some(Kind::CappedRows),
            Self::FailedCountIsNone => Some(Kind::LongLookBack),
            Self::FailedCountIsNever => Some(Kind::CountFails),
            Self::ShortWindowsNotCounted => Some(Kind::CappedShort),
            Self::SmallPagesForGood => Some(Kind::Ties),
            Self::EmptyPageIsLast => Some(Kind::OddPages),
            Self::DoneByOwnClock => Some(Kind::WrongClock),
            Self::NotReserved => Some(Kind::DiskFull),
            Self::RefusedIsSent => Some(Kind::ManyOutputs),
            Self::BackfillForgotten | Self::SecondForgotten | Self::OperatorOverwritten => {
                Some(Kind::Backfill)
            }
            _ => None,
        }
    }
}
