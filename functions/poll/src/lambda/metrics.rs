use std::time::Duration;

use drawbridge_telemetry::{Emf, Metric};
use jiff::Timestamp;

use crate::{PollError, Report};

/// Prints a job's metrics, for CloudWatch to read out of the log.
pub(super) fn print(
    tenant: &str,
    result: Result<&Report, &PollError>,
    now: Timestamp,
    took: Duration,
) {
    let line = match result {
        Ok(report) => report.metrics(tenant, now, took),
        Err(error) => Emf::new(tenant, now.as_millisecond())
            .with(Metric::Failures, 1.0)
            .with(
                Metric::AuthFailures,
                f64::from(u8::from(error.is_about_access())),
            )
            .with(Metric::Duration, took.as_secs_f64() * 1000.0),
    };
    #[expect(
        clippy::print_stdout,
        reason = "Lambda's standard output is how the metrics travel"
    )]
    {
        println!("{}", line.line());
    }
}
