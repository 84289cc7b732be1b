use std::cmp::Reverse;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use drawbridge_files::{Entry, Root};

use super::FileError;
use super::identity::FileIdentity;
use super::open_file::OpenFile;
use super::position::Position;
use super::rotated::{Age, Packing, Rotated, after, is_rotated};
use super::source::{Source, is_made_of};

/// How often the folder is looked at before a file counts as missing: names move while it is read.
const LOOKS: usize = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The folder of the file that records are written to, the live one, and of what was rotated.
pub(super) struct Folder {
    root: Root,
    live: OsString,
}

impl Folder {
    /// The folder of the file at `path`.
    pub(super) fn around(path: &Path) -> Result<Self, FileError> {
        let (root, live) = Root::around(path).map_err(|error| FileError::io(path, &error))?;
        Ok(Self { root, live })
    }

    /// The error of the file `name`.
    pub(super) fn fault<'a>(
        &'a self,
        name: &'a OsStr,
    ) -> impl Fn(io::Error) -> FileError + Copy + 'a {
        move |error| FileError::io(&self.root.join(name), &error)
    }

    /// The path of the live file.
    pub(super) fn live_path(&self) -> PathBuf {
        self.root.join(&self.live)
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, name: &OsStr) -> PathBuf {
        self.root.join(name)
    }

    /// Opens the live file at its beginning.
    pub(super) fn open_live(&self) -> Result<OpenFile, FileError> {
        let fault = self.fault(&self.live);
        let file = self.root.read(&self.live).map_err(fault)?;
        let source = Source::new(self.live.clone(), file).map_err(fault)?;
        OpenFile::new(source, 0).map_err(fault)
    }

    /// The same where nothing was delivered before. What was rotated by then is named, if there is nothing
    /// else to deliver.
    pub(super) fn open_first(&self) -> Result<OpenFile, FileError> {
        // In this order: what is rotated in between is held open, or in the list.
        let live = match self.open_live() {
            Ok(live) if live.position.has_content() => return Ok(live),
            Err(error) if !matches!(error, FileError::Missing { .. }) => return Err(error),
            live => live,
        };
        let mut listed = self.list()?;
        let held = live.as_ref().ok().and_then(|live| live.source.identity);
        listed.retain(|one| {
            let is_held = held.is_some() && one.identity == held;
            one.age != Age::Foreign && one.bytes > 0 && !is_held
        });
        match listed.iter().max_by_key(|one| one.modified) {
            None => live,
            Some(last) => Err(FileError::Rotated {
                what: match live {
                    Ok(_) => "is empty",
                    Err(_) => "does not exist",
                },
                rotated: self.path(&last.name).display().to_string(),
                place: self.live_path().display().to_string(),
            }),
        }
    }

    /// Opens all that there is to deliver where nothing was rotated before.
    pub(super) fn all(&self) -> Result<Vec<OpenFile>, FileError> {
        let live = Rotated::new(&self.live, self.live.clone(), SystemTime::UNIX_EPOCH);
        self.opened_after(&live, live.modified, self.list()?)
    }

    /// Whether the file is the live one.
    pub(super) fn is_live(&self, source: &Source) -> Result<bool, FileError> {
        match self.root.is_at(&self.live, source.file()) {
            Err(error) if is_no_folder(&error) => Ok(false),
            is_at => is_at.map_err(self.fault(&self.live)),
        }
    }

    /// The path that a file has now, if it has any.
    pub(super) fn path_of(
        &self,
        identity: Option<FileIdentity>,
    ) -> Result<Option<PathBuf>, FileError> {
        let listed = self.list()?;
        let is_it = |one: &&Rotated| identity.is_some() && one.identity == identity;
        let found = listed.iter().find(is_it);
        Ok(found.map(|one| self.root.join(&one.name)))
    }

    /// Opens the file that a position is in, and all that was written after it, oldest first;
    /// `None` if the file is not in the folder.
    pub(super) async fn from(
        &self,
        position: &Position,
    ) -> Result<Option<Vec<OpenFile>>, FileError> {
        look_repeatedly(|| self.look_from(position)).await
    }

    /// What was written after the newest file that is held open. If that one has left the folder,
    /// it is what was written to since.
    pub(super) async fn after(&self, newest: &mut OpenFile) -> Result<Vec<OpenFile>, FileError> {
        if let Some(after) = look_repeatedly(|| self.look_after(newest)).await? {
            return Ok(after);
        }
        let name = &newest.source.name;
        let meta = newest.source.file().metadata().map_err(self.fault(name))?;
        let gone = Rotated {
            age: Age::Unknown,
            identity: newest.source.identity,
            ..Rotated::new(&self.live, name.clone(), modified(&meta))
        };
        self.opened_after(&gone, since(&newest.position, &gone), self.list()?)
    }

    /// Whether the file that a position is in, or a copy of it, is in the folder.
    pub(super) fn has(&self, position: &Position) -> Result<bool, FileError> {
        Ok(self.find(position, &self.list()?)?.is_some())
    }

    fn look_from(&self, position: &Position) -> Result<Option<Vec<OpenFile>>, FileError> {
        let listed = self.list()?;
        let Some((source, rotated)) = self.find(position, &listed)? else {
            return Ok(None);
        };
        let found = OpenFile::new(source, position.offset);
        let mut found = found.map_err(self.fault(&rotated.name))?;
        found.position = found.position.first_seen_as(position);
        let since = since(&found.position, &rotated);
        let mut backlog = vec![found];
        if rotated.name != self.live {
            backlog.extend(self.opened_after(&rotated, since, listed)?);
        }
        Ok(Some(backlog))
    }

    /// A number is no other file's while the file is held open. Where it is found by its content, that
    /// is kept in mind: a packed file is not unpacked at each look.
    fn look_after(&self, newest: &mut OpenFile) -> Result<Option<Vec<OpenFile>>, FileError> {
        let listed = self.list()?;
        let identity = newest.source.identity;
        let is_it = |one: &&Rotated| {
            (identity.is_some() && one.identity == identity)
                || newest.copy.as_ref().is_some_and(|copy| one.is_still(copy))
        };
        let mut found = listed.iter().find(is_it).cloned();
        if found.is_none() {
            let name = newest.source.name.clone();
            let fault = self.fault(&name);
            let end = newest.source.len().map_err(fault)?;
            let position = Position::of(&mut newest.source, end).map_err(fault)?;
            // It is not the live one, nor longer: a file that ends in half a line is the beginning
            // of the one that has the whole line.
            let rotated = listed.iter().filter(|one| one.name != self.live).cloned();
            let rotated: Vec<Rotated> = rotated.collect();
            if let Some((mut source, copy)) = self.find(&position, &rotated)?
                && source.len().map_err(self.fault(&copy.name))? == end
            {
                found = Some(copy);
            }
            newest.copy.clone_from(&found);
        }
        let after = found.map(|found| {
            let since = since(&newest.position, &found);
            self.opened_after(&found, since, listed)
        });
        after.transpose()
    }

    /// The file of a place: the one with its number, or else with the same content, since a copy
    /// and a packed one have other numbers.
    fn find(
        &self,
        position: &Position,
        listed: &[Rotated],
    ) -> Result<Option<(Source, Rotated)>, FileError> {
        let has_number =
            |one: &&Rotated| position.identity.is_some() && one.identity == position.identity;
        for one in listed.iter().filter(has_number) {
            if let Some(source) = self.open_if(position, one)? {
                return Ok(Some((source, one.clone())));
            }
        }
        let may_be = |one: &&Rotated| {
            let is_readable = one.packing != Packing::Other && !one.is_link;
            is_readable && (one.name == self.live || one.age != Age::Foreign)
        };
        let (mut best, mut damaged) = (None, None);
        for one in listed
            .iter()
            .filter(may_be)
            .filter(|_| position.has_content())
        {
            let Some(mut source) = self.open_if(position, one)? else {
                continue;
            };
            // The one that has its length; of two that are the same, the older one: to take the
            // younger one would skip what is between.
            let bytes = match source.len() {
                Ok(bytes) => bytes,
                // It may be packed just now, and the plain one is still there.
                Err(error) => {
                    damaged = Some(self.fault(&one.name)(error));
                    continue;
                }
            };
            let is_rotated = one.name != self.live;
            let fits = (
                bytes == position.seen,
                bytes,
                is_rotated,
                Reverse(one.modified),
            );
            if best.as_ref().is_none_or(|(best, _)| *best < fits) {
                best = Some((fits, (source, one.clone())));
            }
        }
        match (best, damaged) {
            (None, Some(error)) => Err(error),
            (best, _) => Ok(best.map(|(_, found)| found)),
        }
    }

    /// Opens a file, if the position is in it.
    fn open_if(&self, position: &Position, one: &Rotated) -> Result<Option<Source>, FileError> {
        let Some(mut source) = self.open(one)? else {
            return Ok(None);
        };
        // What cannot be unpacked is still being packed.
        let is_it = position.is_in(&mut source).unwrap_or(false);
        Ok(is_it.then_some(source))
    }

    /// Opens what was rotated after `found`, since a time, and the live file. Empty ones are left out, the live
    /// one up to its first whole line: they have nothing to be known by, and may yet be written to.
    fn opened_after(
        &self,
        found: &Rotated,
        since: SystemTime,
        listed: Vec<Rotated>,
    ) -> Result<Vec<OpenFile>, FileError> {
        let path = |name: &OsStr| self.root.join(name).display().to_string();
        let listed = self.without_twins(found, listed)?;
        let rotated = after(found, since, listed).map_err(|number| FileError::Gap {
            place: path(&self.live),
            found: path(&found.name),
            number,
        })?;
        let mut backlog = Vec::new();
        for one in rotated {
            let fault = self.fault(&one.name);
            if one.packing == Packing::Other {
                let place = path(&one.name);
                return Err(FileError::Packed { place });
            }
            let Some(source) = self.open(&one)? else {
                return Err(fault(io::ErrorKind::NotFound.into()));
            };
            let mut generation = OpenFile::new(source, 0).map_err(fault)?;
            if one.age == Age::Unknown && !generation.begins_with_a_record().map_err(fault)? {
                return Err(FileError::Unclear {
                    place: path(&one.name),
                    live: path(&self.live),
                });
            }
            backlog.extend(generation.position.has_content().then_some(generation));
        }
        match self.open_live() {
            Ok(mut live) => {
                if live.has_a_line().map_err(self.fault(&self.live))? {
                    backlog.push(live);
                }
            }
            Err(FileError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(backlog)
    }

    /// Leaves out one of the two where a file is being packed or was, and is not removed yet. What has the same
    /// number for another reason is not the same file.
    fn without_twins(
        &self,
        found: &Rotated,
        listed: Vec<Rotated>,
    ) -> Result<Vec<Rotated>, FileError> {
        let mut twins = HashSet::new();
        for packed in &listed {
            let is_its_plain =
                |one: &&Rotated| Some(&*one.name) == packed.unpacked_name().map(OsStr::new);
            let Some(plain) = listed.iter().find(is_its_plain) else {
                continue;
            };
            if packed.age == Age::Foreign || packed.is_link || plain.is_link {
                continue;
            }
            let (Some(mut unpacked), Some(mut whole)) = (self.open(packed)?, self.open(plain)?)
            else {
                continue;
            };
            let is_twin = is_made_of(&mut unpacked, &mut whole);
            if is_twin.map_err(self.fault(&plain.name))? {
                let twin = if packed.name == found.name {
                    plain
                } else {
                    packed
                };
                twins.insert(twin.name.clone());
            }
        }
        let left = listed.into_iter().filter(|one| !twins.contains(&one.name));
        Ok(left.collect())
    }

    /// Opens a file, if its name is still its own.
    fn open(&self, one: &Rotated) -> Result<Option<Source>, FileError> {
        let fault = self.fault(&one.name);
        let file = match self.root.read(&one.name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        let source = Source::new(one.name.clone(), file).map_err(fault)?;
        Ok((source.identity == one.identity).then_some(source))
    }

    /// The files in the folder; none where it is gone.
    fn list(&self) -> Result<Vec<Rotated>, FileError> {
        let fault = |error| FileError::io(self.root.path(), &error);
        let (mut listed, mut links) = (Vec::new(), Vec::new());
        let entries = match self.root.entries("") {
            Err(error) if is_no_folder(&error) => Vec::new(),
            entries => entries.map_err(fault)?,
        };
        for entry in entries {
            let (name, is_link) = match entry {
                Entry::File(name) => (name, false),
                Entry::Link(name) if is_rotated(&self.live, &name) => (name, true),
                _ => continue,
            };
            let meta = match fs::symlink_metadata(self.root.join(&name)) {
                Ok(meta) if meta.is_file() || is_link => meta,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.fault(&name)(error)),
            };
            if is_link && let Ok(target) = fs::metadata(self.root.join(&name)) {
                links.push((name.clone(), FileIdentity::of(&target)));
            }
            listed.push(Rotated {
                is_link,
                identity: FileIdentity::of(&meta),
                bytes: meta.len(),
                ..Rotated::new(&self.live, name, modified(&meta))
            });
        }
        // A link to one of the files holds nothing else.
        for (link, target) in links {
            let is_listed = |one: &Rotated| target.is_some() && one.identity == target;
            if listed.iter().any(is_listed) {
                listed.retain(|one| one.name != link);
            }
        }
        Ok(listed)
    }
}

/// Looks up to [`LOOKS`] times, with a pause in between, until something is found.
async fn look_repeatedly<T>(
    mut look: impl FnMut() -> Result<Option<T>, FileError>,
) -> Result<Option<T>, FileError> {
    let mut looked = look();
    for _ in 1..LOOKS {
        if matches!(looked, Ok(Some(_))) {
            break;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        looked = look();
    }
    looked
}

/// Whether the folder is gone, or something else is in its place.
fn is_no_folder(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// When a file was written to last; some file systems do not say.
fn modified(meta: &fs::Metadata) -> SystemTime {
    meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Nothing was written to before that and rotated after the file that a position is in: not when it was
/// written to last, which changes when it is put back.
fn since(position: &Position, found: &Rotated) -> SystemTime {
    let first_seen = position.modified.unwrap_or(found.modified);
    first_seen.min(found.modified)
}
