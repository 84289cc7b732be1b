//! What was asked for, checked and cut into windows.

use drawbridge_cursor::{Backfill, Job, Window};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// How long Defender for Endpoint keeps alerts, unless the tenant is set otherwise. Source:
/// Microsoft Learn, "Data security and retention in Microsoft Defender XDR". Graph has no bound of
/// its own: it answers within the tenant's retention policy.
const RETENTION_DAYS: i64 = 180;

/// A day of UTC, as Unix time counts it.
const DAY_SECS: i64 = 24 * 60 * 60;

/// The most days of one backfill: their windows have to fit into one message of a queue.
const MAX_DAYS: i64 = 3660;

/// A range of a tenant's alerts, and what to do with them.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) tenant: String,
    pub(super) window: Window,
    pub(super) output: Option<String>,
    pub(super) again: bool,
    pub(super) dry_run: bool,
}

/// Checks a range as of `now`.
pub(super) fn range(from: Timestamp, to: Timestamp, now: Timestamp) -> Result<Window, String> {
    let window = Window::new(from, to)
        .ok_or_else(|| format!("the range ends before it starts: from {from} to {to}"))?;
    if from >= now {
        return Err(format!(
            "the range lies ahead of now, {now}: live polls read what comes"
        ));
    }
    if to > now {
        return Err(format!(
            "the range ends ahead of now, {now}: live polls read what comes; give an earlier --to"
        ));
    }
    if from < Timestamp::UNIX_EPOCH {
        return Err("the range begins before 1970, which Graph does not know".to_owned());
    }
    if to.duration_since(from) > SignedDuration::from_hours(24 * MAX_DAYS) {
        return Err(format!(
            "the range is longer than {MAX_DAYS} days: ask for it in parts"
        ));
    }
    Ok(window)
}

/// A warning where a range begins before what Defender is likely to have.
pub(super) fn beyond_retention(window: &Window, now: Timestamp) -> Option<String> {
    let oldest = now - SignedDuration::from_hours(24 * RETENTION_DAYS);
    (window.from() < oldest).then(|| {
        format!(
            "note: Graph has what lies within the tenant's retention policy, in Defender for \
             Endpoint {RETENTION_DAYS} days unless it was changed; before {oldest} it may answer \
             with nothing, which is then no sign that there was nothing"
        )
    })
}

impl Asked {
    /// The same for the same question, so that asking again goes on with it.
    pub(super) fn id(&self) -> String {
        let question = serde_json::json!([
            self.tenant,
            self.window,
            self.output,
            self.again,
            self.dry_run
        ]);
        let digest = hex::encode(Sha256::digest(question.to_string()));
        let day = |time: Timestamp| time.strftime("%Y%m%d").to_string();
        let (from, to) = (day(self.window.from()), day(self.window.to()));
        format!("{from}-{to}-{}", &digest[..8])
    }

    /// Its first step.
    pub(super) fn job(&self) -> Option<Job> {
        let backfill = Backfill {
            id: self.id(),
            then: Vec::new(),
            output: self.output.clone(),
            again: self.again,
            dry_run: self.dry_run,
            failures: 0,
        };
        Job::backfill(&self.tenant, days(self.window), backfill)
    }
}

/// A window cut at midnight, UTC.
fn days(window: Window) -> Vec<Window> {
    let mut days = Vec::new();
    let mut from = window.from();
    while from < window.to() {
        let day = from.as_second().div_euclid(DAY_SECS);
        let midnight = Timestamp::from_second((day + 1) * DAY_SECS).unwrap_or(window.to());
        let to = midnight.min(window.to());
        days.extend(Window::new(from, to));
        from = to;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked() -> Asked {
        Asked {
            tenant: "contoso".to_owned(),
            window: Window::new(at("2026-01-01T12:00:00Z"), at("2026-01-03T06:00:00Z")).unwrap(),
            output: None,
            again: false,
            dry_run: false,
        }
    }

    #[test]
    fn days_are_cut_at_midnight_and_leave_nothing_out() {
        let days = days(asked().window);
        let shown: Vec<_> = days
            .iter()
            .map(|day| format!("{} {}", day.from(), day.to()))
            .collect();
        assert_eq!(
            shown,
            [
                "2026-01-01T12:00:00Z 2026-01-02T00:00:00Z",
                "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z",
                "2026-01-03T00:00:00Z 2026-01-03T06:00:00Z",
            ]
        );
    }

    #[test]
    fn the_same_question_has_the_same_id_and_another_one_another() {
        let id = asked().id();
        assert_eq!(id, asked().id());
        assert!(id.starts_with("20260101-20260103-"), "{id}");
        let others = [
            Asked {
                again: true,
                ..asked()
            },
            Asked {
                dry_run: true,
                ..asked()
            },
            Asked {
                output: Some("siem".to_owned()),
                ..asked()
            },
            Asked {
                tenant: "fabrikam".to_owned(),
                ..asked()
            },
        ];
        for other in others {
            assert_ne!(other.id(), id, "{other:?}");
        }
    }

    #[test]
    fn ranges_that_cannot_be_are_refused_with_the_reason() {
        let now = at("2026-02-01T00:00:00Z");
        for (from, to, reason) in [
            (
                "2026-01-02T00:00:00Z",
                "2026-01-01T00:00:00Z",
                "ends before it starts",
            ),
            (
                "2026-01-02T00:00:00Z",
                "2026-01-02T00:00:00Z",
                "ends before it starts",
            ),
            (
                "2026-02-02T00:00:00Z",
                "2026-02-03T00:00:00Z",
                "lies ahead of now",
            ),
            (
                "2026-01-02T00:00:00Z",
                "2026-02-03T00:00:00Z",
                "ends ahead of now",
            ),
            (
                "1960-01-01T00:00:00Z",
                "1960-01-02T00:00:00Z",
                "before 1970",
            ),
            (
                "1980-01-01T00:00:00Z",
                "2026-01-02T00:00:00Z",
                "longer than 3660 days",
            ),
        ] {
            let error = range(at(from), at(to), now).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        assert!(range(at("2026-01-01T00:00:00Z"), now, now).is_ok());
    }

    #[test]
    fn a_range_before_what_defender_keeps_is_told() {
        let now = at("2026-07-01T00:00:00Z");
        let window = |from: &str| Window::new(at(from), now).unwrap();
        assert!(beyond_retention(&window("2026-01-01T00:00:00Z"), now).is_some());
        assert_eq!(beyond_retention(&window("2026-01-03T00:00:00Z"), now), None);
    }
}
