//! The delivery of the files of all tenants of a folder.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drawbridge_config::is_name;
use drawbridge_deliver::file::{FileDelivery, FileError, FileReport, belongs_to, has_begun};
use drawbridge_deliver::retry_delay;
use drawbridge_files::{Entry, Root, access_error};
use drawbridge_record::Format;
use drawbridge_time::Deadline;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Target;
use super::one::open_file;
use super::outage::Outage;
use super::repeated::Repeated;
use super::report::{
    check_at_end, check_complete, check_stopped, print_report, say_gone, say_if_idle,
};
use crate::cli;
use crate::data_location::{DEFAULT_FOLDER, DataLocation, FOLDERS};
use crate::failure::Failure;
use crate::outputs::file_name;
use crate::progress::say_timed;
use crate::signals::stop_requested_on_signal;

/// How long one tenant is delivered before the next one has its turn, so that a backlog does not delay others.
const TURN: Duration = Duration::from_secs(20);

/// How long nothing is said of a tenant whose trouble goes on.
const SAID_EVERY: Duration = Duration::from_secs(5 * 60);

/// Delivers the files, once or as records come. New tenants are taken up between rounds.
pub(super) async fn run(
    args: &cli::Deliver,
    target: &Target,
    every: Duration,
) -> Result<(), Failure> {
    let folder = args.out.clone().unwrap_or_else(|| DEFAULT_FOLDER.into());
    let mut stop = stop_requested_on_signal("the records under way");
    let mut files = Files {
        target,
        args,
        folder,
        open: BTreeMap::new(),
        printed: HashMap::new(),
        of_other_formats: HashSet::new(),
        held_back: HashMap::new(),
        has_told_of_no_folder: false,
        seen: None,
        new: HashSet::new(),
    };
    let mut outage = Outage::default();
    loop {
        let round = files.round(&stop).await?;
        if args.once || *stop.borrow() {
            say_if_idle(round.is_idle(), args);
            let ended = round.ended(&files.folder, target);
            return match args.once {
                true => ended,
                // A file may have been truncated while the last records were under way.
                false => files.end().await.and(ended),
            };
        }
        let wait = match round.later {
            Some(after) => outage.wait("the target takes no records", after, every),
            None => {
                outage.end();
                every
            }
        };
        let until = Instant::now() + if round.has_more { Duration::ZERO } else { wait };
        while Instant::now() < until {
            let look = until.min(Instant::now() + every);
            tokio::select! {
                () = tokio::time::sleep_until(look) => files.look().await,
                _ = stop.wait_for(|asked| *asked) => return files.end().await,
            }
        }
    }
}

/// The files of records of a folder's tenants.
struct Files<'a> {
    target: &'a Target,
    args: &'a cli::Deliver,
    folder: PathBuf,
    open: BTreeMap<String, FileDelivery>,
    /// What was said of the trouble of each tenant, so that it is not said every few seconds.
    printed: HashMap<String, Repeated>,
    /// The tenants of which it was said that they have records of other formats alone.
    of_other_formats: HashSet<String>,
    /// The tenants whose records the target refuses, every one of them: how often, and when they are tried
    /// again. The others do not wait for them.
    held_back: HashMap<String, (u32, Instant)>,
    /// Whether it was said that there is no folder.
    has_told_of_no_folder: bool,
    /// The tenants that there were at one look or another, once there was one.
    seen: Option<HashSet<String>>,
    /// Those of them that had no file of records at the look before.
    new: HashSet<String>,
}

/// What came of a round.
#[derive(Default)]
struct Round {
    /// How many tenants there are, and how many of them have something that was not delivered.
    all: usize,
    undone: usize,
    /// How many were not looked at before a delivery that is made once was stopped.
    unreached: usize,
    /// Whether the target asks to wait, and for how long.
    later: Option<Option<Duration>>,
    /// Whether a tenant's turn ended before its file did.
    has_more: bool,
    /// How many records were delivered or refused.
    records: u64,
}

impl Round {
    /// Whether there are tenants, and nothing was to be done for any.
    fn is_idle(&self) -> bool {
        self.all > 0 && self.undone == 0 && self.records == 0
    }

    fn ended(self, folder: &Path, target: &Target) -> Result<(), Failure> {
        match self {
            Self { all: 0, .. } => {
                let place = DataLocation::folder(folder.to_owned());
                Err(Failure::ended(format!(
                    "there is no tenant with records of the format {} in {}: {} writes those that the \
                     tenants' documents ask for, and --format delivers another one",
                    target.format.name(),
                    place.name(),
                    place.command("poll --all")
                )))
            }
            Self { undone: 0, .. } => Ok(()),
            Self {
                all,
                undone,
                unreached: 1..,
                ..
            } => Err(Failure::ended(format!(
                "the records of {undone} of {all} tenants were not delivered to the end: it was stopped before it \
                 looked at those of {}; run it again",
                self.unreached
            ))),
            Self { all: 1, .. } => Err(Failure::ended(
                "the records of the only tenant were not delivered to the end: see above",
            )),
            Self { all, undone, .. } => Err(Failure::ended(format!(
                "the records of {undone} of {all} tenants were not delivered to the end: see above"
            ))),
        }
    }
}

impl Files<'_> {
    /// Delivers what there is, one tenant after the other.
    async fn round(&mut self, stop: &watch::Receiver<bool>) -> Result<Round, Failure> {
        let mut round = Round::default();
        let file = file_name(self.target.format);
        let target = self.target.name();
        let found = match tenants(&self.folder, &file, target) {
            Ok(found) => found,
            Err(error) if self.open.is_empty() && error.kind() == ErrorKind::NotFound => {
                let folder = self.folder.display();
                let missing = format!(
                    "there is no folder {folder}: name the data folder, which `poll` writes to, with --out"
                );
                if self.args.once {
                    return Err(Failure::of(missing));
                }
                self.seen.get_or_insert_default();
                // The poll that makes it may not have begun.
                if !std::mem::replace(&mut self.has_told_of_no_folder, true) {
                    say_timed(&format!("drawbridge: {missing}; waiting for it"));
                }
                return Ok(round);
            }
            Err(error) if self.open.is_empty() => {
                let folder = self.folder.display();
                return Err(Failure::of(format!("{folder} cannot be read: {error}")));
            }
            // What is held open is delivered first.
            Err(_) => RecordFiles::default(),
        };
        self.note_seen(&found);
        round.all += found.troubles.len();
        round.undone += found.troubles.len();
        for (name, trouble) in found.troubles {
            self.print_trouble(&name, Some(trouble));
        }
        for (name, others) in found.of_other_formats {
            self.tell_once(&name, &others);
        }
        let names = self.with_gone(found.names);
        let (mut reached, count) = (0, names.len());
        for name in names {
            reached += 1;
            round.all += 1;
            if self.is_held_back(&name) {
                round.undone += 1;
                continue;
            }
            let mut has_turn_ended = false;
            let done = self.deliver(&name, &file, stop, &mut has_turn_ended).await;
            round.has_more |= has_turn_ended;
            let goes_on = !self.args.once && !*stop.borrow();
            let trouble = match done {
                Ok(report) => {
                    round.records += report.delivered + report.refused;
                    if report.later.is_none() {
                        self.held_back.remove(&name);
                    }
                    print_report(Some(&name), &report, self.args)?;
                    if let Some(later) = &report.later
                        && !self.holds_back(&name)
                    {
                        round.later = Some(round.later.flatten().max(later.after));
                    }
                    match self.open.get_mut(&name) {
                        Some(delivery) if self.args.once && *stop.borrow() => {
                            check_stopped(&report, delivery, &self.folder, true)
                                .await
                                .err()
                        }
                        Some(delivery) => {
                            check_complete(&report, delivery, &self.folder, goes_on).err()
                        }
                        None => None,
                    }
                }
                Err(FileError::Missing { place }) => Some(Failure::of(format!("{place} {GONE}"))),
                // What it holds open is not given up for that.
                Err(error) => Some(Failure::of(error)),
            };
            round.undone += usize::from(trouble.is_some());
            self.print_trouble(&name, trouble.map(|trouble| trouble.to_string()));
            // There may be more tenants than files that a process may have open.
            if self.args.once {
                self.open.remove(&name);
            }
            if *stop.borrow() {
                break;
            }
        }
        if self.args.once {
            round.unreached = count - reached;
            round.all += round.unreached;
            round.undone += round.unreached;
        }
        Ok(round)
    }

    /// The tenants with files, and those whose folder was removed before its files were delivered: they are
    /// held open.
    fn with_gone(&mut self, mut names: Vec<String>) -> Vec<String> {
        self.open.retain(|name, delivery| {
            let is_there = names.contains(name);
            is_there || !delivery.left().is_ok_and(|left| left.is_empty())
        });
        names.extend(self.open.keys().cloned());
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_held_back(&self, name: &str) -> bool {
        let held_back = self.held_back.get(name);
        held_back.is_some_and(|(_, until)| Instant::now() < *until)
    }

    /// Holds a tenant back by itself if the target refuses all of its records; says whether it does.
    fn holds_back(&mut self, name: &str) -> bool {
        let delivery = self.open.get(name);
        let is_refused = delivery.is_some_and(FileDelivery::refuses_all);
        if is_refused {
            let (tries, until) = self
                .held_back
                .entry(name.to_owned())
                .or_insert((0, Instant::now()));
            *tries += 1;
            *until = Instant::now() + retry_delay(None, *tries);
        }
        is_refused
    }

    /// Opens a tenant's files, unless they are open.
    fn open(&mut self, name: &str, file: &str) -> Result<(), FileError> {
        if self.open.contains_key(name) {
            return Ok(());
        }
        let (folder, path) = (self.folder.join(name), self.folder.join(name).join(file));
        // To open it would make the folder anew.
        if !folder.is_dir() {
            return Err(FileError::Missing {
                place: path.display().to_string(),
            });
        }
        let aside = self.args.set_aside;
        let mut delivery = open_file(self.target, &path, &self.folder, name, aside)?;
        if self.new.contains(name) {
            delivery = delivery.of_new_files();
        }
        self.open.insert(name.to_owned(), delivery);
        Ok(())
    }

    /// Notes which tenants there are, and which have come since the look before.
    fn note_seen(&mut self, found: &RecordFiles) {
        let troubles = found.troubles.iter().map(|(name, _)| name);
        let names: Vec<String> = found.names.iter().chain(troubles).cloned().collect();
        if let Some(seen) = &self.seen {
            let new = names.iter().filter(|name| !seen.contains(*name));
            self.new.extend(new.cloned());
        }
        self.seen.get_or_insert_default().extend(names);
    }

    async fn deliver(
        &mut self,
        name: &str,
        file: &str,
        stop: &watch::Receiver<bool>,
        has_turn_ended: &mut bool,
    ) -> Result<FileReport, FileError> {
        let is_once = self.args.once;
        self.open(name, file)?;
        let Some(delivery) = self.open.get_mut(name) else {
            return Ok(FileReport::default());
        };
        let end = Instant::now() + TURN;
        let is_over = || !is_once && Instant::now() >= end;
        let report = delivery
            .run(Deadline::none(), &|| *stop.borrow() || is_over())
            .await?;
        *has_turn_ended = is_over() && report.later.is_none();
        Ok(report)
    }

    /// Says of a tenant that its records are of other formats, once.
    fn tell_once(&mut self, name: &str, others: &[&str]) {
        let format = self.target.format.name();
        if self.of_other_formats.insert(name.to_owned()) {
            say_timed(&format!(
                "{name} is left out: it has no records of the format {format}, but of {}, which --format \
                 delivers",
                others.join(", ")
            ));
        }
    }

    /// Says what is wrong with a tenant's file when it changes, and again now and then.
    fn print_trouble(&mut self, name: &str, trouble: Option<String>) {
        match trouble {
            None => {
                self.printed.remove(name);
            }
            Some(trouble) => {
                let printed = self.printed.entry(name.to_owned()).or_default();
                if printed.is_due(&trouble, SAID_EVERY) {
                    say_timed(&format!("drawbridge: {name}: {trouble}"));
                    if self.args.json {
                        Failure::print_json(&trouble, ("tenant", Some(name)));
                    }
                }
            }
        }
    }

    /// Looks whether files were rotated, those of tenants included that came since the last round: what is
    /// rotated before the first look would count as older than the first delivery.
    async fn look(&mut self) {
        let mut troubles = Vec::new();
        let file = file_name(self.target.format);
        if let Ok(found) = tenants(&self.folder, &file, self.target.name()) {
            self.note_seen(&found);
            for name in found.names {
                match self.open(&name, &file) {
                    Ok(()) | Err(FileError::Missing { .. }) => {}
                    Err(error) => troubles.push((name, error.to_string())),
                }
            }
        }
        for (name, delivery) in &mut self.open {
            let looked = match delivery.look().await {
                Err(error) if !error.is_absence() => Err(error),
                _ => say_gone(Some(name), delivery),
            };
            if let Err(error) = looked {
                troubles.push((name.clone(), error.to_string()));
            }
        }
        for (name, trouble) in troubles {
            self.print_trouble(&name, Some(trouble));
        }
    }

    /// The end of a delivery that was asked to stop.
    async fn end(mut self) -> Result<(), Failure> {
        let mut round = Round {
            all: self.open.len(),
            ..Round::default()
        };
        // Those that could not even be opened.
        let troubles = self.printed.keys();
        let troubles = troubles.filter(|name| !self.open.contains_key(*name));
        let troubles = troubles.count();
        round.all += troubles;
        round.undone += troubles;
        for (name, mut delivery) in std::mem::take(&mut self.open) {
            if let Err(failure) = check_at_end(Some(&name), &mut delivery).await {
                round.undone += 1;
                self.print_trouble(&name, Some(failure.to_string()));
            }
        }
        match round.undone {
            0 => Ok(()),
            _ => round.ended(&self.folder, self.target),
        }
    }
}

/// The record files of a folder, by tenant.
#[derive(Default)]
struct RecordFiles {
    /// Those that have a file of records, or one that was rotated.
    names: Vec<String>,
    /// Those whose folder cannot be read, or where something else is in its place or in that of the file, and
    /// what to do.
    troubles: Vec<(String, String)>,
    /// Those that have records of other formats alone, and of which.
    of_other_formats: Vec<(String, Vec<&'static str>)>,
}

const LINK: &str = "is a symbolic link, and no link is followed: put what it leads to in its place";
const FOLDER: &str = "is a folder, in the place of the file of records: move it away";

const GONE: &str = "was there a moment ago and is not any more, so that nothing of it is delivered: put it \
                    back, and run this again";

impl RecordFiles {
    fn trouble(&mut self, name: &str, place: &Path, what: &str) {
        let trouble = format!("{} {what}", place.display());
        self.troubles.push((name.to_owned(), trouble));
    }
}

/// The tenants that have records, removed ones included, whose last records are to be delivered.
fn tenants(folder: &Path, file: &str, target: &str) -> std::io::Result<RecordFiles> {
    let root = Root::new(folder);
    let mut found = RecordFiles::default();
    for entry in root.entries("")? {
        let (Entry::Folder(name) | Entry::Link(name)) = &entry else {
            continue;
        };
        let Some(name) = name.to_str().filter(|name| is_name(name)) else {
            continue;
        };
        if FOLDERS.contains(&name) {
            continue;
        }
        if matches!(entry, Entry::Link(_)) {
            found.trouble(name, &root.join(name), LINK);
            continue;
        }
        let files = match root.entries(name) {
            Ok(files) => files,
            // Removed meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                let error = access_error(&root.join(name), &error);
                found.troubles.push((name.to_owned(), error.to_string()));
                continue;
            }
        };
        let is_of_records = |other: &OsStr| belongs_to(file.as_ref(), other);
        if files
            .iter()
            .any(|entry| matches!(entry, Entry::File(other) if is_of_records(other)))
            || has_begun(&root.join(name).join(file), target)
        {
            found.names.push(name.to_owned());
            continue;
        }
        let is_there = |format: &&dyn Format| {
            let file = file_name(*format);
            files
                .iter()
                .any(|entry| matches!(entry, Entry::File(other) if *other == *file))
        };
        let others = drawbridge_record::formats()
            .iter()
            .copied()
            .filter(is_there);
        let others: Vec<&str> = others.map(Format::name).collect();
        if !others.is_empty() {
            found.of_other_formats.push((name.to_owned(), others));
        }
        for entry in files {
            match entry {
                Entry::Link(other) if other == file => {
                    found.trouble(name, &root.join(name).join(other), LINK);
                }
                Entry::Folder(other) if other == file => {
                    found.trouble(name, &root.join(name).join(other), FOLDER);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}
