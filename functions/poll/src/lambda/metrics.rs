use std::time::Duration;

use drawbridge_telemetry::{Emf, Metric};
use jiff::Timestamp;

use crate::{JobFailure, Report};

/// Prints a job's metrics, for CloudWatch to read out of the log.
pub(super) fn print(
    tenant: &str,
    result: Result<&Report, &JobFailure>,
    is_overdue: bool,
    now: Timestamp,
    took: Duration,
) {
    let line = match result {
        Ok(report) => report.metrics(tenant, now, took),
        Err(error) => Emf::new(tenant, now.as_millisecond())
            .with(Metric::Failures, 1.0)
            .with(Metric::AuthFailures, count(error.is_about_access()))
            .with(Metric::ConfigErrors, count(error.is_about_configuration()))
            .with(Metric::Duration, took.as_secs_f64() * 1000.0),
    };
    line.with(Metric::Overdue, count(is_overdue)).print();
}

fn count(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}
