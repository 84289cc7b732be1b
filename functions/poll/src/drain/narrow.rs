use drawbridge_cursor::Window;
use drawbridge_graph::{ErrorKind, GraphError};

use super::attempt::Attempt;
use super::{Drain, Unread, WindowOutcome};
use crate::read_options::SMALL_PAGE;
use crate::{PollError, Settings};

/// How often a part that cannot get smaller has to fail before it is quarantined, each time while Graph answers
/// another question.
pub(crate) const MAX_FAILURES: u32 = 5;

/// What to do about an attempt that failed.
pub(super) enum Narrowed {
    /// Try these, the last one first; none if the part was quarantined as a gap.
    To(Vec<Attempt>),
    /// Leave it for a later poll.
    Later,
    /// There is no time to try.
    NoTime,
    /// Ask for nothing more for a while.
    Postponed(WindowOutcome),
}

/// What may be at fault when a page cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Most likely the page. Smaller parts are tried at once.
    Page,
    /// The page or the tenant. Smaller parts are tried if Graph answers another question at once.
    Either,
    /// Most likely the tenant, which is throttled or refused. Smaller parts are tried if the range has failed
    /// before.
    Tenant,
    /// Neither: no smaller part helps.
    Neither,
}

impl Fault {
    fn of(error: &PollError) -> Self {
        let error = match error {
            PollError::Graph(error) => error,
            PollError::Circular => return Self::Either,
            _ => return Self::Neither,
        };
        match error.kind() {
            ErrorKind::Server if error.retry_after().is_some() => Self::Tenant,
            ErrorKind::TooLarge | ErrorKind::Server | ErrorKind::Network => Self::Page,
            ErrorKind::BadRequest | ErrorKind::BadLink => Self::Either,
            ErrorKind::Throttled
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::Configuration => Self::Tenant,
        }
    }
}

impl Drain<'_> {
    /// What to try after `attempt` failed with `error`: smaller pages, then the halves of the
    /// window. A part that cannot get smaller and has failed often enough is quarantined as a gap. If there is no
    /// time to try, a later poll goes on with smaller parts, or with smaller pages if there are none.
    pub(super) async fn narrow(
        &mut self,
        attempt: Attempt,
        error: PollError,
    ) -> Result<Narrowed, Unread> {
        let fault = Fault::of(&error);
        let may_narrow = match fault {
            Fault::Page | Fault::Either => true,
            Fault::Tenant => self.options.failures > 0,
            Fault::Neither => false,
        };
        if !may_narrow {
            return postponed(error, None);
        }
        // Smaller pages are the answer to one that is too large; the window is not at fault.
        let is_too_large = matches!(
            &error, PollError::Graph(error) if error.kind() == ErrorKind::TooLarge
        );
        let page_is_at_fault = is_too_large && attempt.top > SMALL_PAGE;
        let Settings {
            page_size, windows, ..
        } = &self.poller.settings;
        let can_be_cut = attempt.window.halves(windows.smallest_ms).is_some();
        // A Graph that is slow has no time for the question; halves give nothing up.
        let is_slow = self.answered && can_be_cut && !self.has_time();
        if !page_is_at_fault && !is_slow && !self.ask_graph(fault).await {
            return postponed(error, Some(false));
        }
        self.answered = true;
        let narrower = attempt.narrower(windows.smallest_ms, *page_size);
        if self.has_time() && !narrower.is_empty() {
            if attempt.is_first(*page_size) {
                tracing::warn!(
                    tenant = self.poller.settings.tenant, from = %attempt.window.from(),
                    to = %attempt.window.to(), %error,
                    "a window could not be read; smaller parts of it are tried"
                );
            }
            return Ok(Narrowed::To(narrower));
        }
        let was_asked = !matches!(error, PollError::Graph(GraphError::OutOfTime));
        if !was_asked || can_be_cut {
            return Ok(Narrowed::NoTime);
        }
        let is_for_good = is_too_large || self.options.failures + 1 >= MAX_FAILURES;
        if narrower.is_empty() && is_for_good {
            self.gap(attempt.window, &error.to_string()).await?;
            return Ok(Narrowed::To(Vec::new()));
        }
        tracing::warn!(
            tenant = self.poller.settings.tenant, from = %attempt.window.from(),
            to = %attempt.window.to(), %error,
            "a part of a window is not answered although Graph answers; it is tried again later"
        );
        Ok(Narrowed::Later)
    }

    /// Asks Graph another question; whether it answers. While there is time for more pages, there is time to wait
    /// for the answer.
    async fn ask_graph(&self, fault: Fault) -> bool {
        let deadline = self.context.stop.deadline();
        if fault == Fault::Page && self.has_time() {
            self.poller.ask_for_nothing(deadline).await
        } else {
            self.poller.ask_for_nothing_once(deadline).await
        }
    }

    /// Quarantines a window that no request returns.
    pub(super) async fn gap(&mut self, window: Window, reason: &str) -> Result<(), PollError> {
        self.has_gap = true;
        let dry_run = self.options.dry_run;
        self.poller
            .quarantine_window(window, reason, dry_run, self.report)
            .await
    }
}

/// Ends the reading with `error`, or with a wait if Graph asks for one.
fn postponed(error: PollError, graph_answers: Option<bool>) -> Result<Narrowed, Unread> {
    let delay = match &error {
        PollError::Graph(failed) => failed.retry_after(),
        _ => None,
    };
    match delay {
        Some(delay) => Ok(Narrowed::Postponed(WindowOutcome::Postponed {
            delay,
            graph_answers,
            left: None,
        })),
        None => Err(Unread {
            error,
            graph_answers,
        }),
    }
}
