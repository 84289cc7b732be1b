//! Exports that are broken, of something else, or hostile.

use serde_json::json;

use crate::export::{alert, compare, key, lines, old, try_compare};

#[test]
fn broken_lines_end_nothing_and_are_told_with_their_places() {
    let text = format!(
        "{}{}\n{{\"AlertId\": \"cut off\n[1, {}",
        lines(&[old(1)]),
        "what is this",
        lines(&[old(2)])
    );
    let report = compare(text.as_bytes(), lines(&[alert(1), alert(2)]).as_bytes());
    assert_eq!(report.alerts.by_id, 1);
    let places = report.old.first_broken.iter();
    let lines_told: Vec<u64> = places.map(|part| part.position.line).collect();
    assert_eq!(
        (report.old.broken, &lines_told[..2]),
        (lines_told.len() as u64, &[2, 3][..])
    );
    assert_eq!(report.old.first_broken[0].file, "old.json");
}

#[test]
fn an_alert_that_cannot_be_mapped_ends_nothing() {
    let bad = json!({"id": "da2", "evidence": "none", "title": "SECRET"});
    let text = lines(&[bad, alert(1)]);
    let report = compare(lines(&[old(1)]).as_bytes(), text.as_bytes());
    assert_eq!((report.alerts.by_id, report.new.broken), (1, 1));
    assert!(!report.new.first_broken[0].why.contains("SECRET"));
}

#[test]
fn gzip_that_ends_too_early_is_told() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed
        .write_all(lines(&(1..200).map(old).collect::<Vec<_>>()).as_bytes())
        .unwrap();
    let packed = packed.finish().unwrap();
    let report = compare(&packed[..packed.len() / 2], lines(&[alert(1)]).as_bytes());
    assert_eq!((report.alerts.by_id, report.old.broken), (1, 1));
    assert!(
        report.old.first_broken[0]
            .why
            .contains("cannot be read further")
    );
}

#[test]
fn what_is_no_export_is_said_to_be() {
    let new = lines(&[alert(1)]);
    for (text, words) in [
        (&b""[..], "0 other objects"),
        (
            b"AlertId,AlertTime\nda1,x\n",
            "the first in line 1 is not a JSON object",
        ),
        (
            b"{\"class_uid\": 2004, \"message\": \"x\"}\n",
            "(1 other object)",
        ),
        (b"[]", "no record"),
        (b"\xff\xfe{\0}\0", "UTF-16"),
    ] {
        let error = try_compare(text, new.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Of a file of 10 GB, too.
#[test]
fn what_is_no_export_is_not_read_to_its_end() {
    let mut noise = std::io::Read::take(std::io::repeat(b'x'), 1 << 40);
    let mut comparison = drawbridge_compare::Comparison::default();
    let read = comparison.read(drawbridge_compare::Which::Old, "x", &mut noise);
    let error = read.unwrap_err().to_string();
    assert!(error.contains("100 parts that cannot be read"), "{error}");
    assert!((1 << 40) - noise.limit() < 16 << 20);
}

#[test]
fn two_files_without_a_common_alert_are_told_with_their_times() {
    let mut later = alert(9);
    later["createdDateTime"] = json!("2024-01-01T00:00:00Z");
    let report = compare(lines(&[old(1)]).as_bytes(), lines(&[later]).as_bytes());
    assert_eq!(report.alerts.shared(), 0);
    assert_eq!(report.alerts.only_old.outside_the_others_times, 1);
    assert_eq!(report.old.times.unwrap()[0], "2023-04-05T06:07:08.12345Z");
}

#[test]
fn values_of_megabytes_are_cut_in_the_report() {
    let mut record = old(1);
    record["CommandLine"] = json!("<script>\u{202e}".repeat(100_000));
    let report = compare(lines(&[record]).as_bytes(), lines(&[alert(1)]).as_bytes());
    assert_eq!(key(&report, "CommandLine").emptied, 1);
    let bytes = serde_json::to_string(&report).unwrap().len();
    assert!(bytes < 60_000, "{bytes}");
}
