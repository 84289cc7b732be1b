//! The kinds of fault, each of which can be switched off to shrink a schedule.

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Many alerts share one `lastUpdateDateTime`.
    Ties,
    /// Versions turn up in Graph up to 600 s after their own `lastUpdateDateTime`.
    Late,
    /// Updates make alerts leave a window while it is being paged, slowly.
    Moves,
    /// Alerts that do not parse.
    BadAlert,
    /// Alerts from before the first poll.
    Backlog,
    /// 429 with `Retry-After`.
    Throttled,
    /// 429 without `Retry-After`.
    ThrottledSilently,
    /// 500, 502, 503, 504.
    ServerError,
    /// The connection is reset.
    Reset,
    /// No answer within the client's time-out.
    Timeout,
    /// The body ends too early.
    CutOff,
    /// The body is no page.
    Malformed,
    /// 206 and a `Warning`, and rows missing from the page.
    Partial,
    /// The token expires in the middle.
    Unauthorized,
    /// A page fails whenever one given alert is on it.
    Poison,
    /// The store answers nothing and does nothing.
    StoreDown,
    /// The store does the work and the answer is lost.
    StoreAmbiguous,
    /// Somebody else writes the state object first.
    StoreConflict,
    /// The queue answers nothing and does nothing.
    QueueDown,
    /// The queue takes some or all messages and the answer is lost.
    QueueAmbiguous,
    /// The queue refuses single messages for now.
    QueueRefuses,
    /// The queue refuses single messages for good.
    QueueRefusesForGood,
    /// What was sent cannot be made durable.
    FlushFails,
    /// The process dies before or after one I/O step.
    Death,
    /// Two polls at once.
    Overlap,
    /// Jobs come twice and out of order.
    Repeat,
    /// The jobs of unfinished windows are lost.
    JobLost,
    /// A poll has hardly any time.
    LittleTime,
    /// The poller's clock jumps.
    ClockJump,
    /// Versions turn up in Graph hours or days after their own `lastUpdateDateTime`.
    VeryLate,
    /// Other tenants share the store, the queue and the processes, one or two of them in trouble
    /// that never ends. The kinds below come only as such trouble.
    Neighbours,
    /// 403, whatever the token.
    Forbidden,
    /// The state object is no state.
    StateDamaged,
    /// The store never gives the state object.
    StateUnreadable,
    /// Evidence comes piece by piece: a device's id, its names, users, processes, addresses.
    LateEvidence,
    /// An operator asks for a range from before the first poll, while polls are under way.
    Backfill,
    /// An operator replays the gaps that were quarantined.
    Replay,
    /// A page is answered with anything but a page whenever one given alert is on it: refused,
    /// throttled, a web page, a next link that leads nowhere.
    PoisonAnswer,
    /// Graph lists only so many rows of a window. Behind them it fails, or gives no next link.
    CappedRows,
    /// Replicas behind Graph disagree: a page has old versions or new ones, with a property that is
    /// null or absent, its members or its evidence in another order.
    Replicas,
    /// One sort of question (a list, a next link, a count, a sign-in) is answered with a status, a web
    /// page or a `Retry-After` that nobody expects there.
    OddAnswer,
    /// Graph lists what it has in its own way: rows twice, empty pages, smaller ones than were asked
    /// for, no rows at all, a next link that leads back.
    OddPages,
    /// Graph throttles a tenant whose own requests are too many.
    OwnBudget,
    /// Clocks are wrong by minutes, hours or days, for one poll or for a while, in all processes or in
    /// some.
    WrongClock,
    /// Alerts that Graph does not show any more, and then shows again.
    Vanishes,
    /// Versions whose `lastUpdateDateTime` is earlier than that of the version before.
    TimeGoesBack,
    /// Half of a surrogate pair in a title.
    HalfCharacter,
    /// Alerts that are larger than a page, or than any alert may be.
    LargeAlert,
    /// A first poll that looks days back, to more than it has the time for.
    LongLookBack,
    /// A state that knows hundreds of alerts before the schedule begins.
    LargeState,
    /// Records in three formats, one of whose queues refuses them for a while.
    ManyOutputs,
    /// A disk that is full: there is room for some records, and none for the state.
    DiskFull,
    /// A call that never returns, whatever its deadline. It comes only as a neighbour's trouble.
    Stuck,
    /// Graph lists fewer than ten rows of a window, without a next link.
    CappedShort,
    /// Graph lists as many rows as there is room for, of which some are larger than others, without a next
    /// link.
    CappedBytes,
    /// Graph counts an alert that it never lists.
    Unlisted,
    /// Graph refuses to say how many alerts a window has, or fails.
    CountFails,
    /// Every question about a window fails whenever one given alert lies in it, whatever else the page has.
    PoisonWindow,
    /// Nobody has polled for days, up to more than any sweep reads again.
    LongOutage,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 59] = [
        Self::Ties,
        Self::Late,
        Self::Moves,
        Self::BadAlert,
        Self::Backlog,
        Self::Throttled,
        Self::ThrottledSilently,
        Self::ServerError,
        Self::Reset,
        Self::Timeout,
        Self::CutOff,
        Self::Malformed,
        Self::Partial,
        Self::Unauthorized,
        Self::Poison,
        Self::StoreDown,
        Self::StoreAmbiguous,
        Self::StoreConflict,
        Self::QueueDown,
        Self::QueueAmbiguous,
        Self::QueueRefuses,
        Self::QueueRefusesForGood,
        Self::FlushFails,
        Self::Death,
        Self::Overlap,
        Self::Repeat,
        Self::JobLost,
        Self::LittleTime,
        Self::ClockJump,
        Self::VeryLate,
        Self::Neighbours,
        Self::Forbidden,
        Self::StateDamaged,
        Self::StateUnreadable,
        Self::LateEvidence,
        Self::Backfill,
        Self::Replay,
        Self::PoisonAnswer,
        Self::CappedRows,
        Self::Replicas,
        Self::OddAnswer,
        Self::OddPages,
        Self::OwnBudget,
        Self::WrongClock,
        Self::Vanishes,
        Self::TimeGoesBack,
        Self::HalfCharacter,
        Self::LargeAlert,
        Self::LongLookBack,
        Self::LargeState,
        Self::ManyOutputs,
        Self::DiskFull,
        Self::Stuck,
        Self::CappedShort,
        Self::CappedBytes,
        Self::Unlisted,
        Self::CountFails,
        Self::PoisonWindow,
        Self::LongOutage,
    ];

    /// The kinds that are drawn for a schedule one after the other, the last two from numbers of
    /// their own. Those behind them were added later.
    #[must_use]
    pub fn drawn() -> &'static [Self] {
        &Self::ALL[..=Self::Neighbours as usize]
    }

    /// Whether something goes wrong around the alerts, and not in the alerts themselves.
    #[must_use]
    pub fn is_fault(self) -> bool {
        self > Self::Backlog
            && !matches!(
                self,
                Self::VeryLate
                    | Self::Neighbours
                    | Self::LateEvidence
                    | Self::Backfill
                    | Self::Replay
                    | Self::Vanishes
                    | Self::TimeGoesBack
                    | Self::HalfCharacter
                    | Self::LongLookBack
                    | Self::LongOutage
                    | Self::LargeState
            )
    }

    /// The kind's name, as `--without` takes it.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds(u64);

impl Kinds {
    /// No kind.
    pub const NONE: Self = Self(0);

    /// The set with `kind` in it.
    #[must_use]
    pub fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// Whether `kind` is in it.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The kinds in it.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}
