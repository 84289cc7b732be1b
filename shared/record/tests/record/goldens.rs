//! The records of the alerts in `golden/<format>/<case>/`, byte for byte.
//!
//! A case holds an alert as Graph returned it once, `1.json`, then `2.json` and so on. The first
//! yields its records, each later one what is new; together they are `records.ndjson`, which
//! `DRAWBRIDGE_BLESS=1` writes anew.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_alert::Alert;
use drawbridge_record::{Change, Format, Rewrite, formats};

#[test]
fn every_case_yields_its_records() {
    for format in formats() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(format.name());
        let cases: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!cases.is_empty(), "{} has no goldens", format.name());
        for case in cases {
            let records = records(*format, &case);
            let golden = case.join("records.ndjson");
            if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
                fs::write(golden, records).unwrap();
                continue;
            }
            assert_eq!(
                fs::read_to_string(golden).unwrap(),
                records,
                "{}",
                case.display()
            );
        }
    }
}

/// The lines that the versions of a case's alert yield, one after the other, for a reader who takes
/// everything at once and forgets nothing.
fn records(format: &dyn Format, case: &Path) -> String {
    let mut written = HashMap::new();
    let mut carried = HashSet::new();
    let mut lines = String::new();
    let versions = (1..)
        .map(|n| case.join(format!("{n}.json")))
        .take_while(|file| file.exists());
    for file in versions {
        let text = fs::read_to_string(file).unwrap();
        let alert = Alert::decode(&text).unwrap();
        for draft in format.drafts(&alert) {
            let mut facts = draft.unless_carried.iter();
            if facts.len() > 0 && facts.all(|fact| carried.contains(fact)) {
                continue;
            }
            let content = match format.rewrite() {
                Rewrite::Never => [0; 32],
                Rewrite::Changes => draft.content(),
            };
            let part = u32::try_from(written.len()).unwrap();
            let change = match written.insert(draft.identity(), content) {
                Some(before) if before == content => continue,
                Some(_) => Change::Changed,
                None => Change::New,
            };
            carried.extend(draft.carries.iter().copied());
            lines.push_str(&draft.write(part, change).body);
            lines.push('\n');
        }
    }
    lines
}
