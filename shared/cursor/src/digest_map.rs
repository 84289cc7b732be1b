//! A hash map whose keys are already digests, so that hashing them again would be waste.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from the first 16 bytes of a SHA-256 digest.
pub(crate) type DigestMap<V> = HashMap<[u8; 16], V, BuildHasherDefault<DigestHasher>>;

/// Takes the first eight bytes of a digest as its hash: they are uniform and not for an attacker
/// to choose.
#[derive(Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// An array hashes its length before its bytes; it says nothing here.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_digests_are_different_keys() {
        let mut map = DigestMap::default();
        for n in 0u8..=255 {
            // The same first half for all: equal hashes, still distinct keys.
            let mut digest = [7; 16];
            digest[15] = n;
            map.insert(digest, n);
        }
        assert_eq!(map.len(), 256);
        assert_eq!(
            map.get(&{
                let mut digest = [7; 16];
                digest[15] = 9;
                digest
            }),
            Some(&9)
        );
    }
}
