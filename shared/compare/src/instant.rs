//! Times in the notations that exports have for them.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::Offset};

use crate::value::Spelling;

/// A time, and what its text says of it.
pub(crate) struct Instant {
    /// In UTC, where the text names no zone.
    pub(crate) at: Timestamp,
    has_zone: bool,
    /// How many digits of the second's fraction it has.
    digits: u32,
}

/// Reads RFC 3339 with or without a zone, with `T` or a space, and seconds or milliseconds since 1970.
pub(crate) fn read(text: &str) -> Option<Instant> {
    let text = text.trim();
    let after_dot = |text: &str| {
        let (_, rest) = text.split_once('.')?;
        u32::try_from(rest.bytes().take_while(u8::is_ascii_digit).count()).ok()
    };
    if let Some((whole, digits)) = epoch(text) {
        return Some(Instant {
            at: whole,
            has_zone: true,
            digits,
        });
    }
    let digits = after_dot(text).unwrap_or_default();
    if let Ok(at) = text.parse() {
        return Some(Instant {
            at,
            has_zone: true,
            digits,
        });
    }
    let civil: DateTime = text.parse().ok()?;
    let at = Offset::UTC.to_timestamp(civil).ok()?;
    Some(Instant {
        at,
        has_zone: false,
        digits,
    })
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
    let cut = |at: Timestamp, unit: i128| at.as_nanosecond().div_euclid(unit);
    let unit = 10_i128.pow(9_u32.saturating_sub(a.digits.min(b.digits)));
    if a.digits != b.digits && cut(a.at, unit) == cut(b.at, unit) {
        return Some(Spelling::TimePrecision);
    }
    const QUARTER: i128 = 15 * 60 * 1_000_000_000;
    let between = a.at.as_nanosecond() - b.at.as_nanosecond();
    let is_zone = between % QUARTER == 0 && between.abs() <= 14 * 4 * QUARTER;
    (is_zone && a.has_zone != b.has_zone).then_some(Spelling::TimeZone)
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
            ("2020-09-30T16:09:20.35743", Some(Spelling::TimeZone)),
            ("2020-09-30T16:09:20.35743Z", None),
            ("2020-09-30T14:10:20.35743", None),
            ("yesterday", None),
        ] {
            assert_eq!(spelling(old, new), expected, "{old}");
        }
    }
}
