use std::io;
use std::path::Path;

use drawbridge_access::AccessError;

use crate::trouble;

/// What to do about a file or folder that only another user may use.
pub const RUN_AS_OWNER: &str = "run it as the user that the folder belongs to, make it writable for this one, or name \
                                another folder";

/// What an error of the operating system says, in the words of a person in place of the system's.
#[must_use]
pub fn io_reason(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::IsADirectory => "it is a folder",
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        io::ErrorKind::StorageFull => "the disk is full",
        io::ErrorKind::InvalidData => "it is not UTF-8 text",
        kind => return kind.to_string(),
    };
    known.to_owned()
}

/// Says what `error` means for the file or folder at `path`.
#[must_use]
pub fn access_error(path: &Path, error: &io::Error) -> AccessError {
    if let Some(trouble) = trouble(error) {
        let place = trouble.place.as_deref().unwrap_or(path);
        return AccessError::Failed {
            place: place.display().to_string(),
            code: trouble.code.to_owned(),
            fix: trouble.fix.into(),
        };
    }
    let place = path.display().to_string();
    let code = io_reason(error);
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            AccessError::Denied {
                place,
                code,
                fix: RUN_AS_OWNER.into(),
            }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => AccessError::NoSpace { place },
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists => AccessError::Failed {
            place,
            code,
            fix: "a file is where a folder should be, or the other way round; move it away".into(),
        },
        io::ErrorKind::Interrupted
        | io::ErrorKind::ResourceBusy
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::TimedOut => AccessError::Unavailable { place, code },
        _ => AccessError::Failed {
            place,
            code,
            fix: "check the disk and the path".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_names_the_file_and_says_what_to_do() {
        let of = |kind: io::ErrorKind| access_error(Path::new("data/x"), &io::Error::from(kind));
        let missing = of(io::ErrorKind::NotFound).to_string();
        assert!(missing.contains("there is no such file"), "{missing}");
        let full = of(io::ErrorKind::StorageFull);
        assert!(matches!(full, AccessError::NoSpace { .. }) && !full.is_retryable());
        let denied = of(io::ErrorKind::PermissionDenied);
        assert!(matches!(denied, AccessError::Denied { .. }) && !denied.is_retryable());
        assert!(denied.to_string().contains("data/x"));
        for kind in [io::ErrorKind::ResourceBusy, io::ErrorKind::Interrupted] {
            assert!(of(kind).is_retryable());
        }
    }
}
