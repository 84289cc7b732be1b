use std::io;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::content::{ContentDigest, PIECE_BYTES};
use super::identity::FileIdentity;
use super::source::Source;

/// A position in a file, and what the file is known by when it has another name, or another file
/// has its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Everything before it is delivered.
    pub(super) offset: u64,
    /// How long the file was when it was looked at last.
    pub(super) seen: u64,
    /// How many of these bytes were half a line at its end. `poll` cuts them off when it writes on, and nobody misses
    /// them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) half_line: u64,
    /// The name that it had then, for messages about it.
    pub(super) name: String,
    /// When it had been written to as it was first seen. Older releases kept it.
    #[serde(default, skip_serializing)]
    pub(super) modified: Option<SystemTime>,
    /// Its number on this machine.
    pub(super) identity: Option<FileIdentity>,
    /// Its beginning, up to the position; its first line if nothing is delivered.
    pub(super) head: ContentDigest,
    /// What lies just before the position.
    pub(super) tail: ContentDigest,
    /// Whether that tells it from all other files: half a line may be the beginning of many.
    #[serde(default)]
    pub(super) is_distinct: bool,
    /// Whether the file was refused as a whole, so that nobody misses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_refused: bool,
}

impl Position {
    /// The position `offset` in a file.
    pub(super) fn of(source: &mut Source, offset: u64) -> io::Result<Self> {
        // In this order: a packed file that was read up to there need not be unpacked again.
        let tail = tail(source, offset)?;
        let seen = source.len()?;
        // Nobody cuts anything off a packed file, and looking would unpack it.
        let half_line = match source.is_packed() {
            true => 0,
            false => seen.saturating_sub(source.end_of_lines(offset)?),
        };
        let mut head = source.bytes(0, PIECE_BYTES)?;
        let line = head.iter().position(|&byte| byte == b'\n');
        head.truncate(match usize::try_from(offset) {
            Ok(0) => line.map_or(head.len(), |end| end + 1),
            Ok(offset) => offset.min(head.len()),
            Err(_) => head.len(),
        });
        Ok(Self {
            offset,
            seen,
            half_line,
            name: source.name.to_string_lossy().into_owned(),
            modified: None,
            identity: source.identity,
            is_distinct: head.contains(&b'\n') || head.len() as u64 == PIECE_BYTES,
            head: ContentDigest::of(&head),
            tail,
            is_refused: false,
        })
    }

    /// Goes on to `offset` in a file that nobody writes to, such as a packed one.
    pub(super) fn advance(&mut self, source: &mut Source, offset: u64) -> io::Result<()> {
        if self.head.bytes < offset.min(PIECE_BYTES) {
            *self = Self::of(source, offset)?;
            return Ok(());
        }
        // The beginning stays as it is: the way back to it is to unpack it all again.
        self.tail = tail(source, offset)?;
        self.offset = offset;
        Ok(())
    }

    /// A position as an older release kept it: with a digest of the first `bytes` bytes.
    pub(super) fn of_old(offset: u64, bytes: u64, sha256: String) -> Self {
        Self {
            offset,
            seen: offset,
            half_line: 0,
            name: String::new(),
            modified: None,
            identity: None,
            head: ContentDigest { bytes, sha256 },
            tail: ContentDigest::of(&[]),
            is_distinct: offset > 0,
            is_refused: false,
        }
    }

    /// Whether everything before the position is what it was, as far as it is looked at. It is not
    /// in another file, nor in one that was truncated, though it may have grown again since.
    pub(super) fn is_in(&self, source: &mut Source) -> io::Result<bool> {
        Ok(self.head.is_beginning(source)?
            && source.try_reach(self.offset)?
            && self.tail.ends_at(source, self.offset)?)
    }

    /// How long the file was when it was looked at last, without half a line at its end.
    pub(super) fn seen_lines(&self) -> u64 {
        self.seen - self.half_line.min(self.seen)
    }

    /// Whether the file is known by its content; an empty one has none.
    pub(super) fn has_content(&self) -> bool {
        self.head.bytes > 0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// What lies just before `offset`.
fn tail(source: &mut Source, offset: u64) -> io::Result<ContentDigest> {
    let before = source.bytes_before(offset, PIECE_BYTES)?;
    Ok(ContentDigest::of(&before))
}
