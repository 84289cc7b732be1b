//! Times in the notations that exports have for them.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, tz::Offset};

use crate::spelling::Spelling;

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const DAY: i128 = 24 * 3600 * SECOND;

/// The clocks of two zones differ by whole quarters of an hour, and by at most so much from UTC.
const QUARTER: i128 = 15 * MINUTE;
const FURTHEST: i128 = 14 * 4 * QUARTER;

/// Names of zones whose clocks are those of UTC, if only in winter.
const LIKE_UTC: &[&str] = &["UTC", "GMT", "Z", "WET"];

/// A time, and what its text says of it.
pub(crate) struct Instant {
    /// In UTC, where the text names no zone.
    pub(crate) at: Timestamp,
    pub(crate) has_zone: bool,
    /// Whether the text has the name of a zone whose clocks are never those of UTC.
    is_elsewhere: bool,
    /// How many nanoseconds a step of its last digit takes that is no zero of a fraction.
    unit: i128,
}

impl Instant {
    /// Whether it is a date without a time of the day.
    pub(crate) fn is_date(&self) -> bool {
        self.unit == DAY
    }
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
            is_elsewhere: false,
            unit,
        });
    }
    let on_24_hours = on_24_hours(text);
    let text = on_24_hours.as_deref().unwrap_or(text);
    let (plain, zone) = without_zone_name(text);
    let is_utc = matches!(zone, "UTC" | "GMT" | "Z");
    let of_rfc = || rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    // RFC 3339 has no space before an offset; other writers do.
    let joined = text
        .rsplit_once(' ')
        .filter(|(_, end)| end.starts_with(['+', '-']));
    let of_joined = || joined.and_then(|(rest, offset)| format!("{rest}{offset}").parse().ok());
    let (at, has_zone) = match text.parse().ok().or_else(of_rfc).or_else(of_joined) {
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
        is_elsewhere: !(has_zone || zone.is_empty() || LIKE_UTC.contains(&zone)),
        unit: unit(plain),
    })
}

/// A text with a time of the 12-hour clock, as one of the 24-hour clock. What stands behind AM or PM is
/// kept. Of an hour that no such clock has, the text stays as it is, and cannot be read.
fn on_24_hours(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = words
        .iter()
        .position(|word| is_half_of_a_day(word))
        .filter(|at| *at > 0)?;
    let (date, time) = match words[at - 1].split_once(['T', 't']) {
        Some((date, time)) => (format!("{date}T"), time),
        None => (String::new(), words[at - 1]),
    };
    let (hour, rest) = time.split_once(':')?;
    let hour: u8 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    let afternoon = if words[at].eq_ignore_ascii_case("PM") {
        12
    } else {
        0
    };
    let time = format!("{date}{:02}:{rest}", hour % 12 + afternoon);
    let words = [&words[..at - 1], &[&*time], &words[at + 1..]].concat();
    Some(words.join(" "))
}

fn is_half_of_a_day(word: &str) -> bool {
    word.eq_ignore_ascii_case("AM") || word.eq_ignore_ascii_case("PM")
}

/// A text without the name of a zone at its end, and that name: but for UTC, what it stands for differs
/// from country to country.
fn without_zone_name(text: &str) -> (&str, &str) {
    match text.rsplit_once(' ') {
        Some((rest, name))
            if name.bytes().all(|byte| byte.is_ascii_uppercase()) && !is_half_of_a_day(name) =>
        {
            (rest, name)
        }
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
        return if has_seconds { SECOND } else { MINUTE };
    }
    match text.split_once(['T', 't', ' ']) {
        None => DAY,
        Some((_, time)) => match digits(time) {
            0..=2 => 3600 * SECOND,
            3..=4 => MINUTE,
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

/// What lies between two texts of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apart {
    /// Nothing but how they are written.
    Spelling(Spelling),
    /// So many minutes, as between the clocks of two zones, where one text names no zone.
    Minutes(i64),
    /// They are different times, or one of them is not a time.
    Different,
}

/// Compares two texts of times. `minutes` are those that a time without a zone lies before the other
/// one, where that is known.
pub(crate) fn apart(old: &str, new: &str, minutes: Option<i64>) -> Apart {
    let (Some(a), Some(b)) = (read(old), read(new)) else {
        return Apart::Different;
    };
    // A time without a zone is of that of its record, where that is known.
    let is_of_zone = a.has_zone != b.has_zone && minutes.is_some_and(|minutes| minutes != 0);
    let may_be_utc = !(a.is_elsewhere || b.is_elsewhere || is_of_zone);
    if a.at == b.at && may_be_utc {
        return Apart::Spelling(Spelling::TimeNotation);
    }
    let [old, new] = [&a, &b].map(|time| time.at.as_nanosecond());
    if are_of_one([old, new], [a.unit, b.unit]) && may_be_utc {
        return Apart::Spelling(Spelling::TimePrecision);
    }
    if a.has_zone == b.has_zone {
        return Apart::Different;
    }
    let quarters = match minutes {
        Some(minutes) => i128::from(minutes) * MINUTE,
        // Any date has a day before it, and a day after it.
        None if a.is_date() || b.is_date() => return Apart::Different,
        None => (old - new + QUARTER / 2).div_euclid(QUARTER) * QUARTER,
    };
    let is_one = is_of_zones(quarters) && are_of_one([old - quarters, new], [a.unit, b.unit]);
    match i64::try_from(quarters / MINUTE) {
        Ok(0) if !may_be_utc => Apart::Different,
        Ok(minutes) if is_one => Apart::Minutes(minutes),
        _ => Apart::Different,
    }
}

/// Whether two times are one, of which one side cut or rounded digits: a date is never rounded.
fn are_of_one(nanos: [i128; 2], units: [i128; 2]) -> bool {
    let coarser = usize::from(units[1] > units[0]);
    let unit = units[coarser];
    let more = nanos[1 - coarser] - nanos[coarser];
    let is_cut = (0..unit).contains(&more);
    let is_rounded = unit < DAY && -unit / 2 <= more && more < 0;
    is_cut || is_rounded
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
        use Spelling::{TimeNotation, TimePrecision};
        let spelt = Apart::Spelling;
        let new = "2020-09-30T14:09:20.3574300Z";
        for (old, expected) in [
            ("2020-09-30T14:09:20.35743Z", spelt(TimeNotation)),
            ("2020-09-30T16:09:20.35743+02:00", spelt(TimeNotation)),
            ("2020-09-30 14:09:20.35743", spelt(TimeNotation)),
            ("1601474960.35743", spelt(TimeNotation)),
            ("1601474960357", spelt(TimePrecision)),
            ("2020-09-30T14:09:20Z", spelt(TimePrecision)),
            ("2020-09-30T14:09Z", spelt(TimePrecision)),
            ("2020-09-30T16:09:20.357+0200", spelt(TimePrecision)),
            ("2020-09-30 14:09:20.357 UTC", spelt(TimePrecision)),
            ("Wed, 30 Sep 2020 14:09:20 GMT", spelt(TimePrecision)),
            ("Sep 30, 2020 @ 14:09:20.357", spelt(TimePrecision)),
            ("/Date(1601474960357)/", spelt(TimePrecision)),
            ("20200930T140920Z", spelt(TimePrecision)),
            ("2020-09-30 02:09:20 PM", spelt(TimePrecision)),
            ("2020-09-30T2:09:20.35743 pm", spelt(TimeNotation)),
            ("2020-09-30 02:09:20 PM UTC", spelt(TimePrecision)),
            ("Sep 30, 2020 @ 02:09:20.357 PM", spelt(TimePrecision)),
            ("Sep 30, 2020 @ 04:09:20.357 PM", Apart::Minutes(120)),
            ("2020-09-30 16:09:20.357 +0200", spelt(TimePrecision)),
            ("2020-09-30 16:09:20.35743 +02:00", spelt(TimeNotation)),
            ("2020-09-30 02:09:20 AM", Apart::Minutes(-720)),
            ("2020-09-30T16:09:20.35743", Apart::Minutes(120)),
            ("2020-09-30T16:09:20", Apart::Minutes(120)),
            ("2020-09-30 16:09:20.357", Apart::Minutes(120)),
            ("2020-09-30 16:09:20.357 CEST", Apart::Minutes(120)),
            ("2020-09-30 14:09:20.357 CEST", Apart::Different),
            ("2020-09-30 14:09:20.35743 PST", Apart::Different),
            ("2020-09-30 14:09:20.35743 WET", spelt(TimeNotation)),
            ("Sep 30, 2020 @ 16:09:20.357", Apart::Minutes(120)),
            ("2020-09-30", spelt(TimePrecision)),
            ("2020-09-30T14Z", spelt(TimePrecision)),
            ("20200930T1409Z", spelt(TimePrecision)),
            ("2020-09-30T14:09:20.000Z", spelt(TimePrecision)),
            ("2020-09-30T14:09:20.36Z", spelt(TimePrecision)),
            ("2020-09-30T14:09:20,357Z", spelt(TimePrecision)),
            ("1601474960000", spelt(TimePrecision)),
            ("1601474960360", spelt(TimePrecision)),
            ("2020-09-30T16:09:20.36", Apart::Minutes(120)),
            ("2020-09-30T14:09:21Z", Apart::Different),
            ("2020-09-30T14:09:20.358Z", Apart::Different),
            ("2020-09-30T16:09:21", Apart::Different),
            ("2020-09-30T16:09:20.358", Apart::Different),
            ("2020-09-29", Apart::Different),
            ("2020-10-01", Apart::Different),
            ("2020-09-28", Apart::Different),
            ("2020-09-30T14:09:22Z", Apart::Different),
            ("2020-09-30T14:09:20.359Z", Apart::Different),
            ("2020-09-30T14:09:20.356Z", Apart::Different),
            ("1601474962000", Apart::Different),
            ("2020-09-30T16:09:22", Apart::Different),
            ("2020-09-30T16:09:20Z", Apart::Different),
            ("2020-09-30T16:09:20.35743Z", Apart::Different),
            ("2020-09-30T14:10:20.35743", Apart::Different),
        ] {
            assert!(read(old).is_some(), "{old}");
            assert_eq!(apart(old, new, None), expected, "{old}");
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
            "2020-09-30 14:09:20 PM",
            "2020-09-30 00:09:20 AM",
            "2020-09-30 PM",
            "PM",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn twelve_is_the_first_hour_of_either_half_of_a_day() {
        for (text, expected) in [
            ("2020-09-30 12:09:20 AM", "2020-09-30T00:09:20Z"),
            ("2020-09-30 01:09:20 AM", "2020-09-30T01:09:20Z"),
            ("2020-09-30 12:09:20 PM", "2020-09-30T12:09:20Z"),
            ("2020-09-30 11:09:20 PM", "2020-09-30T23:09:20Z"),
        ] {
            assert_eq!(read(text).unwrap().at.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_lies_where_the_zone_puts_it() {
        let new = "2020-09-30T23:09:20.3574300Z";
        for (old, minutes, expected) in [
            ("2020-10-01T01:09:20.357", 120, Apart::Minutes(120)),
            ("2020-10-01T01:09:20.357", 0, Apart::Different),
            ("2020-09-30T23:09:20.357", 120, Apart::Different),
            ("2020-10-01T01:09:20.357", 60, Apart::Different),
            ("2020-10-01", 120, Apart::Minutes(120)),
            ("2020-10-01", 0, Apart::Different),
            ("2020-10-01", -60, Apart::Different),
            ("2020-09-29", 120, Apart::Different),
        ] {
            assert_eq!(apart(old, new, Some(minutes)), expected, "{old} {minutes}");
        }
        // A second that is rounded up is not one that is not.
        for (new, is_one) in [
            ("20.4999", false),
            ("20.5", true),
            ("21.9999", true),
            ("22", false),
        ] {
            let new = format!("2020-09-30T14:09:{new}Z");
            let is = apart("2020-09-30T14:09:21Z", &new, None) != Apart::Different;
            assert_eq!(is, is_one, "{new}");
        }
    }
}
