//! Folders by their paths, where there are no descriptors of them. Links are refused, though one
//! that is made between the check and the use is not seen; modes are the system's own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::trouble::{Unexpected, unexpected};
use crate::{Access, Entry};

pub(crate) fn read_through_links(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn root(path: &Path) -> io::Result<Self> {
        fs::read_dir(path)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    pub(crate) fn root_or_make(path: &Path, _access: Access) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Self::root(path)
    }

    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        self.refuse_link(name)?;
        Self::root(&self.path.join(name))
    }

    pub(crate) fn make(&self, name: &OsStr, _access: Access) -> io::Result<()> {
        match fs::create_dir(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    pub(crate) fn read(&self, name: &OsStr) -> io::Result<File> {
        self.refuse_link(name)?;
        File::open(self.path.join(name))
    }

    pub(crate) fn append(&self, name: &OsStr) -> io::Result<File> {
        self.refuse_link(name)?;
        let mut options = File::options();
        options.read(true).append(true).open(self.path.join(name))
    }

    pub(crate) fn create(&self, name: &OsStr, _access: Access) -> io::Result<File> {
        File::create_new(self.path.join(name))
    }

    /// Nothing: only Linux tells beforehand.
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    pub(crate) fn allocate(_file: &File, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Only Unix can open a folder for that.
    #[expect(clippy::unused_self, reason = "as on Unix")]
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn refuse_link(&self, name: &OsStr) -> io::Result<()> {
        let path = self.path.join(name);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => Err(unexpected(Unexpected::Link, &path)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            entries.push(if kind.is_symlink() {
                Entry::Link(name)
            } else if kind.is_dir() {
                Entry::Folder(name)
            } else {
                Entry::File(name)
            });
        }
        Ok(entries)
    }
}

/// Whether anything lies at `path`: files have no stable number here.
pub(crate) fn is_at(path: &Path, _file: &File) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        there => there.map(|_| true),
    }
}
