use std::sync::Arc;

use drawbridge_cursor::{SWEPT_AGAIN, SWEPT_TWICE, Window};
use drawbridge_graph::Graph;
use drawbridge_store::Catalogue;
use drawbridge_time::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::context::PollContext;
use crate::quarantine::Quarantine;
use crate::read_options::{FEWEST_OF_A_CUT_LIST, READ_HOURLY};
use crate::{Memory, Output, PollError, Progress, Report, Settings, Stop, Unlisted};

/// The handler: polls one tenant.
pub struct Poller {
    /// The tenant's Graph client.
    pub graph: Arc<Graph>,
    /// Keeps the state and the quarantine.
    pub store: Arc<dyn Catalogue>,
    /// Where the records go.
    pub outputs: Vec<Output>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What is asked for, and how.
    pub settings: Settings,
    /// What Graph was found to count and not to list.
    pub unlisted: Unlisted,
}

impl Poller {
    pub(crate) fn context<'a>(
        &self,
        memory: &Memory,
        stop: &'a Stop,
        progress: &'a dyn Progress,
    ) -> PollContext<'a> {
        let margin_secs = self.settings.page_margin_secs;
        PollContext::new(
            self.clock.now(),
            stop,
            progress,
            margin_secs,
            memory.share(),
        )
    }

    /// Quarantines a window, so that a replay can read it again. A dry run only counts it.
    pub(crate) async fn quarantine_window(
        &self,
        window: Window,
        reason: &str,
        dry_run: bool,
        report: &mut Report,
    ) -> Result<(), PollError> {
        if !dry_run {
            self.quarantine().gap(window, reason).await?;
        }
        report.gaps += 1;
        Ok(())
    }

    /// How many rows a list that was cut off has at least: as many as the smallest page that is asked for.
    pub(crate) fn fewest_of_a_cut_list(&self) -> usize {
        let page_size = usize::try_from(self.settings.page_size).unwrap_or(usize::MAX);
        FEWEST_OF_A_CUT_LIST.min(page_size)
    }

    /// Whether a window's list was so long that rows may have shifted while it was read, or that it may have been cut
    /// off. `did` is what reading it did.
    pub(crate) fn is_long(&self, did: &Report) -> bool {
        did.pages > 1 || did.alerts >= self.fewest_of_a_cut_list() as u64
    }

    /// Whether live polls or the hourly sweep soon read again what a live poll reads of it. Where nothing is new,
    /// live polls begin where the state was last saved.
    pub(crate) fn is_read_soon(&self, window: Window, now: Timestamp) -> bool {
        let windows = &self.settings.windows;
        let overlapped_secs = windows.overlap_secs.saturating_mul(2);
        let polled_secs = overlapped_secs.saturating_add(self.settings.heartbeat_secs);
        let longest = match windows.sweeps {
            true => READ_HOURLY,
            false => SignedDuration::from_secs(polled_secs.into()),
        };
        now.duration_since(window.from()) < longest
    }

    /// Whether the next live poll reads the window again after one that brought news, or the hourly sweep does.
    pub(crate) fn is_overlapped(&self, window: Window, now: Timestamp) -> bool {
        let overlapped_secs = self.settings.windows.overlap_secs.saturating_mul(2);
        let age = now.duration_since(window.from());
        let is_overlapped = age < SignedDuration::from_secs(overlapped_secs.into());
        is_overlapped || self.settings.windows.sweeps && age < READ_HOURLY
    }

    /// Whether a sweep reads the window once more in any case.
    pub(crate) fn is_swept_again(&self, window: Window, now: Timestamp) -> bool {
        self.settings.windows.sweeps && now.duration_since(window.from()) < SWEPT_AGAIN
    }

    /// Whether two more sweeps read the window in any case.
    pub(crate) fn is_swept_twice(&self, window: Window, now: Timestamp) -> bool {
        self.settings.windows.sweeps && now.duration_since(window.from()) < SWEPT_TWICE
    }

    pub(crate) fn quarantine(&self) -> Quarantine<'_> {
        Quarantine {
            store: self.store.as_ref(),
            tenant: &self.settings.tenant,
        }
    }
}
