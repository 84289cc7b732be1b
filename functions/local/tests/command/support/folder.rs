//! A folder that a poll writes into.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use drawbridge_simulator::Simulator;
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use super::tenant::TENANT;

/// A folder of its own for each test; gone at its end.
pub(crate) struct Folder {
    folder: TempDir,
    /// Where the administrator has its tenants read: the sign-in host and the Graph root.
    hosts: OnceLock<[Url; 2]>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            hosts: OnceLock::new(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has its tenants read from this simulator, as all of a folder are.
    pub(crate) fn read_from(&self, simulator: &Simulator) {
        let hosts = [simulator.login_url(), simulator.graph_url()];
        let one = self.hosts.get_or_init(|| hosts.clone());
        assert_eq!(*one, hosts, "there is one for all of its tenants");
    }

    /// The variables that say so.
    pub(crate) fn hosts(&self) -> Vec<(&'static str, String)> {
        let urls = self.hosts.get().into_iter().flatten();
        ["DRAWBRIDGE_LOGIN_URL", "DRAWBRIDGE_GRAPH_URL"]
            .into_iter()
            .zip(urls.map(Url::to_string))
            .collect()
    }

    /// The records of [`TENANT`], which is polled by its id.
    pub(crate) fn output(&self) -> PathBuf {
        self.path().join(TENANT).join("siem.ndjson")
    }

    /// The same for a test that writes them itself.
    pub(crate) fn own_output(&self) -> PathBuf {
        let file = self.output();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        file
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path().join(format!("state/{TENANT}.json"))
    }

    /// Whether a poll has ended well.
    pub(crate) fn was_polled(&self) -> bool {
        let state = fs::read_to_string(self.state()).unwrap_or_default();
        state.contains(r#""last_success":""#)
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
