//! The operating system's errors as [`StoreError`]s.

use std::io;
use std::path::Path;

use drawbridge_files::trouble;

use crate::StoreError;

/// Says what `error` means for the file or folder at `path`.
pub(crate) fn store_error(path: &Path, error: &io::Error) -> StoreError {
    if let Some(trouble) = trouble(error) {
        let place = trouble.place.as_deref().unwrap_or(path);
        return StoreError::Failed {
            place: place.display().to_string(),
            code: trouble.code.to_owned(),
            fix: trouble.fix.to_owned(),
        };
    }
    let place = path.display().to_string();
    let code = error.kind().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::Denied {
            place,
            code,
            fix:
                "run it as the user that the folder belongs to, make it writable for this one, or \
                  name another folder"
                    .to_owned(),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::NoSpace { place },
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists => StoreError::Failed {
            place,
            code,
            fix: "a file is where a folder should be, or the other way round; move it away"
                .to_owned(),
        },
        io::ErrorKind::Interrupted
        | io::ErrorKind::ResourceBusy
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::TimedOut => StoreError::Unavailable { place, code },
        _ => StoreError::Failed {
            place,
            code,
            fix: "check the disk and the path".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_what_to_do() {
        let of = |kind: io::ErrorKind| store_error(Path::new("data/x"), &io::Error::from(kind));
        assert!(matches!(
            of(io::ErrorKind::StorageFull),
            StoreError::NoSpace { .. }
        ));
        assert!(matches!(
            of(io::ErrorKind::PermissionDenied),
            StoreError::Denied { .. }
        ));
        assert!(of(io::ErrorKind::ResourceBusy).is_retryable());
        assert!(!of(io::ErrorKind::StorageFull).is_retryable());
        assert!(
            of(io::ErrorKind::PermissionDenied)
                .to_string()
                .contains("data/x")
        );
    }
}
