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

/// The marks of what is not read here, and where they stand. None can be there in a file of records: it has
/// a control character or no UTF-8, which JSON writes otherwise, whatever an alert says.
const OTHERS: [(usize, &[u8]); 23] = [
    // Zstandard.
    (0, b"\x28\xb5\x2f\xfd"),
    // lz4, and what `lz4 -l` makes.
    (0, b"\x04\x22\x4d\x18"),
    (0, b"\x02\x21\x4c\x18"),
    // xz, what `xz --format=lzma` makes, lzip and lzop.
    (0, b"\xfd7zXZ\0"),
    (0, b"\x5d\0\0"),
    (0, b"LZIP\x01"),
    (0, b"\x89LZO\0"),
    // Snappy.
    (0, b"\xff\x06\0\0sNaPpY"),
    // compress.
    (0, b"\x1f\x9d"),
    // zip: of files, of none, and in parts.
    (0, b"PK\x03\x04"),
    (0, b"PK\x05\x06"),
    (0, b"PK\x07\x08"),
    // 7z and RAR.
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!\x1a\x07"),
    // tar, as POSIX has it and as GNU does.
    (257, b"ustar\0"),
    (257, b"ustar  \0"),
    // ar, whose members lie in it or elsewhere.
    (0, b"!<arch>\n"),
    (0, b"!<thin>\n"),
    // cpio in binary.
    (0, b"\xc7\x71"),
    // GPG in text, which ends its first line there.
    (0, b"-----BEGIN PGP MESSAGE-----\n"),
    (0, b"-----BEGIN PGP MESSAGE-----\r"),
    (0, b"-----BEGIN PGP SIGNED MESSAGE-----\n"),
    (0, b"-----BEGIN PGP SIGNED MESSAGE-----\r"),
];

/// As far as the marks stand.
pub(super) const MARK_BYTES: u64 = 257 + 8;

/// What the first bytes of a file say.
pub(super) fn magic(mut file: &File) -> io::Result<Magic> {
    let mut begins = Vec::new();
    file.take(MARK_BYTES).read_to_end(&mut begins)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(magic_of(&begins))
}

/// What the first bytes say, [`MARK_BYTES`] if there are so many.
pub(super) fn magic_of(begins: &[u8]) -> Magic {
    if begins.starts_with(GZIP) {
        Magic::Gzip
    } else if is_other(begins) {
        Magic::Other
    } else {
        Magic::None
    }
}

fn is_other(begins: &[u8]) -> bool {
    match begins {
        // bzip2 has the size of its blocks as a digit.
        [b'B', b'Z', b'h', b'1'..=b'9', ..]
        // zlib, as `pigz -z` makes it. Two of its levels begin with `x^`, as the rest of a line may.
        | [b'x', 0x01 | 0x9c | 0xda, ..]
        // A frame that Zstandard and lz4 skip, of any of sixteen kinds: `pzstd` begins with one.
        | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
        // GPG in binary: a packet of a session key, for a key or for a passphrase, of either kind of length; or what
        // is packed and signed.
        | [0x84 | 0xc1, _, 0x03 | 0x06, ..]
        | [0x85 | 0xc1, _, _, 0x03 | 0x06, ..]
        | [0x8c | 0xc3, _, 0x04..=0x06, ..]
        | [0xa3, 0x01..=0x03, ..] => true,
        // cpio in text, with a name that ends in a zero.
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2' | b'7', rest @ ..] if rest.contains(&0) => true,
        _ => OTHERS.iter().any(|(at, mark)| {
            begins.get(*at..).is_some_and(|rest| rest.starts_with(mark))
        }),
    }
}
