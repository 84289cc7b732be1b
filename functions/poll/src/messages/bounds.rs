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

/// How long a poll has if its job was begun before. Most of those polls failed and will fail again: with the full
/// time, a few dozen tenants that hang would occupy all processes.
const RETRY_TIME: Duration = Duration::from_secs(20);

/// The second try and each fourth one after it have the full time, for a tenant that is merely slow.
const UNHURRIED_TRY: u64 = 2;
const UNHURRIED_TRIES: u64 = 4;

/// When a poll has to end if its job was begun `tries` times, this time included.
pub(super) fn of_try(stop: &Stop, tries: u64) -> Stop {
    match tries {
        ..=1 => stop.clone(),
        _ if tries % UNHURRIED_TRIES == UNHURRIED_TRY => stop.clone(),
        _ => stop.clone().within(RETRY_TIME),
    }
}

/// The bounds of one invocation.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    deadline: Deadline,
}

impl Bounds {
    /// Those of an invocation or of a single poll that has to end at `stop`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn another_try_has_little_time_but_for_the_second_and_each_fourth() {
        let stop = Stop::at(Deadline::after(Duration::from_secs(53)));
        let is_short = |tries| {
            !of_try(&stop, tries)
                .deadline()
                .allows(RETRY_TIME + SAVING_TIME)
        };
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(is_short),
            [false, false, true, true, true, false]
        );
    }
}
