//! A tenant's records by the hour in which their alerts were created.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use drawbridge_view::plot as bars;
use jiff::Timestamp;
use maud::Markup;
use serde::Deserialize;

use super::record_file::RecordFile;
use crate::progress::counted;

/// How many hours are shown, up to the one of the newest alert.
const HOURS: i64 = 48;

/// The most bytes of a file that are read, from its end.
const MAX_BYTES: u64 = 8 << 20;

/// The formats whose records tell when their alert was created, on one line each.
const FORMATS: [&str; 2] = ["siem", "native"];

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, alias = "AlertTime", alias = "createdDateTime")]
    created: Option<Cow<'a, str>>,
}

/// The plot of a tenant's file; `None` where there is no file, or no record in it.
pub(super) fn plot(folder: &Path, below: &str, now: Timestamp) -> Option<Markup> {
    let open = |format| RecordFile::open(folder, below, format, MAX_BYTES);
    let file = FORMATS.into_iter().find_map(open)?;
    let (name, is_cut) = (file.name.display().to_string(), file.is_cut);
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for line in file.lines() {
        let line: Option<Line<'_>> = serde_json::from_str(&line.text).ok();
        let created = line.and_then(|line| line.created?.parse::<Timestamp>().ok());
        // An alert may say any time, and one ahead would leave no room for the others.
        if let Some(created) = created.filter(|created| *created <= now) {
            *counts
                .entry(created.as_second().div_euclid(3600))
                .or_default() += 1;
        }
    }
    let last = *counts.keys().next_back()?;
    let hours = (last - HOURS + 1)..=last;
    let all: u64 = counts.range(hours.clone()).map(|(_, count)| count).sum();
    let bars_of = hours.map(|hour| {
        let label = Timestamp::from_second(hour * 3600)
            .map_or_else(|_| "?".to_owned(), |at| format!("{at:.0}"));
        (label, counts.get(&hour).copied().unwrap_or_default())
    });
    let bars_of: Vec<(String, u64)> = bars_of.collect();
    let to = &bars_of.last()?.0;
    let part = if is_cut { "the last 8 MiB of " } else { "" };
    let what = format!(
        "{} in {part}{name} by the hour in which their alert was created, in the {HOURS} hours to the \
         one that begins {to}",
        counted(all, "record", "records")
    );
    Some(bars(&what, &bars_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-03T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn records_are_counted_by_hour_and_a_time_ahead_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(plot(folder.path(), "", now()).is_none());
        let line = |time: &str| format!("{{\"AlertTime\":\"{time}\",\"Description\":\"<b>\"}}\n");
        let lines = [
            "2026-01-02T10:59:59Z",
            "2026-01-02T10:00:00.1234567Z",
            "2026-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z",
            "9999-01-01T00:00:00Z",
            "nonsense",
        ];
        let text: String = lines.map(line).concat() + "broken\n[]\n";
        std::fs::write(folder.path().join("siem.ndjson"), text).unwrap();
        let html = plot(folder.path(), "", now()).unwrap().into_string();
        assert!(
            html.contains("3 records in siem.ndjson by the hour"),
            "{html}"
        );
        assert!(
            html.contains("<title>2026-01-02T10:00:00Z: 2</title>"),
            "{html}"
        );
        assert!(
            html.contains("<title>2026-01-01T00:00:00Z: 1</title>"),
            "{html}"
        );
        assert_eq!(html.matches("<rect").count(), 48);
        assert!(!html.contains("<b>"));
    }

    #[test]
    fn of_a_long_file_the_end_is_read_from_a_whole_line_on() {
        let folder = tempfile::tempdir().unwrap();
        let filler = " ".repeat(1000);
        let line = format!("{{\"createdDateTime\":\"2026-01-02T10:00:00Z\"{filler}}}\n");
        std::fs::create_dir(folder.path().join("contoso")).unwrap();
        let file = folder.path().join("contoso/native.ndjson");
        std::fs::write(file, line.repeat(20_000)).unwrap();
        let whole = (8 << 20) / line.len();
        let html = plot(folder.path(), "contoso", now()).unwrap().into_string();
        let said = format!("{whole} records in the last 8 MiB of contoso/native.ndjson");
        assert!(
            html.contains(&said),
            "{said}: {}",
            &html[html.len() - 900..]
        );
    }
}
