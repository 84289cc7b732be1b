//! Old times without a zone: the export has one, and any other distance is another time.

use drawbridge_compare::{Report, Spelling, Verdict};
use jiff::civil::{DateTime, date};
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

use crate::export::{compare, key, lines, old};

/// How the old export writes times.
const SECONDS: &str = "%Y-%m-%d %H:%M:%S";
const MINUTES: &str = "%Y-%m-%d %H:%M";
const DATE: &str = "%Y-%m-%d";

/// When alert `n` was, in UTC.
fn time(n: u64) -> DateTime {
    let n = i64::try_from(n).unwrap();
    date(2023, 4, 1).at(0, 0, 0, 0) + (n * 1000).seconds()
}

/// A record of alert `n`, and the same with other times.
fn record(n: u64, alert_time: &str, last_processed: &str) -> Value {
    let mut record = old(n);
    record["AlertTime"] = json!(alert_time);
    record["LastProcessedTimeUtc"] = json!(last_processed);
    record
}

/// Alerts whose old times were written `ahead` of UTC, in the notation `format`, and whose last times
/// lie `later` beside.
fn exported(
    count: u64,
    format: &str,
    ahead: impl Fn(u64) -> Span,
    later: impl Fn(u64) -> Span,
) -> Report {
    let olds = (0..count).map(|n| {
        let local = time(n) + ahead(n);
        let last = local + later(n) + 1.hour();
        record(
            n,
            &local.strftime(format).to_string(),
            &last.strftime(format).to_string(),
        )
    });
    let zoned = |time: DateTime| format!("{time}.1230000Z");
    let news = (0..count).map(|n| record(n, &zoned(time(n)), &zoned(time(n) + 1.hour())));
    let [olds, news] = [olds.collect::<Vec<_>>(), news.collect()];
    let report = compare(lines(&olds).as_bytes(), lines(&news).as_bytes());
    assert_eq!(report.alerts.by_id, count);
    report
}

fn counts(report: &Report, name: &str) -> (u64, u64, u64) {
    let key = key(report, name);
    let spelt = |spelling| key.spelling.get(&spelling).copied().unwrap_or_default();
    (
        spelt(Spelling::TimePrecision),
        spelt(Spelling::TimeZone),
        key.different,
    )
}

#[test]
fn a_zone_is_that_of_the_whole_export() {
    for format in [SECONDS, MINUTES] {
        let none = exported(40, format, |_| 0.hours(), |_| 0.hours());
        let local = exported(40, format, |_| 2.hours(), |_| 0.hours());
        let summer = |n| if n < 20 { 1.hour() } else { 2.hours() };
        let summer = exported(40, format, summer, |_| 0.hours());
        for name in ["AlertTime", "LastProcessedTimeUtc"] {
            assert_eq!(counts(&none, name), (40, 0, 0), "{name} {format}");
            assert_eq!(counts(&local, name), (0, 40, 0), "{name} {format}");
            assert_eq!(counts(&summer, name), (0, 40, 0), "{name} {format}");
        }
    }
}

/// What lies whole quarters of an hour beside is not of another zone where the alert's time is not.
#[test]
fn another_distance_than_that_of_the_alerts_time_is_another_time() {
    for format in [SECONDS, MINUTES] {
        for zone in [0, 2, -7] {
            let later = |n: u64| (15 * (i64::try_from(n).unwrap() + 1)).minutes();
            let report = exported(20, format, |_| zone.hours(), later);
            assert_eq!(
                counts(&report, "LastProcessedTimeUtc"),
                (0, 0, 20),
                "{zone} {format}"
            );
            let last = key(&report, "LastProcessedTimeUtc");
            assert_eq!(last.verdict, Verdict::Never);
            assert!(
                last.examples
                    .iter()
                    .all(|example| example.old != example.new)
            );
        }
    }
}

#[test]
fn single_times_that_lie_apart_are_no_zone() {
    let report = exported(
        40,
        SECONDS,
        |n| if n == 7 { 315.minutes() } else { 0.minutes() },
        |_| 0.hours(),
    );
    assert_eq!(counts(&report, "AlertTime"), (39, 0, 1));
    // Nor are times of which each lies elsewhere.
    let report = exported(
        40,
        SECONDS,
        |n| (15 * i64::try_from(n).unwrap()).minutes(),
        |_| 0.hours(),
    );
    assert_eq!(counts(&report, "AlertTime"), (1, 0, 39));
    assert_eq!(
        report.losses.count,
        39 + counts(&report, "LastProcessedTimeUtc").2
    );
}

#[test]
fn a_date_is_that_day_in_the_zone_of_the_alerts_time() {
    let of_date = |zone: i64, day: i64| {
        let at = date(2023, 4, 1).at(23, 0, 0, 0);
        let olds = record(
            1,
            &(at + zone.hours()).strftime(SECONDS).to_string(),
            &(at + day.days()).strftime(DATE).to_string(),
        );
        let news = record(1, &format!("{at}Z"), &format!("{at}Z"));
        let report = compare(lines(&[olds]).as_bytes(), lines(&[news]).as_bytes());
        counts(&report, "LastProcessedTimeUtc")
    };
    assert_eq!(of_date(0, 0), (1, 0, 0));
    assert_eq!(of_date(0, 1), (0, 0, 1));
    assert_eq!(of_date(0, -1), (0, 0, 1));
    assert_eq!(of_date(2, 1), (0, 1, 0));
    assert_eq!(of_date(-2, 1), (0, 0, 1));
    // A date alone shows no zone.
    let dates = exported(5, DATE, |_| 24.hours(), |_| 0.hours());
    assert_eq!(counts(&dates, "AlertTime"), (0, 0, 5));
}
