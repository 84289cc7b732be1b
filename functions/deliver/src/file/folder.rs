use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use drawbridge_files::{Entry, Root};

use super::FileError;
use super::content::Beginning;
use super::identity::FileIdentity;
use super::open_file::OpenFile;
use super::position::Position;
use super::rotated::{Age, Packing, Rotated, is_rotated};
use super::source::Source;

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

    /// Opens the live file at its beginning, if there is one.
    pub(super) fn open_live(&self) -> Result<Option<OpenFile>, FileError> {
        let fault = self.fault(&self.live);
        let file = match self.root.read(&self.live) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        let source = Source::new(self.live.clone(), file).map_err(fault)?;
        OpenFile::new(source, 0).map(Some).map_err(fault)
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

    /// Opens the file that a position is in, or a copy of it; `None` if there is none in the folder.
    pub(super) async fn from(&self, position: &Position) -> Result<Option<OpenFile>, FileError> {
        look_repeatedly(|| self.look_from(position)).await
    }

    /// Whether the file that a position is in, or a copy of it, is in the folder.
    pub(super) fn has(&self, position: &Position) -> Result<bool, FileError> {
        Ok(self.find(position, &self.list()?)?.is_some())
    }

    fn look_from(&self, position: &Position) -> Result<Option<OpenFile>, FileError> {
        let Some(source) = self.find(position, &self.list()?)? else {
            return Ok(None);
        };
        let name = source.name.clone();
        let found = OpenFile::new(source, position.offset);
        found.map(Some).map_err(self.fault(&name))
    }

    /// The file of a place: the one with its number, or else with the same content, since a copy
    /// and a packed one have other numbers.
    fn find(&self, position: &Position, listed: &[Rotated]) -> Result<Option<Source>, FileError> {
        let has_number =
            |one: &&Rotated| position.identity.is_some() && one.identity == position.identity;
        for one in listed.iter().filter(has_number) {
            if let Some(source) = self.open_if(position, one)? {
                return Ok(Some(source));
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
            // The one that has most; where little is known of it, the one that has its length.
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
                position.is_distinct || bytes == position.seen,
                bytes,
                is_rotated,
            );
            if best.as_ref().is_none_or(|(best, _)| *best < fits) {
                best = Some((fits, source));
            }
        }
        match (best, damaged) {
            (None, Some(error)) => Err(error),
            (best, _) => Ok(best.map(|(_, found)| found)),
        }
    }

    /// Opens a file, if the position is in it.
    fn open_if(&self, position: &Position, one: &Rotated) -> Result<Option<Source>, FileError> {
        let mut source = match self.open(one) {
            Ok(Some(source)) => source,
            // What is packed in another way is read nowhere.
            Ok(None) | Err(FileError::Packed { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        // What cannot be unpacked is still being packed.
        let is_it = position.is_in(&mut source).unwrap_or(false);
        Ok(is_it.then_some(source))
    }

    /// Opens a file, if its name is still its own.
    pub(super) fn open(&self, one: &Rotated) -> Result<Option<Source>, FileError> {
        self.open_as(one, Source::new)
    }

    /// The same of one that is read as it is, packed or not.
    pub(super) fn open_raw(&self, one: &Rotated) -> Result<Option<Source>, FileError> {
        self.open_as(one, Source::raw)
    }

    /// Whether a file is packed in a way that is not read here, by its name or by its first bytes.
    pub(super) fn is_packed_otherwise(&self, one: &Rotated) -> bool {
        one.packing == Packing::Other || matches!(self.open(one), Err(FileError::Packed { .. }))
    }

    /// The beginning of a file, if it can be read, and the beginning of it as it is, if it cannot be unpacked.
    pub(super) fn beginnings(&self, one: &Rotated) -> Vec<Beginning> {
        let mut unpacked = self.open(one).ok().flatten();
        let mut all: Vec<Beginning> = unpacked.iter_mut().map(Beginning::of).collect();
        if all.iter().all(|beginning| beginning.damage.is_some()) {
            let mut raw = self.open_raw(one).ok().flatten();
            all.extend(raw.iter_mut().map(Beginning::of));
        }
        all
    }

    /// The path of a packed file whose beginning cannot be unpacked: nobody knows what it had.
    pub(super) fn damaged(&self) -> Result<Option<Box<str>>, FileError> {
        let is_damaged = |one: &Rotated| {
            let source = self.open(one).ok().flatten();
            let is_gzip = one.packing == Packing::Gzip && !one.is_link;
            is_gzip && source.is_some_and(|mut it| Beginning::of(&mut it).damage.is_some())
        };
        let found = self.rotated()?.into_iter().find(is_damaged);
        Ok(found.map(|one| self.path(&one.name).display().to_string().into()))
    }

    fn open_as(
        &self,
        one: &Rotated,
        source: fn(OsString, File) -> io::Result<Source>,
    ) -> Result<Option<Source>, FileError> {
        let fault = self.fault(&one.name);
        let file = match self.root.read(&one.name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        let source = source(one.name.clone(), file).map_err(fault)?;
        Ok((source.identity == one.identity).then_some(source))
    }

    /// The files that were rotated, empty ones included; none where the folder is gone.
    pub(super) fn rotated(&self) -> Result<Vec<Rotated>, FileError> {
        let mut listed = self.list()?;
        listed.retain(|one| one.age != Age::Foreign);
        Ok(listed)
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
            let link_to = match is_link {
                true => fs::read_link(self.root.join(&name)).ok(),
                false => None,
            };
            listed.push(Rotated {
                is_link,
                link_to: link_to.map(|path| path.to_string_lossy().into_owned()),
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
pub(super) async fn look_repeatedly<T>(
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
