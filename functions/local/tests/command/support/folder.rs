//! A folder that a poll writes into.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::tenant::TENANT;

/// A folder of its own for each test; gone at its end.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.path().join("siem.ndjson")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path().join(format!("state/{TENANT}.json"))
    }

    /// The records written so far; every line must be one, whole.
    pub(crate) fn records(&self) -> Vec<Value> {
        let text = match fs::read_to_string(self.output()) {
            Ok(text) => text,
            Err(_) => return Vec::new(),
        };
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "the last line is torn"
        );
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How many lines are whole so far, while somebody writes them.
    pub(crate) fn lines(&self) -> usize {
        fs::read_to_string(self.output())
            .unwrap_or_default()
            .matches('\n')
            .count()
    }

    /// How often each record is there, by its `FullId`.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.records() {
            *counts
                .entry(record["FullId"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        counts
    }

    /// Each record's alert and file, sorted.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let records = self.records();
        let mut files: Vec<_> = records
            .iter()
            .map(|record| (text(&record["AlertId"]), text(&record["FileName"])))
            .collect();
        files.sort();
        files
    }

    /// What was put aside as `kind`: alerts, records or gaps.
    pub(crate) fn quarantine(&self, kind: &str) -> Vec<Value> {
        let folder = self.path().join(format!("quarantine/{TENANT}/{kind}"));
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        entries
            .map(|entry| serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap())
            .collect()
    }
}
