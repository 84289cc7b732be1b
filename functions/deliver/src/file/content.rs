use std::collections::HashMap;
use std::io::{self, Read as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::source::Source;

/// How much of a file's beginning, and of what lies before a position, is looked at.
pub(super) const PIECE_BYTES: u64 = 4096;

/// A digest of some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ContentDigest {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl ContentDigest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(bytes)),
        }
    }

    /// Whether a file begins with the same bytes.
    pub(super) fn is_beginning(&self, source: &mut Source) -> io::Result<bool> {
        Ok(self.bytes == 0 || *self == Self::of(&source.bytes(0, self.bytes)?))
    }

    /// Whether the same bytes end at `end`, which is in the file or at its end.
    pub(super) fn ends_at(&self, source: &mut Source, end: u64) -> io::Result<bool> {
        Ok(self.bytes == 0 || *self == Self::of(&source.bytes_before(end, self.bytes)?))
    }
}

/// The first bytes of a file, as far as they can be read, which are compared with those of many.
pub(super) struct Beginning {
    bytes: Vec<u8>,
    digests: HashMap<u64, ContentDigest>,
    /// Why no more can be read, if that is not the file's end.
    pub(super) damage: Option<io::Error>,
}

impl Beginning {
    pub(super) fn of(source: &mut Source) -> Self {
        let mut bytes = Vec::new();
        let read = source.reader_at(0);
        // What was read before an error is kept.
        let read = read.and_then(|reader| reader.take(PIECE_BYTES).read_to_end(&mut bytes));
        Self {
            bytes,
            digests: HashMap::new(),
            damage: read.err(),
        }
    }

    /// Whether it begins with the bytes of a digest, of which there are some.
    pub(super) fn is(&mut self, head: &ContentDigest) -> bool {
        let Some(bytes) = usize::try_from(head.bytes)
            .ok()
            .and_then(|end| self.bytes.get(..end))
        else {
            return false;
        };
        let digest = self.digests.entry(head.bytes);
        !bytes.is_empty() && *digest.or_insert_with(|| ContentDigest::of(bytes)) == *head
    }
}
