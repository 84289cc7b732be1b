//! The `Retry-After` header.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// How long the answer asks to wait: seconds, or a date counted from the answer's own `Date`, so
/// that the local clock does not matter. `None` when it says nothing readable.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse::<u64>() {
        return Some(Duration::from_secs(secs));
    }
    let until = date(text)?;
    let now = date(headers.get(DATE)?.to_str().ok()?)?;
    // A date in the past asks for no wait at all.
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// The wait in words, for the end of an error's sentence.
pub fn ask_again(asked: Option<Duration>) -> String {
    match asked {
        Some(wait) => format!("ask again in {} s", wait.as_secs_f64().ceil()),
        None => "ask again later".to_owned(),
    }
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(http::HeaderName, &str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(name.clone(), value.parse().unwrap());
        }
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        let now = (DATE, "Mon, 23 Nov 2026 20:00:00 GMT");
        assert_eq!(read(&[(RETRY_AFTER, "17")]), Some(17));
        assert_eq!(read(&[(RETRY_AFTER, " 17 ")]), Some(17));
        assert_eq!(
            read(&[(RETRY_AFTER, "Mon, 23 Nov 2026 20:01:30 GMT"), now.clone()]),
            Some(90)
        );
        assert_eq!(
            read(&[(RETRY_AFTER, "Mon, 23 Nov 2026 19:00:00 GMT"), now]),
            Some(0)
        );
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[(RETRY_AFTER, "soon")]), None);
        assert_eq!(read(&[(RETRY_AFTER, "-1")]), None);
        assert_eq!(
            read(&[(RETRY_AFTER, "Mon, 23 Nov 2026 20:01:30 GMT")]),
            None
        );
    }
}
