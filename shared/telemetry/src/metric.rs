/// The CloudWatch namespace of the metrics by tenant.
pub const NAMESPACE: &str = "Drawbridge";

/// A number that a function reports of each job or delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Alerts that Graph returned, those read before included.
    AlertsFetched,
    /// Records that the queue took.
    RecordsWritten,
    /// Records that an output had already.
    RecordsSuppressed,
    /// Records longer than their readers are known to take; sent all the same.
    OversizeRecords,
    /// Alerts or records put aside because they could not be read or sent.
    Quarantined,
    /// Windows that Graph would not answer, put aside for a replay.
    Gaps,
    /// Pages that Graph marked as incomplete (206 or `Warning`).
    PartialAnswers,
    /// Records that only a sweep found: more than a few say that the overlap is too short.
    FoundBySweep,
    /// Windows for which Graph reports more alerts than it returned.
    CountMismatches,
    /// Requests to Graph, the retries included.
    GraphRequests,
    /// Requests that Graph answered with 429.
    Throttled,
    /// Polls that were put off because Graph or the sign-in asked to wait.
    Postponed,
    /// The weight of the tenant's state, in percent of what the function's memory allows; 0 below 50.
    StateWeight,
    /// How old the newest alert of this poll was when it was read. Absent if there was no alert.
    NewestAlertLag,
    /// How far behind now everything was read.
    WatermarkLag,
    /// How long the job took.
    Duration,
    /// Jobs that failed because Graph or the sign-in refused the credentials.
    AuthFailures,
    /// Jobs that failed because the tenant's document or an output cannot be used.
    ConfigErrors,
    /// Jobs that failed for any reason.
    Failures,
    /// Jobs that did not end well, of a tenant none of whose jobs has ended well for more than half an hour.
    Overdue,
    /// Jobs that ended well.
    Successes,
    /// Records that a SIEM's own intake took.
    Delivered,
    /// Records that it will never take, put aside.
    DeliverRefused,
    /// Records that have to be delivered again.
    DeliverRetried,
    /// Records that it took with a field cut, put aside whole as well.
    DeliverCut,
    /// How long the oldest record that was delivered had waited in the queue.
    DeliverLag,
}

/// CloudWatch's word for what a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    Count,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Percent.
    Percent,
}

/// Every metric, in the order in which it is written.
pub const METRICS: &[(Metric, &str, Unit)] = &[
    (Metric::AlertsFetched, "AlertsFetched", Unit::Count),
    (Metric::RecordsWritten, "RecordsWritten", Unit::Count),
    (Metric::RecordsSuppressed, "RecordsSuppressed", Unit::Count),
    (Metric::OversizeRecords, "OversizeRecords", Unit::Count),
    (Metric::Quarantined, "Quarantined", Unit::Count),
    (Metric::Gaps, "Gaps", Unit::Count),
    (Metric::PartialAnswers, "PartialAnswers", Unit::Count),
    (Metric::FoundBySweep, "FoundBySweep", Unit::Count),
    (Metric::CountMismatches, "CountMismatches", Unit::Count),
    (Metric::GraphRequests, "GraphRequests", Unit::Count),
    (Metric::Throttled, "Throttled", Unit::Count),
    (Metric::Postponed, "Postponed", Unit::Count),
    (Metric::StateWeight, "StateWeight", Unit::Percent),
    (Metric::NewestAlertLag, "NewestAlertLag", Unit::Seconds),
    (Metric::WatermarkLag, "WatermarkLag", Unit::Seconds),
    (Metric::Duration, "Duration", Unit::Milliseconds),
    (Metric::AuthFailures, "AuthFailures", Unit::Count),
    (Metric::ConfigErrors, "ConfigErrors", Unit::Count),
    (Metric::Failures, "Failures", Unit::Count),
    (Metric::Overdue, "Overdue", Unit::Count),
    (Metric::Successes, "Successes", Unit::Count),
    (Metric::Delivered, "Delivered", Unit::Count),
    (Metric::DeliverRefused, "DeliverRefused", Unit::Count),
    (Metric::DeliverRetried, "DeliverRetried", Unit::Count),
    (Metric::DeliverCut, "DeliverCut", Unit::Count),
    (Metric::DeliverLag, "DeliverLag", Unit::Seconds),
];

impl Unit {
    /// Whether the numbers of several jobs are added up.
    pub(crate) fn is_count(self) -> bool {
        self == Self::Count
    }

    /// Whether 0 says something, too.
    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Seconds | Self::Milliseconds)
    }

    /// The word in CloudWatch's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::Milliseconds => "Milliseconds",
            Self::Percent => "Percent",
        }
    }
}
