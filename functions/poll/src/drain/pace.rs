use std::time::Duration;

use super::Drain;
use crate::budget;

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
        if !self.options.is_background() {
            return Some(Duration::ZERO);
        }
        let pause = budget::pause(self.state.spent, self.poller.clock.now());
        self.deadline().allows(pause).then_some(pause)
    }
}
