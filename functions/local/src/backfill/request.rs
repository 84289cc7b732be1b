//! What was asked for, checked.

use drawbridge_cursor::Window;
use drawbridge_poll::BackfillProgress;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// How long Defender for Endpoint keeps alerts, unless the tenant is set otherwise. Source:
/// Microsoft Learn, "Data security and retention in Microsoft Defender XDR". Graph has no bound of
/// its own: it answers within the tenant's retention policy.
const RETENTION_DAYS: i64 = 180;

/// A range of a tenant's alerts, and what to do with them.
#[derive(Debug, Clone)]
pub(super) struct BackfillRequest {
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
            "the range lies in the future, and it is {now:.0} now: live polls will read it"
        ));
    }
    if to > now {
        return Err(format!(
            "the range ends in the future, and it is {now:.0} now: live polls read what comes; give an earlier --to"
        ));
    }
    if from < Timestamp::UNIX_EPOCH {
        return Err("the range begins before 1970, and Graph has no earlier times".to_owned());
    }
    Ok(window)
}

/// A warning where a range begins before what Defender is likely to have.
pub(super) fn beyond_retention(window: &Window, now: Timestamp) -> Option<String> {
    let oldest = now - SignedDuration::from_hours(24 * RETENTION_DAYS);
    (window.from() < oldest).then(|| {
        format!(
            "note: Defender for Endpoint keeps alerts for {RETENTION_DAYS} days unless the tenant \
             changed that; for the time before {oldest}, an empty answer of Graph does not mean that \
             there were no alerts",
            oldest = Offset::UTC.to_datetime(oldest).date()
        )
    })
}

impl BackfillRequest {
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

    /// Its progress at the beginning.
    pub(super) fn progress(self, now: Timestamp) -> BackfillProgress {
        BackfillProgress {
            id: self.id(),
            windows: vec![self.window],
            left: vec![self.window],
            tenant: self.tenant,
            output: self.output,
            again: self.again,
            dry_run: self.dry_run,
            started: Some(now),
            updated: Some(now),
            ..BackfillProgress::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn request() -> BackfillRequest {
        BackfillRequest {
            tenant: "contoso".to_owned(),
            window: Window::new(at("2026-01-01T12:00:00Z"), at("2026-01-03T06:00:00Z")).unwrap(),
            output: None,
            again: false,
            dry_run: false,
        }
    }

    #[test]
    fn the_same_question_has_the_same_id_and_another_one_another() {
        let id = request().id();
        assert_eq!(id, request().id());
        assert!(id.starts_with("20260101-20260103-"), "{id}");
        let others = [
            BackfillRequest {
                again: true,
                ..request()
            },
            BackfillRequest {
                dry_run: true,
                ..request()
            },
            BackfillRequest {
                output: Some("siem".to_owned()),
                ..request()
            },
            BackfillRequest {
                tenant: "fabrikam".to_owned(),
                ..request()
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
                "lies in the future",
            ),
            (
                "2026-01-02T00:00:00Z",
                "2026-02-03T00:00:00Z",
                "ends in the future",
            ),
            (
                "1960-01-01T00:00:00Z",
                "1960-01-02T00:00:00Z",
                "before 1970",
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
        let told = beyond_retention(&window("2026-01-01T00:00:00Z"), now).unwrap();
        assert!(told.contains("before 2026-01-02, "), "{told}");
        assert_eq!(beyond_retention(&window("2026-01-03T00:00:00Z"), now), None);
    }
}
