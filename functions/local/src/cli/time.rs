use jiff::{SignedDuration, Timestamp};

use super::hint::Hint;

const TIME: Hint =
    Hint("give a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (in UTC)");

const DURATION: Hint = Hint("give a duration such as 30s or 5m");

/// Reads a time, or a day as its beginning in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, Hint> {
    let as_day = || format!("{text}T00:00:00Z").parse();
    text.parse()
        .or_else(|_| as_day())
        .map_err(|_: jiff::Error| TIME)
}

/// Reads a duration with its unit.
pub(super) fn duration(text: &str) -> Result<SignedDuration, Hint> {
    text.parse().map_err(|_: jiff::Error| DURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("5m"), Ok(SignedDuration::from_mins(5)));
        for text in ["5", "", "soon"] {
            assert_eq!(duration(text), Err(DURATION), "{text}");
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
