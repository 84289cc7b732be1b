use std::io;
use std::path::Path;

use crate::trouble;

/// What an error of the operating system means for whoever keeps files: what happened to what, and
/// what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This user may not.
    Denied {
        /// The file or the folder.
        place: String,
        /// What happened.
        code: String,
        /// What to do.
        fix: &'static str,
    },
    /// The disk or the quota is full.
    NoSpace {
        /// The file or the folder.
        place: String,
    },
    /// A passing trouble.
    Unavailable {
        /// The file or the folder.
        place: String,
        /// What happened.
        code: String,
    },
    /// Anything else.
    Failed {
        /// The file or the folder.
        place: String,
        /// What happened.
        code: String,
        /// What to do.
        fix: &'static str,
    },
}

impl Fault {
    /// Says what `error` means for the file or folder at `path`.
    #[must_use]
    pub fn of(path: &Path, error: &io::Error) -> Self {
        if let Some(trouble) = trouble(error) {
            let place = trouble.place.as_deref().unwrap_or(path);
            return Self::Failed {
                place: place.display().to_string(),
                code: trouble.code.to_owned(),
                fix: trouble.fix,
            };
        }
        let place = path.display().to_string();
        let code = error.kind().to_string();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied {
                place,
                code,
                fix: "run it as the user that the folder belongs to, make it writable for this \
                      one, or name another folder",
            },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { place },
            io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists => Self::Failed {
                place,
                code,
                fix: "a file is where a folder should be, or the other way round; move it away",
            },
            io::ErrorKind::ResourceBusy
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::TimedOut => Self::Unavailable { place, code },
            _ => Self::Failed {
                place,
                code,
                fix: "check the disk and the path",
            },
        }
    }
}
