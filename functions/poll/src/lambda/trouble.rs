//! What is wrong with a tenant, in words.

use jiff::Timestamp;

use crate::job_numbers::known_lag_secs;
use crate::{JobFailure, Report, why_not_well};

/// How far behind now a tenant is read without a word: the least that the stack's alarm on lag can be
/// set to, so that whoever it wakes finds the tenant in the log.
const LATE_SECS: f64 = 300.0;

/// The share of the memory for a state from which on the stack's alarm goes off.
const HEAVY_PERCENT: u64 = 80;

/// What is wrong with a tenant after a job.
#[derive(Debug, PartialEq)]
pub(super) struct Trouble {
    /// All of it, in words.
    pub(super) what: String,
    /// How far behind now it is read, as far as that is known.
    pub(super) lag_secs: Option<f64>,
    /// Whether it is more than late or slow.
    pub(super) is_error: bool,
}

impl Trouble {
    /// What a job tells; nothing if all is well. `overdue` is since when no poll of the tenant has
    /// ended well, if that is too long ago.
    pub(super) fn of(
        done: Result<&Report, &JobFailure>,
        overdue: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let mut words = Vec::new();
        let lag_secs = known_lag_secs(done.ok(), overdue, now);
        let mut is_error = overdue.is_some();
        match done {
            Ok(report) => {
                words.extend(why_not_well(Ok(report)));
                words.extend(counted(report));
                is_error |= report.quarantined + report.gaps + report.count_mismatches > 0;
            }
            Err(error) => {
                words.push(error.to_string());
                is_error |= error.is_failure();
            }
        }
        // What it stays behind on purpose is not late.
        let settle_secs = done.map_or(0, |report| report.settle_secs);
        let late_secs = LATE_SECS + f64::from(settle_secs);
        if let Some(secs) = lag_secs.filter(|secs| *secs >= late_secs) {
            words.push(format!("it is read only up to {secs:.0} s ago"));
        }
        if let Some(since) = overdue {
            words.push(format!(
                "no poll of the tenant has succeeded for more than half an hour, since {since:.0}"
            ));
        }
        (!words.is_empty()).then(|| Self {
            what: words.join("; "),
            lag_secs,
            is_error,
        })
    }

    /// Logs it, in one line, with the members that the dashboard looks for.
    pub(super) fn log(&self, tenant: &str) {
        let (trouble, lag_secs) = (self.what.as_str(), self.lag_secs.map(f64::round));
        if self.is_error {
            tracing::error!(tenant, trouble, lag_secs, "a tenant is in trouble");
        } else {
            tracing::warn!(tenant, trouble, lag_secs, "a tenant is in trouble");
        }
    }
}

/// What there should be none of.
fn counted(report: &Report) -> impl Iterator<Item = String> {
    let percent = report.state_percent;
    let heavy = if percent < HEAVY_PERCENT { 0 } else { percent };
    [
        (report.quarantined, "alerts or records were quarantined"),
        (
            report.gaps,
            "windows that Graph would not answer for were quarantined",
        ),
        (
            report.count_mismatches,
            "windows have fewer alerts than Graph counts",
        ),
        (
            report.not_counted,
            "windows are read again, because Graph did not say how many alerts they have",
        ),
        (report.throttled, "requests were throttled by Graph"),
        (heavy, "% of the memory for its state are taken"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::*;
    use crate::{Ending, PollError};

    fn now() -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    /// What is said of a report that is well but for what `change` does to it.
    fn said(change: impl Fn(&mut Report)) -> Option<Trouble> {
        let mut report = Report {
            alerts: 3,
            records: 6,
            read_up_to: Some(now() - SignedDuration::from_secs(31)),
            state_percent: 79,
            partial_answers: 1,
            ..Report::default()
        };
        change(&mut report);
        Trouble::of(Ok(&report), None, now())
    }

    #[test]
    fn nothing_is_said_of_a_tenant_that_is_well() {
        assert_eq!(said(|_| {}), None);
        assert_eq!(said(|report| report.read_up_to = None), None);
        assert_eq!(said(|report| report.ending = Ending::Superseded), None);
    }

    #[test]
    fn each_trouble_is_said_in_words() {
        type Change = fn(&mut Report);
        let cases: [(Change, &str, bool); 8] = [
            (
                |it| it.quarantined = 2,
                "2 alerts or records were quarantined",
                true,
            ),
            (
                |it| it.gaps = 1,
                "1 windows that Graph would not answer for were quarantined",
                true,
            ),
            (
                |it| it.count_mismatches = 1,
                "fewer alerts than Graph counts",
                true,
            ),
            (
                |it| it.not_counted = 1,
                "Graph did not say how many alerts",
                false,
            ),
            (|it| it.throttled = 4, "4 requests were throttled", false),
            (|it| it.state_percent = 80, "80 % of the memory", false),
            (
                |it| it.ending = Ending::Postponed(Duration::from_secs(9)),
                "Graph asks to wait for 9 s",
                false,
            ),
            (
                |it| it.read_up_to = Some(now() - SignedDuration::from_secs(300)),
                "only up to 300 s ago",
                false,
            ),
        ];
        for (change, words, is_error) in cases {
            let said = said(change).unwrap();
            assert!(said.what.contains(words), "{said:?}");
            assert_eq!(said.is_error, is_error, "{said:?}");
            assert!(said.lag_secs.is_some());
        }
        let settles = |secs| {
            said(|it| {
                it.settle_secs = 600;
                it.read_up_to = Some(now() - SignedDuration::from_secs(secs));
            })
        };
        assert_eq!(settles(660), None, "it stays behind on purpose");
        assert!(settles(900).is_some());
        let both = said(|it| (it.gaps, it.throttled) = (1, 1)).unwrap();
        assert_eq!(both.what.matches("; ").count(), 1, "{both:?}");
    }

    #[test]
    fn of_a_tenant_that_fails_the_cause_is_said_and_since_when() {
        let failure = JobFailure::from(PollError::Circular);
        let said = Trouble::of(Err(&failure), None, now()).unwrap();
        assert_eq!((said.what, said.lag_secs), (failure.to_string(), None));
        let since = now() - SignedDuration::from_mins(40);
        let said = Trouble::of(Err(&failure), Some(since), now()).unwrap();
        assert!(said.what.starts_with(&failure.to_string()), "{said:?}");
        assert!(
            said.what.ends_with("since 2026-01-01T11:20:00Z"),
            "{said:?}"
        );
        assert_eq!((said.lag_secs, said.is_error), (Some(2400.0), true));
    }
}
