use std::time::Duration;

use drawbridge_deliver::retry_delay;

use super::repeated::Repeated;
use crate::progress::say_timed;
use crate::span::span;

/// How long nothing is said of a target that is still down.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// A target that is down: whoever follows the delivery is told at once and now and then that it is tried again, and
/// once that it takes records.
#[derive(Default)]
pub(super) struct Outage {
    tries: u32,
    said: Repeated,
}

impl Outage {
    /// How long to wait before the next try, of a target that asked to wait for so long. Says so if that is news, or
    /// was said a while ago.
    pub(super) fn wait(
        &mut self,
        why: &str,
        asked: Option<Duration>,
        at_least: Duration,
    ) -> Duration {
        self.tries += 1;
        let wait = retry_delay(asked, self.tries).max(at_least);
        if self.said.is_due(why, SAID_EVERY) {
            let secs = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
            say_timed(&format!(
                "drawbridge: {why}; trying again in {}, and so on until it works",
                span(secs)
            ));
        }
        wait
    }

    /// It is over, if there was one.
    pub(super) fn end(&mut self) {
        if std::mem::take(self).tries > 0 {
            say_timed("the target takes records again");
        }
    }
}
