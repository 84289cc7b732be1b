//! When the event that a record describes happened.

use drawbridge_record::TimeNotation;
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use crate::Record;
use crate::format::format;

/// The time in the record, or `None` if it has no time that can be read.
pub(crate) fn event_time(record: &Record) -> Option<Timestamp> {
    let format = format(&record.format)?;
    let members = format.members(&record.body);
    let mut times = format.layout.times.iter();
    times.find_map(|&(path, notation)| {
        let text = members.text(path)?;
        match notation {
            TimeNotation::Text => text.parse().ok(),
            TimeNotation::Millis => millis(&text),
            TimeNotation::Date => date(&text),
        }
    })
}

/// The time of a date as the format `leef` writes it: `MMM dd yyyy HH:mm:ss.SSS zzz`.
fn date(text: &str) -> Option<Timestamp> {
    let parsed = BrokenDownTime::parse("%b %d %Y %H:%M:%S%.f UTC", text).ok()?;
    Offset::UTC.to_timestamp(parsed.to_datetime().ok()?).ok()
}

/// The time of a number of milliseconds since 1970. A date in words or a bare year has none.
fn millis(digits: &str) -> Option<Timestamp> {
    const DIGITS_SINCE_2001: usize = 13;
    if digits.len() != DIGITS_SINCE_2001 {
        return None;
    }
    Timestamp::from_millisecond(digits.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_alert::Alert;
    use drawbridge_record::{formats, records};

    /// Of every format, the time is found in a record that it makes.
    #[test]
    fn the_records_of_every_format_have_a_time() {
        let alert = r#"{"id":"da1","title":"t","createdDateTime":"2026-01-02T03:04:05.006Z",
            "lastUpdateDateTime":"2026-01-02T03:04:05.006Z"}"#;
        let alert = Alert::decode(alert).unwrap();
        for format in formats() {
            let first = records(*format, &alert).next().unwrap();
            let record = Record {
                format: format.name().into(),
                body: first.body,
                ..Record::default()
            };
            let time = event_time(&record).map(Timestamp::as_millisecond);
            assert_eq!(time, Some(1_767_323_045_006), "{}", format.name());
        }
    }

    #[test]
    fn every_format_has_its_place() {
        for (format, body, expected) in [
            (
                "siem",
                r#"{"AlertTime":"2026-01-02T03:04:05.1234567Z","LastProcessedTimeUtc":""}"#,
                Some(1_767_323_045_123),
            ),
            (
                "siem",
                r#"{"AlertTime":"2026-01-02T03:04:05Z","LastProcessedTimeUtc":"2026-01-02T03:04:06Z"}"#,
                Some(1_767_323_046_000),
            ),
            (
                "native",
                r#"{"lastUpdateDateTime":"2026-01-02T03:04:05Z"}"#,
                Some(1_767_323_045_000),
            ),
            ("ocsf", r#"{"time":1767323045000}"#, Some(1_767_323_045_000)),
            (
                "ecs",
                r#"{"@timestamp":"2026-01-02T03:04:05.000Z"}"#,
                Some(1_767_323_045_000),
            ),
            (
                "cef",
                "CEF:0|a|b|c|d|e|5|start=1 rt=1767323045000 x=y",
                Some(1_767_323_045_000),
            ),
            (
                "leef",
                "LEEF:2.0|a|b|c|d|x09|devTime=Jan 02 2026 03:04:05.006 UTC\tdevTimeFormat=x",
                Some(1_767_323_045_006),
            ),
            ("siem", "{}", None),
            ("siem", "not json", None),
            ("cef", "CEF:0|a|b|c|d|e|5|msg=part=1", None),
            // A title of an attacker's.
            ("cef", "CEF:0|a|b|c|d|x rt=1767323045000|5|msg=x", None),
            (
                "leef",
                "LEEF:2.0|a|b|c|devTime=Jan 02 2026 03:04:05 UTC|x09|cat=x",
                None,
            ),
            ("ocsf", r#"{"time":99999999999999999999}"#, None),
            (
                "leef",
                "LEEF:2.0|a|b|c|d|x09|devTime=2026-01-02T03:04:05Z",
                None,
            ),
            ("cef", "CEF:0|a|b|c|d|e|5|rt=Jan 02 2026 03:04:05", None),
            ("odd", "{}", None),
        ] {
            let record = Record {
                format: format.into(),
                body: body.into(),
                ..Record::default()
            };
            let time = event_time(&record).map(Timestamp::as_millisecond);
            assert_eq!(time, expected, "{format}");
        }
    }
}
