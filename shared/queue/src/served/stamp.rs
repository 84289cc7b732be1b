//! What a segment is called, and from when on it is shown.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How a stamp stands in a key.
const IN_A_KEY: &str = "%Y%m%dT%H%M%SZ";

/// How long a stamp is there.
const KEY_CHARS: usize = 16;

/// What a segment's name ends with.
const ENDING: &str = ".jsonl.gz";

/// The moment from which a segment is shown: a whole second between 1970 and 9999.
///
/// A client that keeps it as a time of seconds or of milliseconds, or as text, keeps all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(Timestamp);

impl Stamp {
    /// The last whole second that is not after `time`; `None` before 1970.
    #[must_use]
    pub fn not_after(time: Timestamp) -> Option<Self> {
        let second = time.as_second();
        // Rounded towards zero: only before 1970 that would be later.
        let is_good = time >= Timestamp::UNIX_EPOCH;
        is_good
            .then(|| Timestamp::from_second(second).ok())
            .flatten()
            .map(Self)
    }

    /// The moment itself.
    #[must_use]
    pub fn time(self) -> Timestamp {
        self.0
    }

    /// So many seconds later; the same at the end of the calendar.
    #[must_use]
    pub fn later(self, secs: i64) -> Self {
        Self(
            self.0
                .saturating_add(SignedDuration::from_secs(secs))
                .unwrap_or(self.0),
        )
    }

    /// As a record of `siem` has it: `2026-03-02T03:04:05.0000000Z`. The fraction has the width that
    /// Graph gives times, since some clients compare it as text.
    #[must_use]
    pub fn in_a_record(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
    }
}

/// As a key has it: `20260302T030405Z`.
impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.strftime(IN_A_KEY).fmt(f)
    }
}

impl std::str::FromStr for Stamp {
    type Err = NoStamp;

    /// Reads it as a key has it.
    fn from_str(text: &str) -> Result<Self, NoStamp> {
        let is_plain = text.len() == KEY_CHARS && text.is_ascii();
        let parsed = strtime::parse(IN_A_KEY, text);
        let time = parsed.and_then(|parsed| parsed.to_datetime());
        let time = time.and_then(|time| TimeZone::UTC.to_timestamp(time));
        match time {
            Ok(time) if is_plain => Self::not_after(time).ok_or(NoStamp),
            _ => Err(NoStamp),
        }
    }
}

/// The text is no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a time of the form 20260302T030405Z")]
pub struct NoStamp;

/// The segments of one output of a tenant:
/// `served/v1/<tenant>/<directory>/<format>/<YYYYMMDDTHHMMSSZ>.jsonl.gz`. In the order of their keys
/// they are in the order of time.
///
/// The directory is in the key because a tenant's name may be given to another customer: whoever has
/// the name then must not be shown the records of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    prefix: String,
}

impl Segments {
    /// Those of the tenant `tenant` in the format `format`, by their names, with the records of the
    /// directory (tenant) id `directory`, a GUID in any case.
    #[must_use]
    pub fn of(tenant: &str, directory: &str, format: &str) -> Self {
        let directory = directory.to_ascii_lowercase();
        Self {
            prefix: format!("served/v1/{tenant}/{directory}/{format}/"),
        }
    }

    /// What all of the keys begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The key of the segment that is shown from `stamp` on.
    #[must_use]
    pub fn key(&self, stamp: Stamp) -> String {
        format!("{}{stamp}{ENDING}", self.prefix)
    }

    /// The stamp of a key; `None` for what is no segment of these.
    #[must_use]
    pub fn stamp(&self, key: &str) -> Option<Stamp> {
        let name = key.strip_prefix(self.prefix.as_str())?;
        name.strip_suffix(ENDING)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(time: &str) -> Option<Stamp> {
        Stamp::not_after(time.parse().unwrap())
    }

    #[test]
    fn a_stamp_is_a_whole_second_that_reads_back() {
        let segments = Segments::of("contoso", "ABC", "siem");
        for (time, name, in_a_record) in [
            (
                "2026-03-02T03:04:05.999999999Z",
                "20260302T030405Z",
                "2026-03-02T03:04:05.0000000Z",
            ),
            (
                "1970-01-01T00:00:00Z",
                "19700101T000000Z",
                "1970-01-01T00:00:00.0000000Z",
            ),
            (
                "9999-12-30T22:00:00Z",
                "99991230T220000Z",
                "9999-12-30T22:00:00.0000000Z",
            ),
        ] {
            let stamp = stamp(time).unwrap();
            assert_eq!(stamp.to_string(), name);
            assert_eq!(stamp.in_a_record(), in_a_record);
            assert_eq!(name.parse(), Ok(stamp));
            let key = segments.key(stamp);
            assert_eq!(key, format!("served/v1/contoso/abc/siem/{name}.jsonl.gz"));
            assert_eq!(segments.stamp(&key), Some(stamp));
        }
        assert_eq!(stamp("1969-12-31T23:59:59.5Z"), None);
    }

    #[test]
    fn names_sort_as_the_moments_do() {
        let first = stamp("2026-12-31T23:59:59Z").unwrap();
        let second = first.later(1);
        assert!(first < second && first.to_string() < second.to_string());
        assert_eq!(second.to_string(), "20270101T000000Z");
    }

    #[test]
    fn other_keys_are_no_segments() {
        let segments = Segments::of("contoso", "ABC", "siem");
        for key in [
            "served/v1/contoso/siem/20260302T030405Z.jsonl.gz",
            "served/v1/contoso/abd/siem/20260302T030405Z.jsonl.gz",
            "served/v1/contoso/abc/native/20260302T030405Z.jsonl.gz",
            "served/v1/contoso/abc/siem/20260302T030405Z.log.gz",
            "served/v1/contoso/abc/siem/20260302T030465Z.jsonl.gz",
            "served/v1/contoso/abc/siem/20260302T0304051Z.jsonl.gz",
            "served/v1/contoso/abc/siem/2026032T030405Z.jsonl.gz",
            "served/v1/contoso/abc/siem/20260302T030405.jsonl.gz",
            "served/v1/contoso/abc/siem/.jsonl.gz",
        ] {
            assert_eq!(segments.stamp(key), None, "{key}");
        }
    }
}
