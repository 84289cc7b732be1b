use drawbridge_cursor::Window;
use drawbridge_graph::{ErrorKind, GraphError};
use drawbridge_time::Deadline;
use jiff::{SignedDuration, Timestamp};

use super::Drain;
use super::attempt::{Attempt, SMALL_PAGE};
use crate::{PollError, Poller};

/// What to do about an attempt that failed.
pub(super) enum Narrowed {
    /// Try these, the last one first; none when it was put aside as a gap.
    To(Vec<Attempt>),
    /// There is no time to try.
    NoTime,
}

impl Drain<'_> {
    /// What to try after `attempt` failed with `error`: smaller pages, then the halves of the
    /// window; when it cannot get smaller, the window is put aside as a gap.
    pub(super) async fn narrow(
        &mut self,
        attempt: Attempt,
        error: GraphError,
    ) -> Result<Narrowed, PollError> {
        match error.kind() {
            ErrorKind::TooLarge | ErrorKind::Server | ErrorKind::Network => {}
            _ => return Err(error.into()),
        }
        if !self.has_time() {
            // In halves the window may fit next time, but only if it is the window's fault.
            let smallest_ms = self.poller.settings.windows.smallest_ms;
            return match (self.answered, attempt.window.halves(smallest_ms)) {
                (false, _) => Err(error.into()),
                (true, Some(_)) => Ok(Narrowed::NoTime),
                // It cannot get smaller, and the next time would not be longer.
                (true, None) => self.gap(attempt.window, &error).await,
            };
        }
        // Smaller pages are the answer to one that is too large; the window is not at fault.
        let page_is_at_fault = error.kind() == ErrorKind::TooLarge && attempt.top > SMALL_PAGE;
        let deadline = self.context.stop.deadline();
        if !page_is_at_fault && !self.poller.answers_nothing(deadline).await {
            return Err(error.into());
        }
        self.answered = true;
        let narrower = attempt.narrower(self.poller.settings.windows.smallest_ms);
        if narrower.is_empty() {
            return self.gap(attempt.window, &error).await;
        }
        Ok(Narrowed::To(narrower))
    }

    /// Puts a window aside that no request gets.
    async fn gap(&mut self, window: Window, error: &GraphError) -> Result<Narrowed, PollError> {
        if !self.options.dry_run {
            self.quarantine().gap(window, &error.to_string()).await?;
        }
        self.report.gaps += 1;
        Ok(Narrowed::To(Vec::new()))
    }
}

impl Poller {
    /// Whether Graph answers the question for a window in which there is nothing. Otherwise Graph
    /// is down or no Graph at all, and nothing may be given up on that account.
    pub(crate) async fn answers_nothing(&self, deadline: Deadline) -> bool {
        let from = Timestamp::UNIX_EPOCH;
        let nothing = self.query(from, from + SignedDuration::from_millis(1), 1);
        self.graph.list(&nothing, deadline).await.is_ok()
    }
}
