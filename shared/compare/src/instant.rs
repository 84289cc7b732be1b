//! Times in the notations that exports have for them.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, tz::Offset};

use crate::value::Spelling;

const SECOND: i128 = 1_000_000_000;

/// A time, and what its text says of it.
pub(crate) struct Instant {
    /// In UTC, where the text names no zone.
    pub(crate) at: Timestamp,
    pub(crate) has_zone: bool,
    /// How many nanoseconds a step of its last digit takes.
    unit: i128,
}

/// Reads what is no riddle: RFC 3339 with or without a zone, with `T` or a space, RFC 2822, Kibana's
/// notation, and seconds or milliseconds since 1970. Not `9/10/2020`: it is two days.
pub(crate) fn read(text: &str) -> Option<Instant> {
    let text = text.trim();
    let ticks = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"));
    if let Some((at, digits)) = epoch(ticks.unwrap_or(text)) {
        return Some(Instant {
            at,
            has_zone: true,
            unit: 10_i128.pow(9_u32.saturating_sub(digits)),
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
        unit: unit(text),
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

/// The nanoseconds of a step of the last digit: of the fraction, the second, or the minute where a text
/// ends with it.
fn unit(text: &str) -> i128 {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some((_, fraction)) = text.split_once('.') {
        let digits = u32::try_from(digits(fraction)).unwrap_or(9);
        return 10_i128.pow(9_u32.saturating_sub(digits));
    }
    match text.split_once(':') {
        Some((_, minutes)) if !minutes[digits(minutes)..].starts_with(':') => 60 * SECOND,
        _ => SECOND,
    }
}

/// A number of seconds, of milliseconds if it is that large, and the digits of the fraction.
fn epoch(text: &str) -> Option<(Timestamp, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole.len(), 9..=13) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    if whole.len() > 11 {
        return Some((Timestamp::from_millisecond(number).ok()?, 3));
    }
    let nanos: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let digits = u32::try_from(fraction.len()).ok()?;
    Some((Timestamp::new(number, nanos).ok()?, digits))
}

/// What makes two different texts the same time, if they are.
pub(crate) fn spelling(old: &str, new: &str) -> Option<Spelling> {
    let (a, b) = (read(old)?, read(new)?);
    if a.at == b.at {
        return Some(Spelling::TimeNotation);
    }
    // The digits that one of the two has not say nothing of the zone.
    let unit = a.unit.max(b.unit);
    let cut = |time: &Instant| time.at.as_nanosecond().div_euclid(unit) * unit;
    let between = cut(&a) - cut(&b);
    if between == 0 {
        return Some(Spelling::TimePrecision);
    }
    (a.has_zone != b.has_zone && is_of_zones(between)).then_some(Spelling::TimeZone)
}

/// Whether so many nanoseconds may lie between the clocks of two zones.
pub(crate) fn is_of_zones(nanos: i128) -> bool {
    const QUARTER: i128 = 15 * 60 * SECOND;
    nanos % QUARTER == 0 && nanos.abs() <= 14 * 4 * QUARTER
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
            ("2020-09-30T16:09:21", None),
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
