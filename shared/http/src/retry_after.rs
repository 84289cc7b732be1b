//! The `Retry-After` header.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// The longest that Graph and its login host are waited for. A service that is back sooner than it
/// said, or that said something absurd, is not to keep a tenant waiting for hours.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// The two forms of a date that RFC 9110 calls obsolete and has every recipient read.
const OBSOLETE_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// How long the answer asks to wait: seconds, or a date counted from the answer's own `Date`, so
/// that the local clock does not matter.
///
/// `None` when it says nothing readable, and when it asks for no wait: nothing, less than nothing, or
/// a date that has passed. Who asks again then waits as after any other failure.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = seconds(text).or_else(|| {
        let until = date(text)?;
        let now = date(headers.get(DATE)?.to_str().ok()?)?;
        Duration::try_from(until.duration_since(now)).ok()
    })?;
    (!wait.is_zero()).then_some(wait)
}

/// What a service asked for, as far as it is waited for: [`LONGEST_RETRY_AFTER`] at most.
pub fn within_reason(asked: Option<Duration>) -> Option<Duration> {
    asked.map(|wait| wait.min(LONGEST_RETRY_AFTER))
}

/// The wait in words, for the end of an error's sentence.
pub fn ask_again(asked: Option<Duration>) -> String {
    match asked {
        Some(wait) => format!("ask again in {} s", wait.as_secs_f64().ceil()),
        None => "ask again later".to_owned(),
    }
}

/// Whole seconds, as the RFC has them, or with a fraction, as some services write them.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_number {
        return None;
    }
    let secs: f64 = text.parse().ok()?;
    // More than there can be is as good as for ever.
    Some(Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX))
}

fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let usual = DateTimeParser::new().parse_timestamp(text).ok();
    usual.or_else(|| {
        OBSOLETE_DATES.iter().find_map(|form| {
            let parts = BrokenDownTime::parse(form, text).ok()?;
            TimeZone::UTC.to_timestamp(parts.to_datetime().ok()?).ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Mon, 23 Nov 2026 20:00:00 GMT";

    fn read(retry_after_value: &str) -> Option<f64> {
        with(&[(RETRY_AFTER, retry_after_value), (DATE, NOW)])
    }

    fn with(pairs: &[(http::HeaderName, &str)]) -> Option<f64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(name.clone(), value.parse().unwrap());
        }
        retry_after(&headers).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn every_form_of_a_wait_is_read() {
        for (text, secs) in [
            ("17", 17.0),
            (" 17 ", 17.0),
            ("0017", 17.0),
            ("1.5", 1.5),
            ("0.25", 0.25),
            ("86400", 86_400.0),
            ("Mon, 23 Nov 2026 20:01:30 GMT", 90.0),
            ("Mon, 23 Nov 2026 20:01:30 +0000", 90.0),
            ("Tue, 24 Nov 2026 20:00:00 GMT", 86_400.0),
            ("Monday, 23-Nov-26 20:01:30 GMT", 90.0),
            ("Mon Nov 23 20:01:30 2026", 90.0),
            ("Tue Dec  1 20:00:00 2026", 8.0 * 86_400.0),
        ] {
            assert_eq!(read(text), Some(secs), "{text}");
        }
    }

    #[test]
    fn no_wait_and_nothing_readable_are_the_same() {
        for text in [
            "",
            "0",
            "0.0",
            "-1",
            "-86400",
            "soon",
            "1e3",
            "inf",
            "NaN",
            ".",
            "1.2.3",
            "1,5",
            "17 s",
            "0x10",
            "PT5M",
            NOW,
            "Mon, 23 Nov 2026 19:00:00 GMT",
            "Mon, 99 Nov 2026 20:00:00 GMT",
            "2026-11-23T20:01:30Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(with(&[]), None);
        // What a date means is known from the answer's own clock alone.
        let until = "Mon, 23 Nov 2026 20:01:30 GMT";
        assert_eq!(with(&[(RETRY_AFTER, until)]), None);
        assert_eq!(with(&[(RETRY_AFTER, until), (DATE, "soon")]), None);
    }

    #[test]
    fn no_service_is_waited_for_longer_than_minutes() {
        let capped = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            headers.insert(DATE, NOW.parse().unwrap());
            within_reason(retry_after(&headers)).map(|wait| wait.as_secs())
        };
        assert_eq!(capped("299"), Some(299));
        for text in [
            "301",
            "86400",
            "18446744073709551615",
            "99999999999999999999999999",
            "Thu, 31 Dec 2099 00:00:00 GMT",
        ] {
            assert_eq!(capped(text), Some(300), "{text}");
        }
        assert_eq!(capped("0"), None);
    }
}
