//! The segments that were read last, as they lie in the store: one never changes, so that nobody has to
//! read it twice.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use drawbridge_recent::Recent;

/// The most bytes of them, compressed, for all tenants together.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The most bytes of one.
const MOST_BYTES_OF_ONE: usize = MOST_BYTES / 4;

/// The most of them, however small.
const MOST: NonZero<usize> = NonZero::new(20_000).expect("it is not zero");

/// Compressed segments by key. Which there are, a listing tells; this only has their bytes.
pub(crate) struct Kept(Mutex<Recent<Bytes>>);

impl Default for Kept {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MOST, MOST_BYTES)))
    }
}

impl Kept {
    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).map(|bytes| bytes.clone())
    }

    pub(crate) fn keep(&self, key: &str, bytes: &Bytes) {
        if bytes.len() > MOST_BYTES_OF_ONE {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.get(key).is_none() {
            kept.insert(key, bytes.clone());
            kept.weigh(key, bytes.len());
        }
    }
}
