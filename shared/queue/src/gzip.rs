//! How objects of records are compressed.

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// How hard to compress: higher levels save a few per cent of the size for twice the work.
const LEVEL: u32 = 3;

/// The header's word for no particular operating system.
const NO_SYSTEM: u8 = 255;

/// Compresses into memory. No time and no file name are in the header: the same lines are the same
/// bytes.
pub(crate) fn encoder() -> GzEncoder<Vec<u8>> {
    GzBuilder::new()
        .mtime(0)
        .operating_system(NO_SYSTEM)
        .write(Vec::new(), Compression::new(LEVEL))
}
