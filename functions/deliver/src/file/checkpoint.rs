use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use drawbridge_files::{Access, Root};
use serde::Deserialize;

use super::FileError;
use super::position::Position;

/// How far a file was delivered to a target; holds a lock as long as it lives.
pub(super) struct Checkpoint {
    root: Root,
    name: OsString,
    _lock: File,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Position(Position),
    /// As an older release wrote it.
    Old {
        offset: u64,
        /// SHA-256 of the file's first [`OLD_HEAD_BYTES`], or `offset` if that is less.
        head: String,
    },
}

const OLD_HEAD_BYTES: u64 = 1024;

impl Checkpoint {
    /// The checkpoint beside the file at `path` for the target of that name.
    pub(super) fn open(path: &Path, target: &str) -> Result<Self, FileError> {
        let (root, live) = Root::around(path).map_err(|error| FileError::io(path, &error))?;
        let lock_name = beside(&live, target, "lock");
        let fault = |error: io::Error| FileError::io(&root.join(&lock_name), &error);
        let lock = root.lock_file(&lock_name).map_err(fault)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FileError::Locked {
                    place: path.display().to_string(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        Ok(Self {
            name: checkpoint_name(&live, target),
            root,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// Where to go on, if anything was delivered.
    pub(super) fn read(&self) -> Result<Option<Position>, FileError> {
        let mut text = String::new();
        let read = self.root.read(&self.name);
        match read.and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io(&self.path(), &error)),
        }
        let content = serde_json::from_str(&text).map_err(|_| FileError::BadCheckpoint {
            place: self.path().display().to_string(),
        })?;
        Ok(Some(match content {
            Content::Position(position) => position,
            Content::Old { offset, head } => {
                Position::of_old(offset, offset.min(OLD_HEAD_BYTES), head)
            }
        }))
    }

    /// Notes that everything before the position is delivered. Where the folder is gone with the file, of
    /// which the rest is delivered while it is held open, nothing is noted, and the folder stays gone.
    pub(super) fn write(&self, position: &Position) -> Result<(), FileError> {
        if !self.root.path().is_dir() {
            return Ok(());
        }
        let written = serde_json::to_vec(position)
            .map_err(io::Error::from)
            .and_then(|text| self.root.replace(&self.name, &text, Access::Private));
        written.map_err(|error| FileError::io(&self.path(), &error))
    }
}

/// The name of the checkpoint of a file for a target.
pub(super) fn checkpoint_name(live: &OsStr, target: &str) -> OsString {
    beside(live, target, "offset")
}

fn beside(live: &OsStr, target: &str, suffix: &str) -> OsString {
    let mut name = live.to_owned();
    name.push(format!(".{target}.{suffix}"));
    name
}
