use std::time::Duration;

use drawbridge_cursor::graph_retry_delay_secs;

use crate::{Ending, JobFailure, Report};

/// A job that has to wait is not received again at once.
const SHORTEST_DELAY: Duration = Duration::from_secs(1);

/// What happens to a tenant's job after its poll: the same decision in Lambda, in the fault schedules, and in
/// the `poll` command, where a round takes the place of the tick and no message is there to be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterJob {
    /// The job is done. The next tick polls the tenant again.
    Done,
    /// The job is done, and another job of the tenant follows at once, because there is more to read.
    Another,
    /// The job comes back after this delay. Later jobs of the tenant's message group wait as well.
    Later(Duration),
    /// The job failed, and no retry helps until somebody has mended the cause. Its message is deleted, because
    /// it would only delay the next tick's job, which tries again.
    PermanentFailure,
}

impl AfterJob {
    /// What happens to a message that is no job. No retry helps: the message comes back at once, so that it
    /// reaches the dead-letter queue within a minute and delays no other message.
    pub const NO_JOB: Self = Self::Later(Duration::ZERO);

    /// What happens to a job that was tried `tries` times and now ended with `result`: with a report, without
    /// one if an earlier poll had done the job, or with a failure.
    #[must_use]
    pub fn of(result: Result<Option<&Report>, &JobFailure>, tries: u64) -> Self {
        match result {
            Ok(Some(report)) => match report.ending {
                Ending::Postponed(delay) => Self::Later(delay.max(SHORTEST_DELAY)),
                _ if report.more => Self::Another,
                _ => Self::Done,
            },
            Ok(None) => Self::Done,
            Err(error) if error.is_retryable() => Self::Later(retry_delay(tries)),
            Err(_) => Self::PermanentFailure,
        }
    }
}

/// How long a failed job stays hidden before it is tried again. This is far less than the visibility timeout
/// of the queue, which is meant for a function that died and would hold up the tenant.
///
/// A job waits as long as a range that failed as often, since it asks the same Graph. A record that a target
/// refuses waits by another rule, in `deliver`: its target may say for how long, and no tick comes after it.
fn retry_delay(tries: u64) -> Duration {
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    Duration::from_secs(graph_retry_delay_secs(tries).into())
}

#[cfg(test)]
mod tests {
    use drawbridge_telemetry::Panicked;

    use super::*;
    use crate::PollError;

    #[test]
    fn a_job_comes_back_only_if_waiting_helps() {
        let report = |ending, more| {
            let report = Report {
                ending,
                more,
                ..Report::default()
            };
            Ok(Some(report))
        };
        let delay = Duration::from_secs(7);
        for (done, tries, after) in [
            (report(Ending::Complete, false), 1, AfterJob::Done),
            (report(Ending::OutOfTime, true), 1, AfterJob::Another),
            (report(Ending::Superseded, false), 1, AfterJob::Done),
            (
                report(Ending::Postponed(delay), true),
                1,
                AfterJob::Later(delay),
            ),
            (Ok(None), 1, AfterJob::Done),
            (
                Err(JobFailure::UnknownTenant("t".into())),
                1,
                AfterJob::PermanentFailure,
            ),
            (
                Err(PollError::Circular.into()),
                4,
                AfterJob::Later(Duration::from_secs(120)),
            ),
            (
                Err(PollError::Circular.into()),
                40,
                AfterJob::Later(Duration::from_secs(300)),
            ),
            (
                Err(JobFailure::GivenUp),
                1,
                AfterJob::Later(Duration::from_secs(30)),
            ),
            (
                Err(Panicked.into()),
                2,
                AfterJob::Later(Duration::from_secs(60)),
            ),
        ] {
            let result = done.as_ref().map(Option::as_ref);
            assert_eq!(AfterJob::of(result, tries), after, "{done:?}");
        }
    }
}
