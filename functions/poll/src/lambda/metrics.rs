use std::time::Duration;

use drawbridge_telemetry::{Emf, Metric};
use jiff::Timestamp;

use super::function::JobFailure;
use crate::Report;

/// Prints a job's metrics, for CloudWatch to read out of the log.
pub(super) fn print(
    tenant: &str,
    result: Result<&Report, &JobFailure>,
    now: Timestamp,
    took: Duration,
) {
    let line = match result {
        Ok(report) => report.metrics(tenant, now, took),
        Err(error) => Emf::new(tenant, now.as_millisecond())
            .with(Metric::Failures, 1.0)
            .with(Metric::AuthFailures, count(is_about_access(error)))
            .with(Metric::ConfigErrors, count(is_about_configuration(error)))
            .with(Metric::Duration, took.as_secs_f64() * 1000.0),
    };
    line.print();
}

fn count(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn is_about_access(error: &JobFailure) -> bool {
    matches!(error, JobFailure::Poll(error) if error.is_about_access())
}

fn is_about_configuration(error: &JobFailure) -> bool {
    match error {
        JobFailure::Config(error) => !error.is_retryable(),
        JobFailure::UnknownTenant(_) | JobFailure::Poll(_) => false,
    }
}
