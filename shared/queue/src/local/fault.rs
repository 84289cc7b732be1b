//! The operating system's errors as [`QueueError`]s.

use std::io;
use std::path::Path;

use drawbridge_files::trouble;

use crate::QueueError;

/// Says what `error` means for the file or folder at `path`.
pub(super) fn queue_error(path: &Path, error: &io::Error) -> QueueError {
    if let Some(trouble) = trouble(error) {
        let place = trouble.place.as_deref().unwrap_or(path);
        return QueueError::Failed {
            place: place.display().to_string(),
            code: trouble.code.to_owned(),
            fix: trouble.fix.to_owned(),
        };
    }
    let place = path.display().to_string();
    let code = error.kind().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => QueueError::Denied {
            place,
            code,
            fix:
                "run it as the user that the folder belongs to, make it writable for this one, or \
                  name another folder"
                    .to_owned(),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => QueueError::NoSpace { place },
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists => QueueError::Failed {
            place,
            code,
            fix: "a file is where a folder should be, or the other way round; move it away"
                .to_owned(),
        },
        io::ErrorKind::ResourceBusy
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::TimedOut => QueueError::Unavailable { place, code },
        _ => QueueError::Failed {
            place,
            code,
            fix: "check the disk and the path".to_owned(),
        },
    }
}
