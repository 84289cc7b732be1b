use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use drawbridge_cursor::Job;
use drawbridge_time::{Clock as _, SystemClock};

use super::metrics;
use crate::messages::JobLog;
use crate::{JobFailure, Report};

/// Logs how jobs went and prints their metrics. A process does one job at a time.
#[derive(Default)]
pub(super) struct Log {
    started: Mutex<Option<Instant>>,
}

impl Log {
    fn took(&self) -> Duration {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.map(|started| started.elapsed()).unwrap_or_default()
    }
}

impl JobLog for Log {
    fn begins(&self) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        *started = Some(Instant::now());
    }

    fn done(&self, job: &Job, done: &Result<Option<Report>, JobFailure>, is_message: bool) {
        match done {
            Ok(Some(report)) => {
                tracing::info!(
                    tenant = job.tenant, alerts = report.alerts,
                    records = report.records, suppressed = report.suppressed,
                    requests = report.requests, saved = report.saved, ending = ?report.ending,
                    more = report.more, "polled"
                );
                metrics::print(&job.tenant, Ok(report), SystemClock.now(), self.took());
            }
            Ok(None) => {
                tracing::info!(
                    tenant = job.tenant,
                    "a later poll has done this job already"
                );
            }
            // A tick from before it was paused or removed.
            Err(error @ JobFailure::UnknownTenant(_)) if is_message => {
                tracing::warn!(tenant = job.tenant, %error, "nothing to poll");
            }
            Err(error) => {
                tracing::error!(tenant = job.tenant, %error, "poll failed");
                metrics::print(&job.tenant, Err(error), SystemClock.now(), self.took());
            }
        }
    }
}
