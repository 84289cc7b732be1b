use drawbridge_poll::{JobFailure, Report};
use drawbridge_telemetry::Numbers;
use jiff::Timestamp;

/// What is said of a tenant whose poll panicked. Where it did is in the log.
const BUG: &str = "a bug ended this poll (please report the line above); it is tried again";

/// How a poll of a tenant ended.
pub(super) struct Polled {
    pub(super) name: String,
    /// Whether the tenant has no open error note.
    pub(super) is_settled: bool,
    pub(super) result: Result<Report, JobFailure>,
    /// Since when no poll of the tenant has ended well, if that is too long ago.
    pub(super) overdue: Option<Timestamp>,
    pub(super) numbers: Numbers,
}

impl Polled {
    /// How far a poll that succeeded has read the tenant.
    pub(super) fn read_up_to(&self) -> Option<Timestamp> {
        let report = self.result.as_ref().ok();
        report.and_then(|report| report.read_up_to)
    }
}

/// Says why a poll failed. A panic's own text may quote an alert and is not repeated.
pub(super) fn failure_text(failure: &JobFailure) -> String {
    match failure {
        JobFailure::Panicked(_) => BUG.to_owned(),
        failure => failure.to_string(),
    }
}
