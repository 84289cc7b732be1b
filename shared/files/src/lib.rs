//! Files below a folder that an administrator named.
//!
//! Everything that lies on disk goes through [`Root`], for two reasons. A file has its mode from its
//! first byte on, temporary and lock files included: what is [`Access::Private`] is never readable
//! by others, not even for a moment. And nothing below the folder is opened, replaced or listed
//! through a symbolic link, with which whoever may write there could lead a write to any file of
//! this user. The folder's own path may hold links: it is the administrator's.
//!
//! Errors are those of the operating system; [`trouble`] tells those apart that its words do not
//! explain, and [`access_error`] says what any of them means.

mod access_error;
mod entry;
mod off_thread;
#[cfg(not(unix))]
mod portable;
mod root;
mod shell_quoted;
mod trouble;
#[cfg(unix)]
mod unix;

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(not(unix))]
use portable as system;
#[cfg(unix)]
use unix as system;

pub use access_error::{RUN_AS_OWNER, access_error, io_reason};
pub use entry::Entry;
pub use off_thread::off_thread;
pub use root::Root;
pub use shell_quoted::shell_quoted;
pub use trouble::{Trouble, trouble};

/// Opens a file that a person named for reading, through links if there are any. A pipe or a socket in
/// its place is refused: nobody may ever write to it. What lies in `/dev` or `/proc` is meant.
///
/// # Errors
/// Those of the operating system, and what [`trouble`] tells apart: what is not a regular file.
pub fn read_through_links(path: &Path) -> io::Result<File> {
    system::read_through_links(path)
}

/// The path itself, or `.` where it is empty, as the folder of a bare name is: an empty path is nothing's
/// to the operating system.
#[must_use]
pub fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// Who may read a file or a folder that is made here; what was there before keeps its mode. The
/// process's umask takes away from it, as always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner alone: files 0600, folders 0700. For states, quarantine, documents and locks.
    Private,
    /// The group, too: files 0640, folders 0750. For records, which a shipper reads.
    Group,
    /// Whomever the umask does not keep out: files 0666, folders 0777. For metrics, which another user
    /// collects.
    Umask,
}

impl Access {
    /// The mode of a file.
    #[must_use]
    pub(crate) const fn file_mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Group => 0o640,
            Self::Umask => 0o666,
        }
    }

    /// The mode of a folder.
    #[must_use]
    pub(crate) const fn folder_mode(self) -> u32 {
        match self {
            Self::Private => 0o700,
            Self::Group => 0o750,
            Self::Umask => 0o777,
        }
    }
}
