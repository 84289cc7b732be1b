//! The jobs of one tenant on the jobs queue.

/// A job on the jobs queue: nothing but when it was sent, for what is to be read is in the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) sent_ms: u64,
    /// From when on it is there to be received.
    pub(super) from_ms: u64,
    /// How often it was received before.
    pub(super) tries: u64,
}

/// One tenant's part of the jobs queue.
pub(super) struct Jobs {
    waiting: Vec<Waiting>,
    /// As a FIFO queue has it: nothing overtakes the first one, hidden or not. Without that, jobs
    /// come in any order, which is harder on the handler.
    in_order: bool,
    pub(super) dead_letters: usize,
}

impl Jobs {
    pub(super) fn new(in_order: bool) -> Self {
        Self {
            waiting: Vec::new(),
            in_order,
            dead_letters: 0,
        }
    }

    /// How often a job is tried until it goes to the dead-letter queue; in order, as in
    /// `infra/template.yaml`.
    fn max_tries(&self) -> u64 {
        if self.in_order { 8 } else { 5 }
    }

    /// How long the queue hides the job of a process that died.
    pub(super) fn hidden_secs(&self) -> u64 {
        if self.in_order { 360 } else { 90 }
    }

    /// A job that is sent now, and there to be received from `from_ms` on.
    pub(super) fn push(&mut self, sent_ms: u64, from_ms: u64) {
        self.waiting.push(Waiting {
            sent_ms,
            from_ms,
            tries: 0,
        });
    }

    /// The next job whose time has come.
    pub(super) fn take(&mut self, now_ms: u64) -> Option<Waiting> {
        let reach = if self.in_order { 1 } else { self.waiting.len() };
        let mut within = self.waiting.iter().take(reach);
        let place = within.position(|waiting| waiting.from_ms <= now_ms)?;
        Some(self.waiting.remove(place))
    }

    /// When the next job's time comes.
    pub(super) fn next_ms(&self) -> Option<u64> {
        let reach = if self.in_order { 1 } else { self.waiting.len() };
        let within = self.waiting.iter().take(reach);
        within.map(|waiting| waiting.from_ms).min()
    }

    /// Whether a job that failed holds up those behind it.
    pub(super) fn is_held_up(&self) -> bool {
        let first = self.waiting.first();
        self.in_order && first.is_some_and(|first| first.tries > 0)
    }

    /// Puts a job back that is to come again at `from_ms`; whether it may.
    pub(super) fn put_back(&mut self, failed: Waiting, from_ms: u64) -> bool {
        if failed.tries + 1 >= self.max_tries() {
            self.dead_letters += 1;
            return false;
        }
        let again = Waiting {
            from_ms,
            tries: failed.tries + 1,
            ..failed
        };
        if self.in_order {
            self.waiting.insert(0, again);
        } else {
            self.waiting.push(again);
        }
        true
    }

    /// A job that was done comes once more at `from_ms`, and what waits comes the other way round.
    pub(super) fn repeat(&mut self, done: Waiting, from_ms: u64) {
        // In order, a message that is delivered again is delivered at once.
        let from_ms = if self.in_order { 0 } else { from_ms };
        self.waiting.push(Waiting { from_ms, ..done });
        if !self.in_order {
            self.waiting.reverse();
        }
    }
}
