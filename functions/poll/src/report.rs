use std::time::Duration;

use drawbridge_telemetry::{Metric, Numbers};
use jiff::Timestamp;

/// What a poll did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Alerts that Graph returned, those read before included.
    pub alerts: u64,
    /// Of these, the ones that a backfill lists a second time, and has counted before.
    pub listed_again: u64,
    /// Records that the queue took.
    pub records: u64,
    /// Records that the output had already.
    pub suppressed: u64,
    /// Records longer than their readers are known to take; sent all the same.
    pub oversize: u64,
    /// Alerts and records that were quarantined.
    pub quarantined: u64,
    /// Windows that Graph did not answer, and that were quarantined.
    pub gaps: u64,
    /// Older ranges that could not be read and are tried again later.
    pub put_off: u64,
    /// Sweeps that were begun.
    pub sweeps: u64,
    /// Records that only a sweep found.
    pub swept: u64,
    /// Windows for which Graph reports more alerts than it returned.
    pub count_mismatches: u64,
    /// Windows that may have more alerts than Graph listed, and that Graph did not count. They are read
    /// again.
    pub not_counted: u64,
    /// Whether a list that brought nothing new may have been cut off and was not compared with Graph's
    /// count. The watermark stays then.
    pub has_uncounted: bool,
    /// Answers that Graph marked as incomplete, or whose next links led to nothing new.
    pub partial_answers: u64,
    /// Pages of the state that were not there.
    pub lost_pages: u64,
    /// Pages read.
    pub pages: u64,
    /// Requests to Graph, the retries included.
    pub requests: u64,
    /// Requests that Graph answered with 429.
    pub throttled: u64,
    /// `lastUpdateDateTime` of the newest alert.
    pub newest_alert: Option<Timestamp>,
    /// Up to when everything was read.
    pub read_up_to: Option<Timestamp>,
    /// How far a live poll stays behind now, as the tenant's document says.
    pub settle_secs: u32,
    /// The state's weight, in percent of what it may weigh.
    pub state_percent: u64,
    /// Whether the state was saved; an idle poll saves it only now and then.
    pub saved: bool,
    /// How it ended.
    pub ending: Ending,
    /// Whether there is more to read than there was time for: another poll may go on at once.
    pub more: bool,
}

/// How a poll ended, when it did not fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// All of its window was read.
    #[default]
    Complete,
    /// It ran out of time or was asked to stop; the state knows the rest.
    OutOfTime,
    /// Graph asked to wait longer than there was time; the job is to come back after the delay.
    Postponed(Duration),
    /// Another poll of the tenant moved the watermark first; this one moved nothing.
    Superseded,
}

/// Learns of a poll's progress after each page.
pub trait Progress: Send + Sync {
    /// The report as it is so far.
    fn page(&self, so_far: &Report);

    /// Graph gave a page, which is not delivered yet.
    fn answered(&self) {}

    /// How much of the backfill at hand is still to be read, in milliseconds of the time that was asked
    /// for. What failed is read again, so that it may rise.
    fn backfill_left(&self, _left_ms: u64) {}
}

/// Ignores the progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn page(&self, _so_far: &Report) {}
}

impl Report {
    /// Whether Graph did not ask it to wait, and no other poll saved the state first.
    pub(crate) fn is_on_time(&self) -> bool {
        matches!(self.ending, Ending::Complete | Ending::OutOfTime)
    }

    /// What was added since `before`, as far as a backfill counts it.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            alerts: self.alerts - before.alerts,
            listed_again: self.listed_again - before.listed_again,
            records: self.records - before.records,
            suppressed: self.suppressed - before.suppressed,
            quarantined: self.quarantined + self.gaps - before.quarantined - before.gaps,
            pages: self.pages - before.pages,
            ..Self::default()
        }
    }

    /// The poll's numbers, as of `now`.
    #[must_use]
    pub fn numbers(&self, now: Timestamp, took: Duration) -> Numbers {
        // Graph only said to wait: a tenant that is throttled for ever is not well.
        let is_postponed = matches!(self.ending, Ending::Postponed(_));
        let counts = [
            (Metric::AlertsFetched, self.alerts),
            (Metric::RecordsWritten, self.records),
            (Metric::RecordsSuppressed, self.suppressed),
            (Metric::OversizeRecords, self.oversize),
            (Metric::Quarantined, self.quarantined),
            (Metric::Gaps, self.gaps),
            (
                Metric::PartialAnswers,
                self.partial_answers + self.not_counted,
            ),
            (Metric::FoundBySweep, self.swept),
            (Metric::CountMismatches, self.count_mismatches),
            (Metric::GraphRequests, self.requests),
            (Metric::Throttled, self.throttled),
            (Metric::Postponed, u64::from(is_postponed)),
            (Metric::StateWeight, worth_telling(self.state_percent)),
            (Metric::Successes, u64::from(!is_postponed)),
        ];
        let mut numbers = Numbers::default();
        for (metric, count) in counts {
            #[expect(
                clippy::cast_precision_loss,
                reason = "counts of one poll are far below 2^52"
            )]
            let value = count as f64;
            numbers = numbers.with(metric, value);
        }
        let lags = [
            (Metric::NewestAlertLag, self.newest_alert),
            (Metric::WatermarkLag, self.read_up_to),
        ];
        for (metric, time) in lags {
            if let Some(time) = time {
                numbers = numbers.with(metric, lag_secs(time, now));
            }
        }
        numbers.with(Metric::Duration, took.as_secs_f64() * 1000.0)
    }
}

/// How long ago that was. A time ahead is not a time at which anything was read: a clock is wrong by so
/// much.
pub(crate) fn lag_secs(time: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(time).as_secs_f64().abs()
}

/// The weight of a state that is worth a metric, which costs money: nearly all are light.
fn worth_telling(percent: u64) -> u64 {
    if percent < 50 { 0 } else { percent }
}
