//! Folders by their descriptors: each name is looked up in the folder that was opened before it,
//! so that nobody can put a link into the path between a check and its use.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::trouble::{Unexpected, unexpected};
use crate::{Access, Entry, or_here};

/// Of every open: no link at the end, nothing for child processes, and no waiting for the other
/// end of a pipe that lies in a file's place.
const ALWAYS: OFlags = OFlags::CLOEXEC
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK);

/// Where a shell's `<(command)` and the standard input are: pipes that somebody writes to.
const GIVEN: [&str; 2] = ["/dev", "/proc"];

/// An open folder; the path is for messages.
pub(crate) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder by its path, through links if there are any.
    pub(crate) fn root(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            fd: rustix::fs::open(path, flags, Mode::empty())?,
            path: path.to_owned(),
        })
    }

    /// The same; it and those above it are made if need be.
    pub(crate) fn root_or_make(path: &Path, access: Access) -> io::Result<Self> {
        match Self::root(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_all(path, access)?;
                Self::root(path)
            }
            opened => opened,
        }
    }

    /// A folder in this one.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        Ok(Self {
            fd: self.open(name, flags, Mode::empty())?,
            path: self.path.join(name),
        })
    }

    /// Makes a folder in this one; one that is there already is as good.
    pub(crate) fn make(&self, name: &OsStr, access: Access) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(access.folder_mode())) {
            Ok(()) => self.sync(),
            Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn read(&self, name: &OsStr) -> io::Result<File> {
        self.file(name, OFlags::RDONLY, Mode::empty())
    }

    /// Opens a file that is there for reading and appending.
    pub(crate) fn append(&self, name: &OsStr) -> io::Result<File> {
        self.file(name, OFlags::RDWR | OFlags::APPEND, Mode::empty())
    }

    /// Makes a file that is not there, for writing.
    pub(crate) fn create(&self, name: &OsStr, access: Access) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.file(name, flags, Mode::from_raw_mode(access.file_mode()))
    }

    /// Makes sure that the disk has so many bytes for a file, where the file system can do so.
    #[cfg(target_os = "linux")]
    pub(crate) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            allocated => Ok(allocated?),
        }
    }

    /// Nothing: only Linux tells beforehand.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    pub(crate) fn allocate(_file: &File, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes a file or a link. It is not an error if there is neither.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the names in this folder survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    pub(crate) fn refuse_link(&self, name: &OsStr) -> io::Result<()> {
        if self.kind(name)? == Some(FileType::Symlink) {
            return Err(unexpected(Unexpected::Link, &self.path.join(name)));
        }
        Ok(())
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => self.kind(name)?,
                kind => Some(kind),
            };
            let name = OsString::from(name);
            entries.extend(kind.map(|kind| match kind {
                FileType::Symlink => Entry::Link(name),
                FileType::Directory => Entry::Folder(name),
                _ => Entry::File(name),
            }));
        }
        Ok(entries)
    }

    /// What lies at a name, if anything does.
    fn kind(&self, name: &OsStr) -> io::Result<Option<FileType>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn file(&self, name: &OsStr, flags: OFlags, mode: Mode) -> io::Result<File> {
        let file = File::from(self.open(name, flags, mode)?);
        let meta = file.metadata()?;
        if meta.is_file() || meta.is_dir() {
            Ok(file)
        } else {
            Err(unexpected(Unexpected::Special, &self.path.join(name)))
        }
    }

    fn open(&self, name: &OsStr, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        rustix::fs::openat(&self.fd, name, flags | ALWAYS, mode).map_err(|error| {
            // The error for a link or a socket is not the same everywhere, nor for files and folders.
            if matches!(error, Errno::NOENT | Errno::EXIST | Errno::MFILE) {
                return error.into();
            }
            match self.kind(name) {
                Ok(Some(FileType::Symlink)) => unexpected(Unexpected::Link, &self.path.join(name)),
                Ok(Some(kind)) if is_special(kind) => {
                    unexpected(Unexpected::Special, &self.path.join(name))
                }
                _ => error.into(),
            }
        })
    }
}

/// Whether that is no file, folder or link, but a socket, a pipe or a device.
fn is_special(kind: FileType) -> bool {
    use FileType::{BlockDevice, CharacterDevice, Fifo, Socket};
    matches!(kind, BlockDevice | CharacterDevice | Fifo | Socket)
}

/// Opens a file for reading, through links if there are any.
pub(crate) fn read_through_links(path: &Path) -> io::Result<File> {
    if GIVEN.iter().any(|folder| path.starts_with(folder)) {
        return File::open(path);
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| {
        // A socket cannot be opened, and the error for that is not the same everywhere.
        let kind = rustix::fs::stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind.is_ok_and(is_special) {
            true => unexpected(Unexpected::Special, path),
            false => error.into(),
        }
    });
    let file = File::from(opened?);
    let meta = file.metadata()?;
    match meta.is_file() || meta.is_dir() {
        true => Ok(file),
        false => Err(unexpected(Unexpected::Special, path)),
    }
}

/// Makes a folder and those above it, each one's name synced to disk in the one above.
fn make_all(path: &Path, access: Access) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().map(or_here);
    if let Some(above) = above {
        make_all(above, access)?;
    }
    match DirBuilder::new().mode(access.folder_mode()).create(path) {
        Ok(()) => above.map_or(Ok(()), |above| File::open(above)?.sync_all()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether `file` lies at `path`. What is open keeps its number, so that no other file has it.
pub(crate) fn is_at(path: &Path, file: &File) -> io::Result<bool> {
    let there = match std::fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let here = file.metadata()?;
    Ok((there.dev(), there.ino()) == (here.dev(), here.ino()))
}
