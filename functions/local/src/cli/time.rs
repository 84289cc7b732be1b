use jiff::{SignedDuration, Timestamp};

/// That a text is no time. It says nothing of the text.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("give a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (in UTC)")]
pub(super) struct NoTime;

/// Reads a time, or a day as its beginning in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, NoTime> {
    let as_day = || format!("{text}T00:00:00Z").parse();
    text.parse()
        .or_else(|_| as_day())
        .map_err(|_: jiff::Error| NoTime)
}

/// That a text is no duration. It says nothing of the text.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("give a duration such as 30s or 5m")]
pub(super) struct NoDuration;

/// Reads a duration with its unit.
pub(super) fn duration(text: &str) -> Result<SignedDuration, NoDuration> {
    text.parse().map_err(|_: jiff::Error| NoDuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("5m"), Ok(SignedDuration::from_mins(5)));
        for text in ["5", "", "soon"] {
            assert_eq!(duration(text), Err(NoDuration), "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(
            time("2026-01-31").unwrap().to_string(),
            "2026-01-31T00:00:00Z"
        );
        assert_eq!(time("2026-01-31T01:00:00+01:00"), time("2026-01-31"));
        for text in ["2026-02-30", "yesterday", "", "2026-01-31T00:00:00"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
