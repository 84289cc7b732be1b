//! The records of the alerts in `golden/<format>/<case>/`, byte for byte.
//!
//! A case holds an alert as Graph returned it once, `1.json`, then `2.json` and so on. The first
//! yields its records, each later one what is new; together they are `records.ndjson`, which
//! `DRAWBRIDGE_BLESS=1` writes anew.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_alert::Alert;
use drawbridge_record::{Change, Claim, Claims, Fact, Format, Identity, Rewrite, formats};

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

/// The lines that the versions of a case's alert yield, one after the other.
fn records(format: &dyn Format, case: &Path) -> String {
    let mut claims = Remembered {
        rewrite: format.rewrite(),
        written: HashMap::new(),
        carried: HashSet::new(),
    };
    let mut lines = String::new();
    let versions = (1..)
        .map(|n| case.join(format!("{n}.json")))
        .take_while(|file| file.exists());
    for file in versions {
        let text = fs::read_to_string(file).unwrap();
        let alert = Alert::decode(&text).unwrap();
        format.map(&alert, &mut claims, &mut |record| {
            lines.push_str(&record.body);
            lines.push('\n');
        });
    }
    lines
}

/// Claims of a reader who takes everything at once and forgets nothing.
struct Remembered {
    rewrite: Rewrite,
    written: HashMap<[u8; 32], [u8; 32]>,
    carried: HashSet<Fact>,
}

impl Claims for Remembered {
    fn lack(&mut self, facts: &[Fact]) -> bool {
        facts.iter().any(|fact| !self.carried.contains(fact))
    }

    fn claim(&mut self, identity: &Identity<'_>) -> Option<Claim> {
        let part = u32::try_from(self.written.len()).unwrap();
        let content = match self.rewrite {
            Rewrite::Never => [0; 32],
            Rewrite::Changes => (identity.content)(),
        };
        let change = match self.written.insert(identity.digest, content) {
            Some(before) if before == content => return None,
            Some(_) => Change::Changed,
            None => Change::New,
        };
        self.carried.extend(identity.carries);
        Some(Claim { part, change })
    }
}
