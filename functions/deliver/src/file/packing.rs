//! What the first bytes of a file say of how it is packed.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    /// It may be text.
    None,
    Gzip,
    /// In a way that is not read here.
    Other,
}

/// That a file is packed with something that is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not packed with gzip")]
pub(super) struct OtherPacking;

impl OtherPacking {
    /// Whether that is the error.
    pub(super) fn is(error: &io::Error) -> bool {
        matches!(error.get_ref(), Some(inner) if inner.is::<Self>())
    }
}

impl From<OtherPacking> for io::Error {
    fn from(error: OtherPacking) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Zstandard, xz, lz4, zip and compress. No record begins with any of them.
const OTHERS: [&[u8]; 5] = [
    &[0x28, 0xb5, 0x2f, 0xfd],
    &[0xfd, b'7', b'z', b'X', b'Z', 0x00],
    &[0x04, 0x22, 0x4d, 0x18],
    b"PK\x03\x04",
    &[0x1f, 0x9d],
];

const LONGEST: u64 = 6;

/// What the first bytes of a file say.
pub(super) fn magic(mut file: &File) -> io::Result<Magic> {
    let mut begins = Vec::new();
    file.take(LONGEST).read_to_end(&mut begins)?;
    file.seek(SeekFrom::Start(0))?;
    // bzip2 has the size of its blocks as a digit.
    let is_bzip2 = matches!(&begins[..], [b'B', b'Z', b'h', b'1'..=b'9', ..]);
    Ok(if begins.starts_with(GZIP) {
        Magic::Gzip
    } else if is_bzip2 || OTHERS.iter().any(|other| begins.starts_with(other)) {
        Magic::Other
    } else {
        Magic::None
    })
}
