//! Times in the notations that exports have for them.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, tz::Offset};

use crate::value::Spelling;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 24 * 3600 * SECOND;

/// The clocks of two zones differ by whole quarters of an hour, and by at most so much from UTC.
const QUARTER: i128 = 15 * 60 * SECOND;
const FURTHEST: i128 = 14 * 4 * QUARTER;

/// A time, and what its text says of it.
pub(crate) struct Instant {
    /// In UTC, where the text names no zone.
    pub(crate) at: Timestamp,
    pub(crate) has_zone: bool,
    /// How many nanoseconds a step of its last digit takes that is no zero of a fraction.
    unit: i128,
}

/// Reads what is no riddle: RFC 3339 with or without a zone, with `T` or a space, RFC 2822, Kibana's
/// notation, and seconds or milliseconds since 1970. Not `9/10/2020`: it is two days.
pub(crate) fn read(text: &str) -> Option<Instant> {
    let text = text.trim();
    let ticks = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"));
    if let Some((at, unit)) = epoch(ticks.unwrap_or(text)) {
        return Some(Instant {
            at,
            has_zone: true,
            unit,
        });
    }
    let (plain, zone) = without_zone_name(text);
    let is_utc = matches!(zone, "UTC" | "GMT" | "Z");
    let of_rfc = || rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let (at, has_zone) = match text.parse().ok().or_else(of_rfc) {
        Some(at) => (at, true),
        None => {
            let of_kibana = || DateTime::strptime("%b %d, %Y @ %H:%M:%S%.f", plain).ok();
            let civil = plain.parse().ok().or_else(of_kibana)?;
            (Offset::UTC.to_timestamp(civil).ok()?, is_utc)
        }
    };
    Some(Instant {
        at,
        has_zone,
        unit: unit(plain),
    })
}

/// A text without the name of a zone at its end, and that name: but for UTC, what it stands for differs
/// from country to country.
fn without_zone_name(text: &str) -> (&str, &str) {
    match text.rsplit_once(' ') {
        Some((rest, name)) if name.bytes().all(|byte| byte.is_ascii_uppercase()) => (rest, name),
        _ => (text, ""),
    }
}

/// The nanoseconds of a step of the last digit: of the fraction, or of the second, minute, hour or day
/// where a text ends with it. Zeros that a fraction ends with may stand in place of digits.
fn unit(text: &str) -> i128 {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = text
        .rsplit_once(['.', ','])
        .map(|(_, rest)| &rest[..digits(rest)])
        .filter(|fraction| !fraction.is_empty());
    if let Some(fraction) = fraction {
        return unit_of_fraction(fraction);
    }
    if let Some((_, minutes)) = text.split_once(':') {
        let has_seconds = minutes[digits(minutes)..].starts_with(':');
        return if has_seconds { SECOND } else { 60 * SECOND };
    }
    match text.split_once(['T', 't', ' ']) {
        None => DAY,
        Some((_, time)) => match digits(time) {
            0..=2 => 3600 * SECOND,
            3..=4 => 60 * SECOND,
            _ => SECOND,
        },
    }
}

fn unit_of_fraction(digits: &str) -> i128 {
    let digits = u32::try_from(digits.trim_end_matches('0').len()).unwrap_or(9);
    10_i128.pow(9_u32.saturating_sub(digits))
}

/// A number of seconds, of milliseconds if it is that large, and the nanoseconds of a step of its last
/// digit.
fn epoch(text: &str) -> Option<(Timestamp, i128)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole.len(), 9..=13) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    if whole.len() > 11 {
        let milliseconds = &whole[whole.len() - 3..];
        let at = Timestamp::from_millisecond(number).ok()?;
        return Some((at, unit_of_fraction(milliseconds)));
    }
    let nanos: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some((
        Timestamp::new(number, nanos).ok()?,
        unit_of_fraction(fraction),
    ))
}

/// What makes two different texts the same time, if they are.
pub(crate) fn spelling(old: &str, new: &str) -> Option<Spelling> {
    let (a, b) = (read(old)?, read(new)?);
    if a.at == b.at {
        return Some(Spelling::TimeNotation);
    }
    let unit = a.unit.max(b.unit);
    let other_zone = || (a.has_zone != b.has_zone).then_some(Spelling::TimeZone);
    if unit == DAY {
        // A date is never rounded: the one before or after is that of another zone.
        let [a, b] = [&a, &b].map(|time| time.at.as_nanosecond().div_euclid(DAY));
        return match (a - b).abs() {
            0 => Some(Spelling::TimePrecision),
            1 => other_zone(),
            _ => None,
        };
    }
    // The digits that one of the two has not may be cut or rounded, and say nothing of the zone.
    let between = a.at.as_nanosecond() - b.at.as_nanosecond();
    if between.abs() < unit {
        return Some(Spelling::TimePrecision);
    }
    let quarters = (between + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    let is_near = (between - quarters).abs() < unit;
    other_zone().filter(|_| is_near && is_of_zones(quarters))
}

/// Whether so many nanoseconds may lie between the clocks of two zones.
pub(crate) fn is_of_zones(nanos: i128) -> bool {
    nanos % QUARTER == 0 && nanos.abs() <= FURTHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_time_is_known_in_every_notation() {
        let new = "2020-09-30T14:09:20.3574300Z";
        for (old, expected) in [
            ("2020-09-30T14:09:20.35743Z", Some(Spelling::TimeNotation)),
            (
                "2020-09-30T16:09:20.35743+02:00",
                Some(Spelling::TimeNotation),
            ),
            ("2020-09-30 14:09:20.35743", Some(Spelling::TimeNotation)),
            ("1601474960.35743", Some(Spelling::TimeNotation)),
            ("1601474960357", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09:20Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09Z", Some(Spelling::TimePrecision)),
            (
                "2020-09-30T16:09:20.357+0200",
                Some(Spelling::TimePrecision),
            ),
            ("2020-09-30 14:09:20.357 UTC", Some(Spelling::TimePrecision)),
            (
                "Wed, 30 Sep 2020 14:09:20 GMT",
                Some(Spelling::TimePrecision),
            ),
            ("Sep 30, 2020 @ 14:09:20.357", Some(Spelling::TimePrecision)),
            ("/Date(1601474960357)/", Some(Spelling::TimePrecision)),
            ("20200930T140920Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T16:09:20.35743", Some(Spelling::TimeZone)),
            ("2020-09-30T16:09:20", Some(Spelling::TimeZone)),
            ("2020-09-30 16:09:20.357", Some(Spelling::TimeZone)),
            ("2020-09-30 16:09:20.357 CEST", Some(Spelling::TimeZone)),
            ("Sep 30, 2020 @ 16:09:20.357", Some(Spelling::TimeZone)),
            ("2020-09-30", Some(Spelling::TimePrecision)),
            ("2020-09-30T14Z", Some(Spelling::TimePrecision)),
            ("20200930T1409Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09:20.000Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09:20.36Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09:20,358Z", Some(Spelling::TimePrecision)),
            ("2020-09-30T14:09:21Z", Some(Spelling::TimePrecision)),
            ("1601474960000", Some(Spelling::TimePrecision)),
            ("1601474960360", Some(Spelling::TimePrecision)),
            ("2020-09-30T16:09:21", Some(Spelling::TimeZone)),
            ("2020-09-30T16:09:20.358", Some(Spelling::TimeZone)),
            ("2020-09-29", Some(Spelling::TimeZone)),
            ("2020-10-01", Some(Spelling::TimeZone)),
            ("2020-10-02", None),
            ("2020-09-28", None),
            ("2020-09-30T14:09:22Z", None),
            ("2020-09-30T14:09:20.359Z", None),
            ("2020-09-30T14:09:20.356Z", None),
            ("1601474962000", None),
            ("2020-09-30T16:09:22", None),
            ("2020-09-30T16:09:20Z", None),
            ("2020-09-30T16:09:20.35743Z", None),
            ("2020-09-30T14:10:20.35743", None),
        ] {
            assert!(read(old).is_some(), "{old}");
            assert_eq!(spelling(old, new), expected, "{old}");
        }
    }

    #[test]
    fn what_may_be_two_times_is_not_read() {
        for text in [
            "",
            "yesterday",
            "9/10/2020 2:09:20 PM",
            "09/30/2020 14:09:20",
            "12",
            "ACME",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
