use std::sync::OnceLock;
use std::time::Duration;

use drawbridge_time::Deadline;
use jiff::Timestamp;

use crate::read_options::{ReadOptions, background};
use crate::{Progress, Stop};

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
}

impl<'a> PollContext<'a> {
    pub(crate) fn new(
        now: Timestamp,
        stop: &'a Stop,
        progress: &'a dyn Progress,
        page_margin_secs: u32,
    ) -> Self {
        Self {
            now,
            stop,
            progress,
            page_margin: Duration::from_secs(page_margin_secs.into()),
            background: OnceLock::new(),
            has_room: OnceLock::new(),
        }
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

    /// Whether there is time for another page.
    pub(crate) fn has_time(&self, options: &ReadOptions) -> bool {
        self.deadline(options).allows(self.page_margin) && !self.stop.is_asked()
    }

    /// Whether there is known to be room for the state.
    pub(crate) fn is_room_known(&self) -> bool {
        self.has_room.get().is_some()
    }

    /// Notes that there is room for the state.
    pub(crate) fn know_room(&self) {
        // It is the same, set twice.
        let _ = self.has_room.set(());
    }
}
