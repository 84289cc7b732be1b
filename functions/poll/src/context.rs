use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use drawbridge_cursor::Pages;
use drawbridge_graph::Room;
use drawbridge_time::Deadline;
use jiff::Timestamp;

use crate::memory::{SMALL, Share, SmallShare};
use crate::read_options::{ReadOptions, background};
use crate::{Progress, Settings, Stop};

/// What is kept of a poll's time for the question whether Graph answers at all.
const KEPT_FOR_QUESTION: Duration = Duration::from_secs(5);

/// What surrounds one poll.
pub(crate) struct PollContext<'a> {
    /// When it began.
    pub(crate) now: Timestamp,
    pub(crate) stop: &'a Stop,
    pub(crate) progress: &'a dyn Progress,
    /// How much time must be left for another page to be begun.
    page_margin: Duration,
    /// Until when its background readings may go on, all together; set when the first begins.
    background: OnceLock<Deadline>,
    /// Set once there is known to be room for the state.
    has_room: OnceLock<()>,
    share: Share,
    /// How many bytes of records it has sent.
    sent_bytes: AtomicUsize,
}

impl<'a> PollContext<'a> {
    pub(crate) fn new(
        now: Timestamp,
        stop: &'a Stop,
        progress: &'a dyn Progress,
        page_margin_secs: u32,
        share: Share,
    ) -> Self {
        Self {
            now,
            stop,
            progress,
            page_margin: Duration::from_secs(page_margin_secs.into()),
            background: OnceLock::new(),
            has_room: OnceLock::new(),
            share,
            sent_bytes: AtomicUsize::new(0),
        }
    }

    /// What the poll has to get by with, if that is the small share of the memory.
    pub(crate) fn small(&self) -> Option<&'static SmallShare> {
        self.share.is_small().then_some(&SMALL)
    }

    /// Whether the poll has the large share beside its small one.
    pub(crate) fn has_grown(&self) -> bool {
        self.share.has_grown()
    }

    /// How large a page of Graph may be.
    pub(crate) fn room(&self) -> Room {
        match self.small() {
            Some(_) => Room::Small,
            None => Room::Usual,
        }
    }

    /// The most memory that the state may take.
    pub(crate) fn state_bytes(&self, settings: &Settings) -> usize {
        let most = settings.most_state_bytes;
        self.small()
            .map_or(most, |small| small.state_bytes.min(most))
    }

    /// Whether there is memory for the pages of a state while they are merged.
    pub(crate) fn may_merge(&self, pages: &Pages) -> bool {
        self.small()
            .is_none_or(|small| pages.largest() <= small.state_page_bytes)
    }

    /// Waits for all of the memory that a poll may take, as long as there is time for a page before
    /// `deadline` then; whether the poll has it.
    pub(crate) async fn grow(&self, deadline: Deadline) -> bool {
        let deadline = deadline.earlier(self.page_margin);
        tokio::select! {
            biased;
            has_grown = self.share.grow(deadline) => has_grown,
            () = self.stop.asked() => false,
        }
    }

    /// Notes bytes of records that were sent.
    pub(crate) fn note_sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes, Relaxed);
    }

    /// Whether the poll has sent more than the small share allows for.
    pub(crate) fn has_sent_much(&self) -> bool {
        let sent = self.sent_bytes.load(Relaxed);
        self.small().is_some_and(|small| sent > small.record_bytes)
    }

    /// Until when a reading may go on.
    pub(crate) fn deadline(&self, options: &ReadOptions) -> Deadline {
        let deadline = self.stop.deadline();
        if options.is_background() {
            *self.background.get_or_init(|| background(deadline))
        } else {
            deadline
        }
    }

    /// Until when the first page may be on its way: what is left then is enough to find out whether
    /// Graph answers anything else. Of little time, the page gets all.
    pub(crate) fn first_page_deadline(deadline: Deadline) -> Deadline {
        if deadline.allows(2 * KEPT_FOR_QUESTION) {
            deadline.earlier(KEPT_FOR_QUESTION)
        } else {
            deadline
        }
    }

    /// Whether there is time for another page: before the deadline, before others have waited too long, and
    /// before it is another one's turn to have the large share of the memory.
    pub(crate) fn has_time(&self, options: &ReadOptions) -> bool {
        let has_time = self.deadline(options).allows(self.page_margin);
        has_time
            && self.stop.allows_a_page()
            && !self.stop.is_asked()
            && !self.share.is_to_be_given_up()
    }

    /// Whether there is known to be room for the state.
    pub(crate) fn is_room_known(&self) -> bool {
        self.has_room.get().is_some()
    }

    /// Notes that there is room for the state.
    pub(crate) fn know_room(&self) {
        // A second call sets the same value.
        let _ = self.has_room.set(());
    }
}
