use std::time::Duration;

use super::Drain;
use crate::{Stop, budget};
use drawbridge_graph::Deadline;

impl Drain<'_> {
    /// Adds the requests made since this was last asked to those of the tenant's minute.
    pub(super) fn note_requests(&mut self) {
        let requests = self.poller.graph.stats().requests;
        let new = requests.saturating_sub(self.requests);
        self.requests = requests;
        let now = self.poller.clock.now();
        self.state.spent = Some(budget::spend(self.state.spent, now, new));
    }

    /// How long to wait before the next request; `None` when there is not so much time.
    ///
    /// Live readings never wait: what others leave of the budget is theirs.
    pub(super) fn pause(&self) -> Option<Duration> {
        if !self.reading.is_background() {
            return Some(Duration::ZERO);
        }
        let pause = budget::pause(self.state.spent, self.poller.clock.now());
        self.deadline.allows(pause).then_some(pause)
    }

    /// Whether there is anything of the budget left to begin with. If not, the time that the
    /// reading has is waited out, for whoever comes next not to ask the same at once.
    pub(crate) async fn has_requests(&self) -> bool {
        let has = self.pause().is_some();
        if !has {
            wait_out(self.deadline, self.stop).await;
        }
        has
    }
}

/// Waits until `deadline`, or until somebody asks to stop.
pub(crate) async fn wait_out(deadline: Deadline, stop: &Stop) {
    let left = deadline.remaining().unwrap_or_default();
    tokio::select! {
        () = tokio::time::sleep(left) => {}
        () = stop.asked() => {}
    }
}
