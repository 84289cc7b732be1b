use std::io;
use std::path::Path;

/// Why a file of records could not be read, or the mark beside it not be kept. Never holds any of
/// the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("{place} does not exist: name the file that drawbridge poll writes")]
    Missing {
        /// The file.
        place: String,
    },
    /// Somebody else delivers it.
    #[error("{place} is being delivered by another process: stop that one first")]
    Locked {
        /// The file.
        place: String,
    },
    /// The mark cannot be read.
    #[error(
        "{place} cannot be read as a mark of how far the records were delivered: delete it to \
         deliver them all again"
    )]
    BadMark {
        /// The mark.
        place: String,
    },
    /// The operating system says no.
    #[error("{place} cannot be read or written ({code}): check the path, the disk and who may")]
    Io {
        /// The file.
        place: String,
        /// The operating system's error.
        code: String,
    },
}

impl FileError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let place = path.display().to_string();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { place },
            kind => Self::Io {
                place,
                code: kind.to_string(),
            },
        }
    }
}
