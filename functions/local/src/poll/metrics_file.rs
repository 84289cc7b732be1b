//! The metrics of a single machine: a file for the textfile collector of Prometheus' node exporter.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use drawbridge_files::{Access, Root, access_error};
use drawbridge_telemetry::{Metric, Numbers, openmetrics};
use jiff::Timestamp;

use crate::progress::say_timed;

/// The file, and the numbers in it.
pub(super) struct MetricsFile {
    path: PathBuf,
    tenants: BTreeMap<String, Numbers>,
    /// How far each tenant was read, as far as that is known: its lag grows while nothing is read.
    read_up_to: BTreeMap<String, Timestamp>,
    /// Why it could not be written, if it was said.
    trouble: Option<String>,
}

impl MetricsFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            tenants: BTreeMap::new(),
            read_up_to: BTreeMap::new(),
            trouble: None,
        }
    }

    /// Adds the numbers of a poll: counts are summed up, and times are replaced by newer ones.
    pub(super) fn add(&mut self, tenant: &str, numbers: &Numbers) {
        let so_far = self.tenants.entry(tenant.to_owned()).or_default();
        so_far.follow(numbers);
    }

    /// Whether it is known how far a tenant was read.
    pub(super) fn is_read(&self, tenant: &str) -> bool {
        self.read_up_to.contains_key(tenant)
    }

    /// Notes how far a poll has read a tenant.
    pub(super) fn note_read_up_to(&mut self, tenant: &str, time: Timestamp) {
        self.read_up_to.insert(tenant.to_owned(), time);
    }

    /// Notes how far a tenant's state says that it was read. That may be older than what a poll said: an
    /// idle one is saved about once an hour.
    pub(super) fn note_read_at_least_up_to(&mut self, tenant: &str, time: Timestamp) {
        let known = self.read_up_to.get(tenant).copied();
        self.note_read_up_to(tenant, known.map_or(time, |known| known.max(time)));
    }

    /// Forgets the tenants that are not there any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.tenants.retain(|tenant, _| is_there(tenant));
        self.read_up_to.retain(|tenant, _| is_there(tenant));
    }

    /// The numbers of each tenant, with its lag as it is now.
    fn numbers(&self, now: Timestamp) -> BTreeMap<String, Numbers> {
        let mut tenants = self.tenants.clone();
        for (tenant, read_up_to) in &self.read_up_to {
            // A time ahead was noted by a clock that was wrong by so much.
            let lag_secs = now.duration_since(*read_up_to).as_secs_f64().abs();
            let numbers = tenants.entry(tenant.clone()).or_default();
            *numbers = std::mem::take(numbers).with(Metric::WatermarkLag, lag_secs);
        }
        tenants
    }

    /// Writes the file anew. One that cannot be written ends no poll.
    pub(super) fn write(&mut self, now: Timestamp) {
        let text = openmetrics(&self.numbers(now));
        let trouble = put(&self.path, &text).err().map(|why| {
            format!(
                "drawbridge: the metrics cannot be written, and polls go on without them: {why}"
            )
        });
        if let Some(trouble) = trouble.as_ref().filter(|_| self.trouble != trouble) {
            say_timed(trouble);
        }
        self.trouble = trouble;
    }
}

/// Writes the file, or says why it cannot be written. A missing folder is not created, since nobody would collect
/// from a folder that was named by mistake.
fn put(path: &Path, text: &str) -> Result<(), String> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(format!(
            "there is no folder {}: make it, or give another --metrics-file",
            folder.display()
        ));
    }
    replace(path, text).map_err(|error| access_error(path, &error).to_string())
}

/// Puts a file in the place of another, so that nobody reads half of it, and not through a link: others may
/// write to the folder, in which the collector, which is another user, has to read it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (folder, name) = Root::around(path)?;
    folder.replace(name, text.as_bytes(), Access::Umask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (others, file) = (folder.path().join("others"), folder.path().join("file"));
        std::fs::write(&others, "its own").unwrap();
        std::os::unix::fs::symlink(&others, &file).unwrap();
        assert!(replace(&file, "metrics").is_err());
        assert_eq!(std::fs::read_to_string(&others).unwrap(), "its own");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nodir/drawbridge.prom");
        let why = put(&path, "metrics").unwrap_err();
        let start = format!(
            "there is no folder {}/nodir: make it",
            folder.path().display()
        );
        assert!(why.starts_with(&start), "{why}");
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_lag_is_that_of_now_though_no_poll_ends_well() {
        let mut file = MetricsFile::new("unwritten".into());
        file.add("a", &Numbers::default().with(Metric::WatermarkLag, 30.0));
        file.note_read_up_to("a", at(100));
        file.add("a", &Numbers::default().with(Metric::Failures, 1.0));
        // An older one, of the state of an idle tenant.
        file.note_read_at_least_up_to("a", at(50));
        file.note_read_at_least_up_to("b", at(70));
        let of = |lag| Numbers::default().with(Metric::WatermarkLag, lag);
        for (now, a, b) in [(130, 30.0, 60.0), (730, 630.0, 660.0)] {
            let numbers = file.numbers(at(now));
            assert_eq!(numbers["a"], of(a).with(Metric::Failures, 1.0));
            assert_eq!(numbers["b"], of(b));
        }
        // Its state was reset.
        file.note_read_up_to("a", at(10));
        assert_eq!(
            file.numbers(at(20))["a"],
            of(10.0).with(Metric::Failures, 1.0)
        );
        file.keep(|tenant| tenant == "b");
        assert_eq!(file.numbers(at(70)).len(), 1);
    }
}
