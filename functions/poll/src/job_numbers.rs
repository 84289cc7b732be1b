use std::time::Duration;

use drawbridge_telemetry::{Metric, Numbers};
use jiff::Timestamp;

use crate::report::lag_secs;
use crate::{JobFailure, Report};

/// The numbers of a job, as of `now`; `overdue` is since when no poll of the tenant has ended well, if
/// that is too long ago.
#[must_use]
pub fn job_numbers(
    result: Result<&Report, &JobFailure>,
    overdue: Option<Timestamp>,
    now: Timestamp,
    took: Duration,
) -> Numbers {
    let mut numbers = match result {
        Ok(report) => report.numbers(now, took),
        Err(error) => Numbers::default()
            .with(Metric::Failures, count(error.is_failure()))
            .with(Metric::AuthFailures, count(error.is_about_access()))
            .with(Metric::ConfigErrors, count(error.is_about_configuration()))
            .with(Metric::Duration, took.as_secs_f64() * 1000.0),
    };
    if let Some(secs) = known_lag_secs(result.ok(), overdue, now) {
        numbers = numbers.with(Metric::WatermarkLag, secs);
    }
    numbers.with(Metric::Overdue, count(overdue.is_some()))
}

/// How far behind now a tenant is read: at least since its last good poll, if the poll does not say.
pub(crate) fn known_lag_secs(
    report: Option<&Report>,
    overdue: Option<Timestamp>,
    now: Timestamp,
) -> Option<f64> {
    let read_up_to = report.and_then(|report| report.read_up_to);
    read_up_to.or(overdue).map(|time| lag_secs(time, now))
}

fn count(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}
