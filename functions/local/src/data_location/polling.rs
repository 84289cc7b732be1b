//! Whether a poll is running in a data folder: each holds a shared lock on a file there for as long as it runs.

use std::fs::{File, TryLockError};
use std::path::Path;

use drawbridge_files::{Root, trouble};

use crate::failure::Failure;

/// The file that is locked. No key begins with a dot.
const FILE: &str = ".polling";

/// The lock of a poll that is running; the system releases it, however the process ends.
#[derive(Debug)]
pub(crate) struct Polling {
    _locked: Option<File>,
}

impl Polling {
    /// Refuses what lies in the place of the lock and is no file, such as a link.
    pub(crate) fn check(folder: &Path) -> Result<(), Failure> {
        let found = Root::new(folder).read(FILE).err();
        match found.as_ref().and_then(|error| trouble(error)) {
            Some(trouble) if trouble.place.is_some() => Err(Failure::of(format!(
                "{}: {}: {}",
                folder.join(FILE).display(),
                trouble.code,
                trouble.fix
            ))),
            _ => Ok(()),
        }
    }

    /// Notes that this process polls into a folder. Where that is impossible, the poll itself says so or does
    /// without.
    pub(crate) fn begin(folder: &Path) -> Self {
        let file = Root::new(folder).lock_file(FILE).ok();
        let _locked = file.filter(|file| file.lock_shared().is_ok());
        Self { _locked }
    }
}

/// Whether a poll is running in a folder; `None` if that is unknown, as after the polls of an older release.
pub(crate) fn is_polled(folder: &Path) -> Option<bool> {
    let file = Root::new(folder).read(FILE).ok()?;
    match file.try_lock() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_running_until_the_last_one_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(is_polled(folder), None);
        let (first, second) = (Polling::begin(folder), Polling::begin(folder));
        assert_eq!(is_polled(folder), Some(true));
        drop(first);
        assert_eq!(is_polled(folder), Some(true));
        drop(second);
        assert_eq!(is_polled(folder), Some(false));
    }
}
