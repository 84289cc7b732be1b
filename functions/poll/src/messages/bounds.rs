//! How long what an invocation does may take.

use std::time::Duration;

use drawbridge_time::Deadline;

use crate::Stop;

/// How long a poll may go on behind its deadline: it saves the state then.
const SAVING_TIME: Duration = Duration::from_secs(5);

/// What the queue's calls have after that.
const CALLS_TIME: Duration = Duration::from_secs(1);

/// What it takes to hand over the response.
const RESPONSE_TIME: Duration = Duration::from_secs(1);

/// What is kept of an invocation's time for what ends it: the last polls save, what is left of them is
/// given up, messages are hidden or deleted, and the response is sent.
pub const CLOSING_TIME: Duration = SAVING_TIME
    .saturating_add(CALLS_TIME)
    .saturating_add(RESPONSE_TIME);

/// How long a call to the jobs queue may keep others waiting. Where it fails, the message comes back
/// after the queue's own time.
const CALL_TIME: Duration = Duration::from_secs(3);

/// How much time has to be left for another poll behind one that is done: a poll without time for a
/// page would only fail.
const POLL_TIME: Duration = Duration::from_secs(20);

/// The bounds of one invocation.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    deadline: Deadline,
}

impl Bounds {
    /// Those of an invocation whose polls have to end at `stop`.
    pub(super) fn of(stop: &Stop) -> Self {
        let deadline = stop.deadline();
        Self { deadline }
    }

    /// When a poll is given up that has not ended.
    pub(super) fn poll(self) -> Deadline {
        self.deadline.later(SAVING_TIME)
    }

    /// When a call is given up that begins now and helps a message on its way.
    pub(super) fn call(self) -> Deadline {
        self.poll().later(CALLS_TIME).at_most(CALL_TIME)
    }

    /// Whether there is time for a poll behind another one.
    pub(super) fn allow_another(self) -> bool {
        self.deadline.allows(POLL_TIME)
    }
}
