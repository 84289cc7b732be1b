use std::time::Duration;

use tokio::time::Instant;

/// What is said of trouble that goes on: at once, and again now and then, so that nobody takes silence for success.
#[derive(Default)]
pub(super) struct Repeated {
    said: Option<(String, Instant)>,
}

impl Repeated {
    /// Whether this is to be said now: it is news, or was said longer than `every` ago.
    pub(super) fn is_due(&mut self, what: &str, every: Duration) -> bool {
        let now = Instant::now();
        let is_known = |(said, at): &(String, Instant)| said == what && now < *at + every;
        if self.said.as_ref().is_some_and(is_known) {
            return false;
        }
        self.said = Some((what.to_owned(), now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn trouble_that_goes_on_is_said_again_and_news_at_once() {
        const EVERY: Duration = Duration::from_secs(60);
        let mut trouble = Repeated::default();
        let mut said = Vec::new();
        for secs in 0..200 {
            let what = if secs < 90 { "down" } else { "refuses" };
            if trouble.is_due(what, EVERY) {
                said.push(secs);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(said, [0, 60, 90, 150]);
    }
}
