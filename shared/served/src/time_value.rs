//! Times and durations in all the ways that clients write them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// Reads a time: a date, or a date and a time with `T` or a space between them; then `Z`, `+hh:mm` or
/// `-hh:mm`, or nothing, which is UTC. Up to nine digits of a second. Quotes around it are taken off,
/// and a plus that a client did not encode arrives as a space.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = unquoted(text);
    let (local, offset_secs) = match zone(text) {
        Some(split) => split,
        None => (text.strip_suffix(['Z', 'z']).unwrap_or(text), 0),
    };
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ' ' | 'T' | 't');
    if !local.chars().all(is_plain) {
        return None;
    }
    let local: DateTime = local.parse().ok()?;
    // The calendar ends a day before that of .NET, whose `MaxValue` some write for "no end".
    let utc = TimeZone::UTC.to_timestamp(local).unwrap_or(Timestamp::MAX);
    utc.saturating_sub(SignedDuration::from_secs(offset_secs))
        .ok()
}

/// How many digits of a second a time is written with.
pub(crate) fn digits_of_a_second(text: &str) -> usize {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    fraction.bytes().take_while(u8::is_ascii_digit).count()
}

/// Reads an ISO 8601 duration, such as `PT30M`, `P1DT12H` or `P2M`, as what lies between it and `now`.
pub(crate) fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = unquoted(text);
    if !text.starts_with(['P', 'p']) {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let before = TimeZone::UTC.to_datetime(now).checked_sub(span).ok()?;
    TimeZone::UTC.to_timestamp(before).ok()
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

/// A time of day without its offset from UTC, and that in seconds; `None` without one.
fn zone(text: &str) -> Option<(&str, i64)> {
    /// `2026-01-02T`: behind it, a space or a hyphen is not part of the date.
    const TIME_AT: usize = 11;
    let at = text.rfind(['+', '-', ' ']).filter(|at| *at > TIME_AT)?;
    let (local, zone) = text.split_at(at);
    let (sign, zone) = zone.split_at(1);
    let (hours, minutes) = match zone.len() {
        2 => (zone, "00"),
        4 => zone.split_at_checked(2)?,
        _ => zone.split_once(':')?,
    };
    let number = |text: &str| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i64>().ok()).flatten()
    };
    let secs = number(hours)? * 3600 + number(minutes)? * 60;
    Some((local, if sign == "-" { -secs } else { secs }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_time_is_read() {
        for (text, utc) in [
            // What is found in the clients' sources and manuals.
            (
                "2026-01-02T03:04:05.1234567Z",
                "2026-01-02T03:04:05.1234567Z",
            ),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.12", "2026-01-02T03:04:05.12Z"),
            ("2026-01-02T03:04:05.123", "2026-01-02T03:04:05.123Z"),
            ("2026-01-02 03:04:05.123456", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z"),
            (
                "2026-01-02T03:04:05.123456+00:00",
                "2026-01-02T03:04:05.123456Z",
            ),
            (
                "2026-01-02T03:04:05.1234567+02:00",
                "2026-01-02T01:04:05.1234567Z",
            ),
            (
                "2026-01-02T03:04:05.1234567 02:00",
                "2026-01-02T01:04:05.1234567Z",
            ),
            ("2026-01-02T03:04:05-08:00", "2026-01-02T11:04:05Z"),
            ("2026-01-02T03:04:05+0000", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.12+0530", "2026-01-01T21:34:05.12Z"),
            ("2026-01-02T03:04:05 0530", "2026-01-01T21:34:05Z"),
            ("2026-01-02 03:04:05+00", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05-08", "2026-01-02T11:04:05Z"),
            ("2026-01-02T03:04 02", "2026-01-02T01:04:00Z"),
            ("2016-09-12T00:00:00.000", "2016-09-12T00:00:00Z"),
            ("\"2016-09-12 00:00:00\"", "2016-09-12T00:00:00Z"),
            ("'2016-09-12'", "2016-09-12T00:00:00Z"),
            ("2016-09-12", "2016-09-12T00:00:00Z"),
            (" 2026-01-02T03:04 ", "2026-01-02T03:04:00Z"),
            ("2026-01-02 03:04", "2026-01-02T03:04:00Z"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05Z"),
            (
                "2026-01-02t03:04:05.123456789z",
                "2026-01-02T03:04:05.123456789Z",
            ),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(time(text), Some(utc.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_calendar_is_far_ahead() {
        for text in [
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59",
            "9999-12-31T23:59:59-20:00",
        ] {
            assert_eq!(time(text), Some(Timestamp::MAX), "{text}");
        }
        let first = time("0001-01-01T00:00:00+01:00").unwrap();
        assert!(first < time("0001-01-01T00:00:00").unwrap());
    }

    #[test]
    fn the_digits_of_a_second_are_counted() {
        for (text, digits) in [
            ("2026-01-02T03:04:05Z", 0),
            ("2026-01-02", 0),
            ("2026-01-02T03:04:05.0Z", 1),
            ("2026-01-02T03:04:05.000Z", 3),
            ("\"2026-01-02 03:04:05.000\"", 3),
            ("2026-01-02T03:04:05.0000000+02:00", 7),
        ] {
            assert_eq!(digits_of_a_second(text), digits, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "\"\"",
            "yesterday",
            "1767323045",
            "2026-13-02T03:04:05Z",
            "2026-01-32",
            "2026-01-02T25:04:05Z",
            "2026-01-02T03:04:05+2:00",
            "2026-01-02T03:04:05+aa:bb",
            "2026-01-02T03:04:05+",
            "2026-01-02T03:04:05+000",
            "2026-01-02T03:04:05+00:000",
            "2026-01-02T03:04:05+é0",
            "2026-01-02T03:04:05Z+00",
            "2026-01-02T03:04:05.1234567890Z",
            "2026-01-02T03:04:05Z[Europe/Berlin]",
            "2026-01-02T03:04:05ZZ",
            "02/01/2026 03:04:05",
            "$START_AT_TIME",
            "2026-01-02T03:04:05é02:00",
            "10000-01-01T00:00:00",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_counts_back_from_now() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        for (text, then) in [
            ("PT30M", "2026-03-31T11:30:00Z"),
            ("P1DT12H", "2026-03-30T00:00:00Z"),
            // Months end where the calendar has it.
            ("P1M", "2026-02-28T12:00:00Z"),
            ("P2M", "2026-01-31T12:00:00Z"),
            ("P1Y", "2025-03-31T12:00:00Z"),
            ("P2W", "2026-03-17T12:00:00Z"),
            ("p1dt1h", "2026-03-30T11:00:00Z"),
            ("P0Y0M0DT0H0M90S", "2026-03-31T11:58:30Z"),
        ] {
            assert_eq!(ago(text, now), Some(then.parse().unwrap()), "{text}");
        }
        for text in ["", "30", "PT", "P", "-P1D", "1 hour", "PT1X", "P99999Y"] {
            assert_eq!(ago(text, now), None, "{text}");
        }
    }
}
