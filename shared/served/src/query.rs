//! What a request asks for: the window, the filters and the limit, in all spellings.

use drawbridge_queue::Stamp;
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use crate::filter::{Filter, MAX_VALUES};
use crate::time_value::{ago, digits_of_a_second, time};

/// How far back an answer goes where no time is given, as Microsoft documented it.
const DEFAULT_WINDOW_SECS: i64 = 2 * 60 * 60;

/// How far a client's own clock may be ahead, or looked at after the answer. A record's time has no
/// fraction of a second, and the time of a clock hardly ever has none: that tells them apart.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// A clock of milliseconds has none once in a thousand times, and one of tenths once in ten: `.000` and
/// `.0` are taken for a clock's. A record's time has seven digits, of which clients keep six at least.
const DIGITS_OF_A_RECORD: usize = 6;

/// As long as it is not older than this: a client that polls has asked since, and one that cuts a
/// record's time to fewer digits is not shown that record for ever.
const CLOCK_IS_RECENT: SignedDuration = SignedDuration::from_hours(1);

/// The names of the parameters in lower case. Others are ignored.
mod name {
    pub(super) const SINCE: &str = "sincetimeutc";
    pub(super) const UNTIL: &str = "untiltimeutc";
    pub(super) const AGO: &str = "ago";
    pub(super) const LIMIT: &str = "limit";
    pub(super) const MACHINE_GROUPS: &str = "machinegroups";
    pub(super) const DEVICE_TAGS: &str = "devicecreatedmachinetags";
    pub(super) const CLOUD_TAGS: &str = "cloudcreatedmachinetags";
    pub(super) const CURSOR: &str = "cursor";
}

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    since: Option<Since>,
    pub(crate) until: Option<Timestamp>,
    /// The stamp of the last segment that was read, of a request for the next page.
    cursor: Option<Stamp>,
    /// The most records: the newest.
    pub(crate) limit: Option<u64>,
    pub(crate) filter: Filter,
}

/// The time that a client has read up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since {
    time: Timestamp,
    /// Whether it is the time of a clock, and not of a record.
    is_of_a_clock: bool,
}

impl Since {
    /// Reads a time as it is written in a query at `now`; `None` if it is not a time.
    fn read(text: &str, now: Timestamp) -> Option<Self> {
        let time = time(text)?;
        let is_recent = now.duration_since(time) <= CLOCK_IS_RECENT;
        let has_few_digits = (1..DIGITS_OF_A_RECORD).contains(&digits_of_a_second(text));
        Some(Self {
            time,
            is_of_a_clock: time.subsec_nanosecond() != 0 || has_few_digits && is_recent,
        })
    }

    /// The last stamp that was certainly shown to the client.
    ///
    /// A whole second is the stamp of a record that the client has. The client's own clock may be ahead of
    /// this one by more than it had when the client asked: the stamps of the slack are shown again.
    fn after(self, lookback: SignedDuration) -> Option<Stamp> {
        let slack = match self.is_of_a_clock {
            true => CLOCK_SLACK,
            false => SignedDuration::ZERO,
        };
        Stamp::not_after(earlier(earlier(self.time, lookback), slack))
    }
}

/// Reads a number of records. One that is too large for any is all of them.
fn limit(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().unwrap_or(u64::MAX);
    (is_number && limit > 0).then_some(limit)
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(time)
}

/// Stamps later than one and not later than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Exclusive; without it, from the beginning.
    pub(crate) after: Option<Stamp>,
    /// Inclusive; without it, there was nothing yet.
    pub(crate) until: Option<Stamp>,
}

impl Window {
    /// The same up to `until`, and to nothing that is shown later than `now`.
    pub(crate) fn up_to(self, until: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            until: Stamp::not_after(until.map_or(now, |until| until.min(now))),
            ..self
        }
    }

    /// What comes behind it.
    pub(crate) fn next(self, until: Option<Timestamp>, now: Timestamp) -> Self {
        let after = self.after.max(self.until);
        Self { after, ..self }.up_to(until, now)
    }

    /// Whether it ends before anything comes.
    pub(crate) fn is_empty(&self) -> bool {
        self.until.is_none() || self.after >= self.until
    }
}

/// A parameter that cannot be read, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) &'static str);

impl Query {
    /// Reads the query of a request that was made at `now`.
    pub(crate) fn read(query: &str, now: Timestamp) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        let mut duration = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // Without a value it is not given.
            if value.trim().is_empty() {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                name::SINCE if read.since.is_none() => {
                    let problem = "sinceTimeUtc is not a time: write it as 2026-01-02T03:04:05Z";
                    read.since = Some(Since::read(&value, now).ok_or(Unreadable(problem))?);
                }
                name::UNTIL if read.until.is_none() => {
                    let problem = "untilTimeUtc is not a time: write it as 2026-01-02T03:04:05Z";
                    read.until = Some(time(&value).ok_or(Unreadable(problem))?);
                }
                name::AGO if duration.is_none() => {
                    let problem = "ago is not an ISO 8601 duration: write it as PT30M or P1D";
                    // As of a clock: some ask for it as often as it is long.
                    duration = Some(Since {
                        time: ago(&value, now).ok_or(Unreadable(problem))?,
                        is_of_a_clock: true,
                    });
                }
                name::LIMIT if read.limit.is_none() => {
                    let problem = "limit is not a number: write 1 or more";
                    read.limit = Some(limit(value.trim()).ok_or(Unreadable(problem))?);
                }
                name::CURSOR if read.cursor.is_none() => {
                    let problem = "cursor is none that was given out: take it from the header Link";
                    let cursor = value.trim().parse();
                    read.cursor = Some(cursor.map_err(|_| Unreadable(problem))?);
                }
                name::MACHINE_GROUPS => read.filter.machine_groups.add(&value),
                name::DEVICE_TAGS => read.filter.device_tags.add(&value),
                name::CLOUD_TAGS => read.filter.cloud_tags.add(&value),
                _ => {}
            }
        }
        if read.filter.len() > MAX_VALUES {
            let problem = "there are more than 64 machine groups and tags: ask for fewer";
            return Err(Unreadable(problem));
        }
        read.since = read.since.or(duration);
        Ok(read)
    }

    /// The time from which it asks, if it names one.
    pub(crate) fn asks_from(&self, lookback_secs: u32) -> Option<Timestamp> {
        let lookback = SignedDuration::from_secs(lookback_secs.into());
        let cursor = self.cursor.map(Stamp::time);
        let since = || Some(earlier(self.since?.time, lookback));
        cursor.or_else(since)
    }

    /// The window of it at `now`; nothing later is shown.
    pub(crate) fn window(&self, now: Timestamp, lookback_secs: u32) -> Window {
        let after = match (self.cursor, self.since) {
            (Some(cursor), _) => Some(cursor),
            (None, Some(since)) => since.after(SignedDuration::from_secs(lookback_secs.into())),
            (None, None) => Stamp::not_after(now - SignedDuration::from_secs(DEFAULT_WINDOW_SECS)),
        };
        Window { after, until: None }.up_to(self.until, now)
    }

    /// The query of the next page, behind the segment with that stamp. Only what is known is repeated:
    /// there are clients that put their secret into the query.
    pub(crate) fn next(&self, cursor: Stamp) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(name::CURSOR, &cursor.to_string());
        if let Some(until) = self.until {
            query.append_pair("untilTimeUtc", &until.to_string());
        }
        for (name, values) in [
            (name::MACHINE_GROUPS, &self.filter.machine_groups),
            ("DeviceCreatedMachineTags", &self.filter.device_tags),
            ("CloudCreatedMachineTags", &self.filter.cloud_tags),
        ] {
            for value in values.iter() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Values;

    const NOW: &str = "2026-03-02T03:04:05.678Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn read(query: &str) -> Result<Query, Unreadable> {
        Query::read(query, now())
    }

    /// The ends of the window, as keys have them.
    fn window(query: &str, lookback_secs: u32) -> Option<(String, String)> {
        let window = read(query).unwrap().window(now(), lookback_secs);
        let end = |end: Option<Stamp>| end.map(|end| end.to_string()).unwrap_or_default();
        (!window.is_empty()).then(|| (end(window.after), end(window.until)))
    }

    fn ends(after: &str, until: &str) -> Option<(String, String)> {
        Some((after.to_owned(), until.to_owned()))
    }

    #[test]
    fn windows_are_those_that_were_documented() {
        let until = "20260302T030405Z";
        for (query, expected) in [
            ("", ends("20260302T010405Z", until)),
            ("ago=PT30M", ends("20260302T023403Z", until)),
            (
                "sinceTimeUtc=2026-03-02T03:00:00.0000000Z",
                ends("20260302T030000Z", until),
            ),
            // The time wins, and so does the first of two.
            (
                "ago=PT1M&SINCETIMEUTC=2026-03-02&sinceTimeUtc=2026-03-01",
                ends("20260302T000000Z", until),
            ),
            (
                "sinceTimeUtc=2026-03-02&untilTimeUtc=2026-03-02T01:00:00.9",
                ends("20260302T000000Z", "20260302T010000Z"),
            ),
            // Never later than now.
            ("untiltimeutc=2030-01-01", ends("20260302T010405Z", until)),
            ("sinceTimeUtc=0001-01-01T00:00:00", ends("", until)),
            // It ends before it begins.
            ("sinceTimeUtc=2026-03-02&untilTimeUtc=2026-03-01", None),
            ("sinceTimeUtc=2030-01-01", None),
            ("sinceTimeUtc=2026-03-02T03:04:05", None),
            (
                "sinceTimeUtc=2026-03-02T03:04:05.2",
                ends("20260302T030403Z", until),
            ),
            ("untilTimeUtc=1960-01-01", None),
            // Not given, or not known.
            (
                "sinceTimeUtc=&$filter=x%20gt%20y&client_secret=s",
                ends("20260302T010405Z", until),
            ),
            // A plus that was not encoded.
            (
                "sinceTimeUtc=2026-03-02T03:00:00.0000000+02:00",
                ends("20260302T010000Z", until),
            ),
            (
                "cursor=20260302T030001Z&sinceTimeUtc=2026-03-02",
                ends("20260302T030001Z", until),
            ),
        ] {
            assert_eq!(window(query, 0), expected, "{query}");
        }
    }

    #[test]
    fn the_lower_end_is_exclusive_and_a_clients_clock_may_be_two_seconds_ahead() {
        for (since, after) in [
            ("03:00:05", "20260302T030005Z"),
            ("03:00:05.0000000Z", "20260302T030005Z"),
            ("03:00:05.000001", "20260302T030003Z"),
            ("03:00:05.001", "20260302T030003Z"),
            ("03:00:05.999999", "20260302T030003Z"),
            // Few digits are a clock's, which has none now and then; a record has seven.
            ("03:00:05.0Z", "20260302T030003Z"),
            ("03:00:05.00", "20260302T030003Z"),
            ("03:00:05.000", "20260302T030003Z"),
            ("03:00:05.00000Z", "20260302T030003Z"),
            ("03:00:05.000Z", "20260302T030003Z"),
            ("04:00:05.000%2B01:00", "20260302T030003Z"),
            ("03:00:05.000000Z", "20260302T030005Z"),
            // What is older is no clock's of a client that polls.
            ("02:04:05.000Z", "20260302T020405Z"),
            ("02:04:05.0Z", "20260302T020405Z"),
            ("02:04:06.000Z", "20260302T020404Z"),
        ] {
            let (found, _) = window(&format!("sinceTimeUtc=2026-03-02T{since}"), 0).unwrap();
            assert_eq!(found, after, "{since}");
        }
    }

    #[test]
    fn a_client_whose_clock_is_ahead_is_given_what_came_before() {
        let query = "sinceTimeUtc=2026-03-02T03:04:25Z";
        assert_eq!(window(query, 0), None);
        assert_eq!(
            window(query, 30),
            ends("20260302T030355Z", "20260302T030405Z")
        );
    }

    #[test]
    fn lists_are_repeated_or_separated_by_commas() {
        let query = read("machinegroups=A,b&MachineGroups=C%20d&DeviceCreatedMachineTags=e&cloudCreatedMachineTags=,f,&limit=5")
            .unwrap();
        let values = |values: &Values| values.iter().collect::<Vec<_>>().join("|");
        assert_eq!(values(&query.filter.machine_groups), "a|a,b|b|c d");
        assert_eq!(values(&query.filter.device_tags), "e");
        assert_eq!(values(&query.filter.cloud_tags), ",f,|f");
        assert_eq!(query.limit, Some(5));
    }

    #[test]
    fn a_limit_may_be_larger_than_any_number_of_records() {
        for (text, limit) in [
            ("007", 7),
            ("18446744073709551615", u64::MAX),
            ("99999999999999999999", u64::MAX),
        ] {
            let query = read(&format!("limit={text}")).unwrap();
            assert_eq!(query.limit, Some(limit), "{text}");
        }
    }

    #[test]
    fn there_may_be_64_values_to_filter_by() {
        let of = |groups: usize| {
            let groups: Vec<_> = (0..groups).map(|n| n.to_string()).collect();
            let groups = groups.join(",");
            read(&format!(
                "machinegroups={groups}&cloudCreatedMachineTags=b,c"
            ))
        };
        assert_eq!(of(62).unwrap().filter.len(), 64);
        for groups in [63, 32_000] {
            let Unreadable(problem) = of(groups).unwrap_err();
            assert!(problem.contains("more than 64"), "{problem}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_repeated() {
        for (query, named) in [
            ("sinceTimeUtc=hunter2", "sinceTimeUtc is not a time"),
            ("untilTimeUtc=hunter2", "untilTimeUtc is not a time"),
            ("ago=hunter2", "ago is not an ISO 8601 duration"),
            ("limit=hunter2", "limit is not a number"),
            ("limit=0", "limit is not a number"),
            ("limit=-1", "limit is not a number"),
            ("limit=%2B5", "limit is not a number"),
            ("limit=00", "limit is not a number"),
            ("cursor=hunter2", "cursor is none"),
        ] {
            let Unreadable(problem) = read(query).unwrap_err();
            assert!(problem.starts_with(named), "{query}: {problem}");
        }
    }

    #[test]
    fn the_next_page_repeats_what_is_known_and_nothing_else() {
        let query = "client_secret=hunter2&machinegroups=a,b&untilTimeUtc=2026-03-02&ago=PT1H";
        let cursor = "20260302T030001Z".parse().unwrap();
        assert_eq!(
            read(query).unwrap().next(cursor),
            "cursor=20260302T030001Z&untilTimeUtc=2026-03-02T00%3A00%3A00Z\
             &machinegroups=a&machinegroups=a%2Cb&machinegroups=b"
        );
    }
}
