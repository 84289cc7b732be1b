//! The operating system's errors as [`QueueError`]s.

use std::io;
use std::path::Path;

use drawbridge_files::Fault;

use crate::QueueError;

/// Says what `error` means for the file or folder at `path`.
pub(super) fn queue_error(path: &Path, error: &io::Error) -> QueueError {
    match Fault::of(path, error) {
        Fault::Denied { place, code, fix } => QueueError::Denied {
            place,
            code,
            fix: fix.to_owned(),
        },
        Fault::NoSpace { place } => QueueError::NoSpace { place },
        Fault::Unavailable { place, code } => QueueError::Unavailable { place, code },
        Fault::Failed { place, code, fix } => QueueError::Failed {
            place,
            code,
            fix: fix.to_owned(),
        },
    }
}
