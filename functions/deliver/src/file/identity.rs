use std::fs::Metadata;
use std::time::SystemTime;
#[cfg(unix)]
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// What tells a file from all others that there are at the same time. A file that is made later may
/// get the number of one that was removed; where the file system says so, not its birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
    born_nanos: Option<u64>,
}

impl FileIdentity {
    /// That of a file, where files have any.
    #[cfg(unix)]
    pub(super) fn of(meta: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let born = meta.created().ok();
        let born = born.and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        Some(Self {
            device: meta.dev(),
            inode: meta.ino(),
            born_nanos: born.and_then(|since| u64::try_from(since.as_nanos()).ok()),
        })
    }

    /// That of a file, where files have any.
    #[cfg(not(unix))]
    pub(super) fn of(_meta: &Metadata) -> Option<Self> {
        None
    }
}

/// A file as it is at a time: where the file system says so, it was not written to as long as this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileState {
    identity: FileIdentity,
    /// As it is, packed or not.
    bytes: u64,
    modified: SystemTime,
}

impl FileState {
    pub(super) fn new(
        identity: Option<FileIdentity>,
        bytes: u64,
        modified: SystemTime,
    ) -> Option<Self> {
        let identity = identity?;
        Some(Self {
            identity,
            bytes,
            modified,
        })
    }

    /// That of a file, where files have any.
    pub(super) fn of(meta: &Metadata) -> Option<Self> {
        Self::new(FileIdentity::of(meta), meta.len(), meta.modified().ok()?)
    }
}
