use std::fs::Metadata;
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
