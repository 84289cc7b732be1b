use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use drawbridge_cursor::{Job, Why};
use jiff::Timestamp;

/// How long a job that failed stays hidden before it is tried again, by how often it was tried.
const RETRY_DELAY_SECS: u64 = 30;

/// Timer jobs that waited behind a slow poll of their tenant: once one of them has polled, there
/// is nothing left to do for those that were already waiting when it began.
///
/// What it knows lives as long as the process. A job that another process would have known to be
/// superfluous costs one idle poll.
#[derive(Default)]
pub(super) struct Backlog {
    polled: Mutex<HashMap<String, Timestamp>>,
}

impl Backlog {
    /// Notes that a poll which began at `began` has read all there was for the tenant.
    pub(super) fn polled(&self, tenant: &str, began: Timestamp) {
        let mut polled = self.polled.lock().unwrap_or_else(PoisonError::into_inner);
        polled.insert(tenant.to_owned(), began);
    }

    /// Whether a job that was sent at `sent` has nothing left to do.
    pub(super) fn is_superfluous(&self, job: &Job, sent: Option<Timestamp>) -> bool {
        let polled = self.polled.lock().unwrap_or_else(PoisonError::into_inner);
        match (sent, polled.get(&job.tenant)) {
            (Some(sent), Some(began)) => {
                job.why == Why::Timer && job.window.is_none() && sent < *began
            }
            _ => false,
        }
    }
}

/// When a message was sent, as SQS says.
pub(super) fn sent(message: &SqsMessage) -> Option<Timestamp> {
    let millis = message.attributes.get("SentTimestamp")?.parse().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// How long to wait before a job that failed is tried again: longer each time, and far less than
/// the queue's own time, which is made for a function that died and would hold up the tenant.
pub(super) fn retry_delay(message: &SqsMessage) -> Duration {
    let count = message.attributes.get("ApproximateReceiveCount");
    let tries: u64 = count.and_then(|count| count.parse().ok()).unwrap_or(1);
    Duration::from_secs(RETRY_DELAY_SECS * tries.clamp(1, 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_cursor::Window;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn message(attributes: &[(&str, &str)]) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.attributes = attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        message
    }

    #[test]
    fn only_timer_jobs_that_waited_for_the_poll_are_superfluous() {
        let backlog = Backlog::default();
        let timer = Job::timer("a");
        assert!(!backlog.is_superfluous(&timer, Some(at(1))));
        backlog.polled("a", at(100));
        assert!(backlog.is_superfluous(&timer, Some(at(99))));
        assert!(!backlog.is_superfluous(&timer, Some(at(100))));
        assert!(!backlog.is_superfluous(&timer, None));
        assert!(!backlog.is_superfluous(&Job::timer("b"), Some(at(99))));
        let window = Window::new(at(1), at(2)).unwrap();
        let owed = Job::windowed("a", Why::Split, window);
        assert!(!backlog.is_superfluous(&owed, Some(at(99))));
    }

    #[test]
    fn messages_tell_when_and_how_often() {
        let first = message(&[("SentTimestamp", "1500"), ("ApproximateReceiveCount", "1")]);
        assert_eq!(
            sent(&first),
            Some(Timestamp::from_millisecond(1500).unwrap())
        );
        assert_eq!(retry_delay(&first).as_secs(), 30);
        let fourth = message(&[("ApproximateReceiveCount", "4")]);
        assert_eq!((sent(&fourth), retry_delay(&fourth).as_secs()), (None, 120));
        assert_eq!(sent(&message(&[("SentTimestamp", "soon")])), None);
    }
}
