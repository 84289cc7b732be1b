use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use drawbridge_files::{Access, Root};
use serde::{Deserialize, Serialize};

use super::FileError;
use super::known::Ledger;
use super::position::Position;

/// How far a file was delivered to a target; holds a lock as long as it lives.
pub(super) struct Checkpoint {
    root: Root,
    name: OsString,
    _lock: File,
}

/// What a checkpoint says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Where to go on in the files that are not delivered to their ends, the first one first.
    pub(super) under_way: Vec<Position>,
    #[serde(flatten)]
    pub(super) ledger: Ledger,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Progress(Progress),
    /// As older releases wrote it: what was last written to before the file of the position was delivered.
    Position(Position),
    /// As still older ones did.
    Old {
        offset: u64,
        /// SHA-256 of the file's first [`OLD_HEAD_BYTES`], or `offset` if that is less.
        head: String,
    },
}

const OLD_HEAD_BYTES: u64 = 1024;

impl Content {
    /// What it says, and whether an older release wrote it, which knew of no other files.
    pub(super) fn progress(self) -> (Progress, bool) {
        let position = match self {
            Self::Progress(progress) => return (progress, false),
            Self::Position(position) => position,
            Self::Old { offset, head } => {
                Position::of_old(offset, offset.min(OLD_HEAD_BYTES), head)
            }
        };
        let mut progress = Progress {
            under_way: vec![position],
            ..Progress::default()
        };
        progress.ledger.has_begun = true;
        (progress, true)
    }
}

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

    /// What it says, if there is one.
    pub(super) fn read(&self) -> Result<Option<Content>, FileError> {
        match read(&self.root, &self.name) {
            Ok(text) => {
                serde_json::from_str(&text)
                    .map(Some)
                    .map_err(|_| FileError::BadCheckpoint {
                        place: self.path().display().to_string(),
                    })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::io(&self.path(), &error)),
        }
    }

    /// Notes what is delivered. Where the folder is gone with the file, of which the rest is delivered while it
    /// is held open, nothing is noted, and the folder stays gone.
    pub(super) fn write(&self, progress: &Progress) -> Result<(), FileError> {
        if !self.root.path().is_dir() {
            return Ok(());
        }
        let written = serde_json::to_vec(progress)
            .map_err(io::Error::from)
            .and_then(|text| self.root.replace(&self.name, &text, Access::Private));
        written.map_err(|error| FileError::io(&self.path(), &error))
    }
}

fn read(root: &Root, name: &OsStr) -> io::Result<String> {
    let mut text = String::new();
    root.read(name)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Whether the file at `path`, or one that was rotated from it, was ever delivered to the target of that name, or
/// was about to be: its checkpoint says so.
pub(super) fn has_begun(path: &Path, target: &str) -> bool {
    let text = Root::around(path).and_then(|(root, live)| {
        let name = checkpoint_name(&live, target);
        read(&root, &name)
    });
    let content = match text {
        Ok(text) => serde_json::from_str(&text),
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    let Ok(Content::Progress(Progress { under_way, ledger })) = content else {
        return true;
    };
    let is_missed = under_way.iter().any(|position| !position.is_refused);
    is_missed || ledger.has_begun || ledger.has_delivered()
}

/// The name of the checkpoint of a file for a target.
fn checkpoint_name(live: &OsStr, target: &str) -> OsString {
    beside(live, target, "offset")
}

fn beside(live: &OsStr, target: &str, suffix: &str) -> OsString {
    let mut name = live.to_owned();
    name.push(format!(".{target}.{suffix}"));
    name
}
