//! The state's index of its pages.
//!
//! It is packed as one entry per page: its first place (when the alert came up and the first four
//! bytes of its digest), the save that wrote it (32 bits), the first eight bytes of its BLAKE3 digest,
//! when the alert in it was last seen that was seen last (32 bits), and the numbers of its bytes, its
//! alerts and its keys (LEB128). All that has 32 bits is little-endian.

use std::fmt;
use std::str::FromStr;

use crate::entry::{push_count, take, take_count};

/// The position of an alert in the order of the pages. Alerts that were created together lie together, so that
/// new ones go into few pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PagePosition {
    pub(crate) created_secs: u32,
    pub(crate) digest: [u8; 4],
}

impl PagePosition {
    pub(crate) fn of(alert: &[u8; 16], created_secs: u32) -> Self {
        let mut digest = [0; 4];
        digest.copy_from_slice(&alert[..4]);
        Self {
            created_secs,
            digest,
        }
    }
}

/// The name of a page: which save wrote it, and the beginning of its digest. What is stored under a
/// name never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId {
    /// The [sequence](crate::Pages::sequence) of the save that wrote it.
    pub sequence: u32,
    pub(crate) digest: u64,
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:016x}", self.sequence, self.digest)
    }
}

impl FromStr for PageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (sequence, digest) = text.split_once('-').ok_or(())?;
        let id = Self {
            sequence: u32::from_str_radix(sequence, 16).map_err(|_| ())?,
            digest: u64::from_str_radix(digest, 16).map_err(|_| ())?,
        };
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(())
        }
    }
}

/// What the index knows of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    /// No alert in it has an earlier place, and none that has its place is in another.
    pub(crate) first: PagePosition,
    pub(crate) id: PageId,
    pub(crate) seen_secs: u32,
    pub(crate) bytes: usize,
    pub(crate) alerts: usize,
    pub(crate) keys: usize,
}

impl Listed {
    fn pack(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.first.created_secs.to_le_bytes());
        bytes.extend_from_slice(&self.first.digest);
        bytes.extend_from_slice(&self.id.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.id.digest.to_le_bytes());
        bytes.extend_from_slice(&self.seen_secs.to_le_bytes());
        push_count(self.bytes, bytes);
        push_count(self.alerts, bytes);
        push_count(self.keys, bytes);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            first: PagePosition {
                created_secs: u32::from_le_bytes(*take(rest)?),
                digest: *take(rest)?,
            },
            id: PageId {
                sequence: u32::from_le_bytes(*take(rest)?),
                digest: u64::from_le_bytes(*take(rest)?),
            },
            seen_secs: u32::from_le_bytes(*take(rest)?),
            bytes: take_count(rest)?,
            alerts: take_count(rest)?,
            keys: take_count(rest)?,
        })
    }
}

pub(crate) fn pack(index: &[Listed]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(index.len() * 32);
    for page in index {
        page.pack(&mut bytes);
    }
    bytes
}

/// Reads an index; `None` when it is cut off, or its pages do not lie one behind the other.
pub(crate) fn unpack(mut rest: &[u8]) -> Option<Vec<Listed>> {
    let mut index: Vec<Listed> = Vec::new();
    while !rest.is_empty() {
        let page = Listed::take(&mut rest)?;
        if index.last().is_some_and(|last| last.first >= page.first) {
            return None;
        }
        index.push(page);
    }
    Some(index)
}
