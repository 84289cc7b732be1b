//! A folder, its writer, those who rotate in it, and the delivery.

use std::fs::{self, File};
use std::io::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use drawbridge_deliver::file::{FileDelivery, FileError, FileReport};
use drawbridge_deliver::{Deliverer, Later, Limits, Outcome, Record, Target};
use drawbridge_store::LocalStore;
use drawbridge_time::Deadline;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::support::soon;

pub(super) const LIVE: &str = "siem.ndjson";

/// What stands in a record that the target refuses, as it would others of its kind.
const REFUSED: &str = "refused";

/// What is done while a request is under way.
type Meanwhile = Box<dyn FnOnce() + Send>;

/// A target that keeps what it takes, two records at a time.
#[derive(Default)]
struct Kept {
    is_down: AtomicBool,
    refuses_all: AtomicBool,
    asked: AtomicU64,
    came: Mutex<Vec<String>>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

#[async_trait]
impl Target for Kept {
    fn name(&self) -> &'static str {
        "kept"
    }

    fn limits(&self) -> Limits {
        Limits {
            records: 2,
            bytes: 450_000,
        }
    }

    async fn deliver(&self, records: &[Record], _until: Deadline) -> Vec<Outcome> {
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) {
            let later = Later {
                after: None,
                reason: "it is down".to_owned(),
            };
            return vec![Outcome::Later(later); records.len()];
        }
        let refuses_all = self.refuses_all.load(Ordering::SeqCst);
        let take = |record: &Record| {
            if refuses_all || record.body.contains(REFUSED) {
                return Outcome::Refused("HTTP 400".to_owned());
            }
            self.came.lock().unwrap().push(record.body.clone());
            Outcome::Taken
        };
        records.iter().map(take).collect()
    }
}

/// The files, as those see them who write and rotate.
#[derive(Clone)]
pub(super) struct Files {
    folder: PathBuf,
    /// The seconds of the clock by which files are changed, and by how many it goes on then.
    clock: Arc<AtomicU64>,
    tick: Arc<AtomicU64>,
}

impl Files {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn write(&self, text: &str) {
        let file = File::options()
            .append(true)
            .create(true)
            .open(self.path(LIVE));
        file.unwrap().write_all(text.as_bytes()).unwrap();
        self.is_changed(LIVE);
    }

    /// Lets a file have been written to now.
    fn is_changed(&self, name: &str) {
        let tick = self.tick.load(Ordering::SeqCst);
        let secs = self.clock.fetch_add(tick, Ordering::SeqCst);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        let file = File::options().write(true).open(self.path(name)).unwrap();
        file.set_modified(now).unwrap();
    }

    pub(super) fn set_clock_back(&self, secs: u64) {
        self.clock.fetch_sub(secs, Ordering::SeqCst);
    }

    /// From now on, everything is written at the same time.
    pub(super) fn stop_clock(&self) {
        self.tick.store(0, Ordering::SeqCst);
    }

    /// What `cp` does, of what a name ends in.
    pub(super) fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
        self.is_changed(to);
    }

    /// Removes all but the last `count` of those with numbers, as logrotate's `rotate` does.
    pub(super) fn keep(&self, count: usize) {
        for number in count + 1..60 {
            for packed in ["", ".gz"] {
                let name = format!("{LIVE}.{number}{packed}");
                if self.path(&name).exists() {
                    self.remove(&name);
                }
            }
        }
    }

    pub(super) fn append(&self, range: Range<usize>) {
        let text: String = range.map(|n| line(n) + "\n").collect();
        self.write(&text);
    }

    /// Shifts those that were rotated before, as logrotate does.
    fn shift(&self) {
        self.shift_those(&["", ".gz"]);
    }

    fn shift_those(&self, endings: &[&str]) {
        for number in (1..60).rev() {
            for packed in endings {
                let from = self.path(&format!("{LIVE}.{number}{packed}"));
                if from.exists() {
                    let to = format!("{LIVE}.{}{packed}", number + 1);
                    fs::rename(from, self.path(&to)).unwrap();
                }
            }
        }
    }

    /// logrotate's `nocreate`.
    pub(super) fn rename(&self) {
        self.shift();
        self.rename_to("siem.ndjson.1");
    }

    /// logrotate's `nocompress`: files that were packed before stay where they are.
    pub(super) fn rename_beside_packed(&self) {
        self.shift_those(&[""]);
        self.rename_to("siem.ndjson.1");
    }

    pub(super) fn rename_to(&self, name: &str) {
        fs::rename(self.path(LIVE), self.path(name)).unwrap();
    }

    /// Moves a file to where nobody looks for it.
    pub(super) fn rename_to_away(&self, name: &str, n: usize) {
        let away = self.path("away");
        fs::create_dir_all(&away).unwrap();
        fs::rename(self.path(name), away.join(n.to_string())).unwrap();
    }

    /// Puts it back, under a number that is free.
    pub(super) fn back_from_away(&self, n: usize) {
        let name = format!("{LIVE}.{}", 3 - n);
        fs::rename(self.path("away").join(n.to_string()), self.path(&name)).unwrap();
    }

    /// What an administrator does who wants it delivered.
    pub(super) fn rename_back(&self, name: &str) {
        fs::rename(self.path(name), self.path(LIVE)).unwrap();
    }

    /// What logrotate's `create` does after that.
    pub(super) fn create(&self) {
        File::create_new(self.path(LIVE)).unwrap();
        self.is_changed(LIVE);
    }

    /// logrotate's `copytruncate`.
    pub(super) fn copy_and_truncate(&self) {
        self.shift();
        fs::copy(self.path(LIVE), self.path("siem.ndjson.1")).unwrap();
        self.is_changed("siem.ndjson.1");
        self.truncate_to(0);
    }

    pub(super) fn truncate_to(&self, bytes: u64) {
        let live = File::options().write(true).open(self.path(LIVE));
        live.unwrap().set_len(bytes).unwrap();
        self.is_changed(LIVE);
    }

    /// logrotate's `compress`: the file is removed after it was packed, and the packed one is as old.
    pub(super) fn pack(&self, name: &str) {
        let packed = File::create_new(self.path(&format!("{name}.gz"))).unwrap();
        let mut packer = GzEncoder::new(packed, Compression::fast());
        let text = fs::read(self.path(name)).unwrap();
        packer.write_all(&text).unwrap();
        let modified = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        let packed = packer.finish().unwrap();
        packed.set_modified(modified).unwrap();
        self.remove(name);
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(super) fn len(&self, name: &str) -> u64 {
        fs::metadata(self.path(name)).unwrap().len()
    }

    /// What was put aside.
    pub(super) fn aside(&self) -> Vec<String> {
        let aside = self.aside_and_whether_no_record();
        aside.into_iter().map(|(record, _)| record).collect()
    }

    pub(super) fn aside_and_whether_no_record(&self) -> Vec<(String, bool)> {
        let Ok(entries) = fs::read_dir(self.path("quarantine/contoso/undeliverable")) else {
            return Vec::new();
        };
        let record = |entry: std::io::Result<fs::DirEntry>| {
            let item = fs::read(entry.unwrap().path()).unwrap();
            let item: serde_json::Value = serde_json::from_slice(&item).unwrap();
            let record = item["record"].as_str().unwrap().to_owned();
            (record, item["is_no_record"] == true)
        };
        entries.map(record).collect()
    }
}

pub(super) struct World {
    pub(super) files: Files,
    target: Arc<Kept>,
    delivery: Option<FileDelivery>,
    _folder: TempDir,
}

pub(super) fn line(n: usize) -> String {
    format!("{{\"FullId\":\"a:{n}\",\"AlertId\":\"a\",\"Severity\":\"High\"}}")
}

/// One that the target refuses.
pub(super) fn refused_line(n: usize) -> String {
    format!("{{\"FullId\":\"a:{n}\",\"AlertId\":\"{REFUSED}\",\"Severity\":\"High\"}}")
}

pub(super) fn lines(range: Range<usize>) -> Vec<String> {
    range.map(line).collect()
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            files: Files {
                folder: folder.path().to_owned(),
                clock: Arc::new(AtomicU64::new(1_000_000_000)),
                tick: Arc::new(AtomicU64::new(1)),
            },
            target: Arc::default(),
            delivery: None,
            _folder: folder,
        }
    }

    /// One whose target has taken the first `count` lines.
    pub(super) async fn after(count: usize) -> Self {
        let mut world = Self::new();
        world.files.append(0..count);
        world.run_well().await;
        assert_eq!(world.came(), lines(0..count));
        world
    }

    /// The same, in which the target is down, and the next `more` lines wait.
    pub(super) async fn down(count: usize, more: usize) -> Self {
        let mut world = Self::after(count).await;
        world.files.append(count..count + more);
        world.target_is_down(true);
        world.run().await.unwrap();
        world
    }

    pub(super) fn target_is_down(&self, is_down: bool) {
        self.target.is_down.store(is_down, Ordering::SeqCst);
    }

    pub(super) fn target_refuses_all(&self, refuses_all: bool) {
        self.target.refuses_all.store(refuses_all, Ordering::SeqCst);
    }

    /// How often the target was asked.
    pub(super) fn asked(&self) -> u64 {
        self.target.asked.load(Ordering::SeqCst)
    }

    /// Does something while the next request is under way.
    pub(super) fn meanwhile(&self, action: impl FnOnce(&Files) + Send + 'static) {
        let files = self.files.clone();
        *self.target.meanwhile.lock().unwrap() = Some(Box::new(move || action(&files)));
    }

    /// What the target has, in the order in which it came.
    pub(super) fn came(&self) -> Vec<String> {
        self.target.came.lock().unwrap().clone()
    }

    pub(super) fn delivery(&mut self) -> &mut FileDelivery {
        let (target, files) = (&self.target, &self.files);
        self.delivery.get_or_insert_with(|| {
            let store = Arc::new(LocalStore::new(&files.folder));
            let deliverer = Deliverer::new(Arc::clone(target) as Arc<dyn Target>, store);
            FileDelivery::open(deliverer, &files.path(LIVE), "siem", "contoso").unwrap()
        })
    }

    /// Ends the process; the next call is another one's.
    pub(super) fn end(&mut self) {
        self.delivery = None;
    }

    pub(super) async fn run(&mut self) -> Result<FileReport, FileError> {
        self.delivery().run(soon(), &|| false).await
    }

    /// Runs while the target is there; all is well but what was put aside.
    pub(super) async fn run_well(&mut self) -> FileReport {
        self.target_is_down(false);
        let report = self.run().await.unwrap();
        assert_eq!((report.later.clone(), report.lost.len()), (None, 0));
        report
    }
}
