//! Errors whose own words do not say what to do.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong, and the way out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where it is, if that may be another place than the one that was asked for.
    pub place: Option<PathBuf>,
    /// What was found, as in "it is a symbolic link".
    pub code: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// What was found where a file or a folder should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unexpected {
    #[error("{} is a symbolic link", .0.display())]
    Link(PathBuf),
    #[error("{} is not a regular file", .0.display())]
    #[cfg_attr(not(unix), allow(dead_code, reason = "other systems have none"))]
    Special(PathBuf),
}

impl Unexpected {
    fn trouble(&self) -> Trouble {
        let (place, code, fix) = match self {
            Self::Link(place) => (
                place,
                "it is a symbolic link",
                "links are not followed below the folder, where one could lead a write to any \
                 file: put the file or the folder itself there, or mount it there",
            ),
            Self::Special(place) => (place, "it is not a regular file", "move it away"),
        };
        Trouble {
            place: Some(place.clone()),
            code,
            fix,
        }
    }
}

/// An error that says what lies at `path`.
pub(crate) fn unexpected(what: fn(PathBuf) -> Unexpected, path: &Path) -> io::Error {
    io::Error::other(what(path.to_owned()))
}

/// What `error` means, if its kind does not say so: a symbolic link or a device instead of a file, the
/// limit on open files, which includes sockets, or a file system without locks.
#[must_use]
pub fn trouble(error: &(dyn Error + 'static)) -> Option<Trouble> {
    let error = error.downcast_ref::<io::Error>()?;
    let inner = error.get_ref();
    if let Some(found) = inner.and_then(|inner| inner.downcast_ref::<Unexpected>()) {
        return Some(found.trouble());
    }
    let (code, fix) = numbered(error.raw_os_error()?)?;
    Some(Trouble {
        place: None,
        code,
        fix,
    })
}

#[cfg(unix)]
fn numbered(errno: i32) -> Option<(&'static str, &'static str)> {
    use rustix::io::Errno;
    match Errno::from_raw_os_error(errno) {
        Errno::MFILE => Some((
            "this process has as many files and connections open as it may",
            "raise the limit with `ulimit -n`, or with LimitNOFILE= in its systemd unit",
        )),
        Errno::NFILE => Some((
            "this machine has as many files and connections open as it may",
            "raise fs.file-max, or end what holds them open",
        )),
        Errno::NOLCK => Some((
            "it cannot be locked, as its file system has no locks",
            "put the folder on a disk of this machine, or mount the file system with locks",
        )),
        _ => None,
    }
}

#[cfg(not(unix))]
fn numbered(_errno: i32) -> Option<(&'static str, &'static str)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_the_system_lacks_is_named_with_the_way_out() {
        use rustix::io::Errno;
        for (errno, words) in [
            (Errno::MFILE, "LimitNOFILE"),
            (Errno::NFILE, "fs.file-max"),
            (Errno::NOLCK, "on a disk of this machine"),
        ] {
            let trouble = trouble(&io::Error::from(errno)).unwrap();
            assert!(trouble.fix.contains(words), "{trouble:?}");
        }
        // The system's own words are "No locks available".
        let lock = trouble(&io::Error::from(Errno::NOLCK)).unwrap();
        assert!(lock.code.contains("cannot be locked"), "{lock:?}");
        assert_eq!(trouble(&io::Error::from(Errno::NOENT)), None);
    }

    #[test]
    fn what_lies_in_the_way_is_named_with_its_path() {
        let link = trouble(&unexpected(Unexpected::Link, Path::new("data/state"))).unwrap();
        assert_eq!(link.place.unwrap(), Path::new("data/state"));
        assert_eq!(link.code, "it is a symbolic link");
        assert!(link.fix.contains("not followed"), "{}", link.fix);
        let special = trouble(&unexpected(Unexpected::Special, Path::new("data/pipe"))).unwrap();
        assert_eq!(special.place.unwrap(), Path::new("data/pipe"));
        assert_eq!(special.code, "it is not a regular file");
    }

    #[test]
    fn other_errors_speak_for_themselves() {
        assert_eq!(trouble(&io::Error::other("x")), None);
        assert_eq!(trouble(&std::fmt::Error), None);
    }
}
