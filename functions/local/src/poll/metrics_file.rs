//! The metrics of a single machine: a file for the textfile collector of Prometheus' node exporter.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use drawbridge_telemetry::{Numbers, openmetrics};

use crate::progress::say_timed;

/// The file, and what it tells.
pub(super) struct MetricsFile {
    path: PathBuf,
    tenants: BTreeMap<String, Numbers>,
    /// Why it could not be written, if it was said.
    trouble: Option<String>,
}

impl MetricsFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            tenants: BTreeMap::new(),
            trouble: None,
        }
    }

    /// Takes in the numbers of a poll: counts go on, and of times the newest counts.
    pub(super) fn add(&mut self, tenant: &str, numbers: &Numbers) {
        let so_far = self.tenants.entry(tenant.to_owned()).or_default();
        so_far.follow(numbers);
    }

    /// Forgets the tenants that are not there any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.tenants.retain(|tenant, _| is_there(tenant));
    }

    /// Writes the file anew. One that cannot be written ends no poll.
    pub(super) fn write(&mut self) {
        let written = replace(&self.path, &openmetrics(&self.tenants));
        let trouble = written.err().map(|error| {
            let path = self.path.display();
            format!("drawbridge: the metrics cannot be written to {path}: {error}")
        });
        if let Some(trouble) = trouble.as_ref().filter(|_| self.trouble != trouble) {
            say_timed(trouble);
        }
        self.trouble = trouble;
    }
}

/// Puts a file in the place of another, so that nobody reads half of it. The collector, which is another
/// user, has to read it: it has the mode that the umask leaves.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".tmp");
    let hidden = path.with_file_name(hidden);
    fs::write(&hidden, text)?;
    fs::rename(&hidden, path)
}
