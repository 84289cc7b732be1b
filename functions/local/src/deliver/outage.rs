use std::time::Duration;

use drawbridge_deliver::retry_delay;

use crate::progress::say_timed;
use crate::span::span;

/// A target that is down: whoever follows the delivery is told once that it is tried again, and once that it takes
/// records.
#[derive(Default)]
pub(super) struct Outage {
    tries: u32,
    /// Why it is waited for, as it was said last.
    said: Option<String>,
}

impl Outage {
    /// How long to wait before the next try, of a target that asked to wait for so long. Says so if that is news.
    pub(super) fn wait(
        &mut self,
        why: &str,
        asked: Option<Duration>,
        at_least: Duration,
    ) -> Duration {
        self.tries += 1;
        let wait = retry_delay(asked, self.tries).max(at_least);
        if self.said.as_deref() != Some(why) {
            let secs = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
            say_timed(&format!(
                "drawbridge: {why}; trying again in {}, and so on until it works",
                span(secs)
            ));
            self.said = Some(why.to_owned());
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
