//! The folder, and what is done below it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::system::Folder;
use crate::{Access, Entry, or_here};

/// A folder; every other path is relative to it and holds names only, no `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    path: Arc<Path>,
}

impl Root {
    /// The folder at `path`; it is made by the first write, with [`Access::Group`], since what lies
    /// in it may be for a group to read.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into(),
        }
    }

    /// The folder that the file at `path` lies in, and the file's name.
    ///
    /// # Errors
    /// When the path ends in no name.
    pub fn around(path: &Path) -> io::Result<(Self, OsString)> {
        let name = path.file_name().ok_or_else(names_only)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok((Self::new(folder), name.to_owned()))
    }

    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        or_here(&self.path)
    }

    /// The path of what lies below, to tell of it: as the folder was named, so that a bare name stays one.
    #[must_use]
    pub fn join(&self, below: impl AsRef<Path>) -> PathBuf {
        self.path.join(below)
    }

    /// Opens a file for reading. A folder is opened, too, as the operating system does.
    ///
    /// # Errors
    /// As for all of these functions, those of the operating system, and what [`crate::trouble`]
    /// tells apart: a symbolic link, or what is not a regular file.
    pub fn read(&self, below: impl AsRef<Path>) -> io::Result<File> {
        let (folder, name) = self.find(below.as_ref())?;
        folder.read(&name)
    }

    /// Opens a file for reading and appending. It and its folders are made if need be, so that
    /// their names survive a power cut.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn append(&self, below: impl AsRef<Path>, access: Access) -> io::Result<File> {
        let (folder, name) = self.find_or_make(below.as_ref(), access)?;
        loop {
            match folder.append(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => return opened,
            }
            match folder.create(&name, access) {
                Ok(_) => folder.sync()?,
                // Somebody else was faster: his is as good.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens a file that is there to be locked; it and its folders are made if need be. It is
    /// private: who can open it can hold the lock.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn lock_file(&self, below: impl AsRef<Path>) -> io::Result<File> {
        self.append(below, Access::Private)
    }

    /// Writes a file, replacing any that is there. A reader, also after a power cut, sees the old or the
    /// new file and never a part of one. Only one caller at a time may replace a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); then the old file is still there.
    pub fn replace(
        &self,
        below: impl AsRef<Path>,
        content: &[u8],
        access: Access,
    ) -> io::Result<()> {
        let (folder, name) = self.find_or_make(below.as_ref(), access)?;
        folder.refuse_link(&name)?;
        let (temporary, mut file) = new_beside(&folder, &name, access)?;
        let written = file
            .write_all(content)
            .and_then(|()| file.sync_all())
            .and_then(|()| folder.rename(&temporary, &name));
        if written.is_err() {
            // It would only take up space.
            let _ = folder.remove(&temporary);
        }
        written?;
        folder.sync()
    }

    /// Makes sure that there is room for `bytes` bytes when the file is [replaced](Self::replace) next:
    /// until then they are held in the file that will be written. Only Linux does so.
    ///
    /// # Errors
    /// As [`replace`](Self::replace): the disk is full.
    pub fn reserve(&self, below: impl AsRef<Path>, bytes: u64, access: Access) -> io::Result<()> {
        let (folder, name) = self.find_or_make(below.as_ref(), access)?;
        let (temporary, file) = new_beside(&folder, &name, access)?;
        let reserved = Folder::allocate(&file, bytes);
        if reserved.is_err() {
            folder.remove(&temporary)?;
        }
        reserved
    }

    /// Removes a file, or a link in its place. It is not an error if there is neither.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn remove(&self, below: impl AsRef<Path>) -> io::Result<()> {
        match self.find(below.as_ref()) {
            Ok((folder, name)) => folder.remove(&name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What a folder holds, in no order; the root itself is `""`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn entries(&self, below: impl AsRef<Path>) -> io::Result<Vec<Entry>> {
        let mut folder = Folder::root(self.path())?;
        for name in names(below.as_ref())? {
            folder = folder.child(name)?;
        }
        folder.entries()
    }

    /// Whether `file` is still what lies at this path: it was not renamed or removed.
    ///
    /// # Errors
    /// Those of the operating system, except that there is no such file.
    pub fn is_at(&self, below: impl AsRef<Path>, file: &File) -> io::Result<bool> {
        crate::system::is_at(&self.join(below), file)
    }

    fn find(&self, below: &Path) -> io::Result<(Folder, OsString)> {
        let (folders, name) = split(below)?;
        let mut folder = Folder::root(self.path())?;
        for name in folders {
            folder = folder.child(name)?;
        }
        Ok((folder, name.to_owned()))
    }

    fn find_or_make(&self, below: &Path, access: Access) -> io::Result<(Folder, OsString)> {
        let (folders, name) = split(below)?;
        let mut folder = Folder::root_or_make(self.path(), Access::Group)?;
        for name in folders {
            folder = match folder.child(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    folder.make(name, access)?;
                    folder.child(name)?
                }
                found => found?,
            };
        }
        Ok((folder, name.to_owned()))
    }
}

fn names(path: &Path) -> io::Result<Vec<&OsStr>> {
    let name = |part| match part {
        Component::Normal(name) => Ok(name),
        _ => Err(names_only()),
    };
    path.components().map(name).collect()
}

fn split(path: &Path) -> io::Result<(Vec<&OsStr>, &OsStr)> {
    let mut folders = names(path)?;
    let name = folders.pop().ok_or_else(names_only)?;
    Ok((folders, name))
}

fn names_only() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "a path below a folder is made of names",
    )
}

#[cfg(test)]
#[path = "root_tests.rs"]
mod tests;

/// The empty file that is written before it takes the place of `name`.
fn new_beside(folder: &Folder, name: &OsStr, access: Access) -> io::Result<(OsString, File)> {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(".tmp");
    // What a killed process left may have another mode, or be a link by now.
    folder.remove(&temporary)?;
    let file = folder.create(&temporary, access)?;
    Ok((temporary, file))
}
