//! The operating system's errors as [`StoreError`]s.

use std::io;
use std::path::Path;

use drawbridge_files::Fault;

use crate::StoreError;

/// Says what `error` means for the file or folder at `path`.
pub(crate) fn store_error(path: &Path, error: &io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::Interrupted {
        return StoreError::Unavailable {
            place: path.display().to_string(),
            code: error.kind().to_string(),
        };
    }
    match Fault::of(path, error) {
        Fault::Denied { place, code, fix } => StoreError::Denied {
            place,
            code,
            fix: fix.to_owned(),
        },
        Fault::NoSpace { place } => StoreError::NoSpace { place },
        Fault::Unavailable { place, code } => StoreError::Unavailable { place, code },
        Fault::Failed { place, code, fix } => StoreError::Failed {
            place,
            code,
            fix: fix.to_owned(),
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
