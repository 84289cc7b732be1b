use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::FileError;

/// How much of the file's beginning it is known by.
const HEAD_BYTES: u64 = 1024;

/// How far a file was delivered to a target; holds a lock as long as it lives.
pub(super) struct Mark {
    path: PathBuf,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Content {
    offset: u64,
    /// SHA-256 of the file's first bytes, [`HEAD_BYTES`] or `offset` if that is less: a file that
    /// was replaced is known by it.
    head: String,
}

impl Mark {
    /// The mark beside `file` for the target of that name.
    pub(super) fn open(file: &Path, target: &str) -> Result<Self, FileError> {
        let beside = |suffix: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(format!(".{target}.{suffix}"));
            PathBuf::from(name)
        };
        let lock_path = beside("lock");
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|error| FileError::io(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FileError::Locked {
                    place: file.display().to_string(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(FileError::io(&lock_path, &error)),
        }
        Ok(Self {
            path: beside("offset"),
            _lock: lock,
        })
    }

    /// Where to go on. At the beginning for a file that is new, was replaced or has become
    /// shorter: a record twice is better than none.
    pub(super) fn read(&self, file: &Path) -> Result<u64, FileError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(FileError::io(&self.path, &error)),
        };
        let mark: Content = serde_json::from_str(&text).map_err(|_| FileError::BadMark {
            place: self.path.display().to_string(),
        })?;
        let fault = |error: io::Error| FileError::io(file, &error);
        let len = fs::metadata(file).map_err(fault)?.len();
        if mark.offset <= len && head(file, mark.offset).map_err(fault)? == mark.head {
            return Ok(mark.offset);
        }
        tracing::warn!(path = %file.display(), "the file is another one now; it is delivered from its beginning");
        Ok(0)
    }

    /// Notes that everything before `offset` is delivered.
    pub(super) fn write(&self, file: &Path, offset: u64) -> Result<(), FileError> {
        let content = Content {
            offset,
            head: head(file, offset).map_err(|error| FileError::io(file, &error))?,
        };
        let text = serde_json::to_string(&content).unwrap_or_default();
        let temporary = self.path.with_extension("offset.tmp");
        let written = File::create(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)
        });
        written.map_err(|error| FileError::io(&self.path, &error))
    }
}

fn head(file: &Path, offset: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(file)?
        .take(offset.min(HEAD_BYTES))
        .read_to_end(&mut bytes)?;
    Ok(hex::encode(Sha256::digest(bytes)))
}
