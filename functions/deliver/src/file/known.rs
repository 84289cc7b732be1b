use std::io;

use serde::{Deserialize, Serialize};

use super::content::{Beginning, ContentDigest, PIECE_BYTES};
use super::identity::FileIdentity;
use super::position::Position;
use super::rotated::Rotated;
use super::source::Source;

/// A file that needs no delivery, known by its content: whatever it is called, packed or copied.
///
/// Its first bytes are enough to know it by, since no two records are the same: files with the same
/// beginning are one and the same. Of a short file they are all it had, so that one with more is known by
/// its rest to have grown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownFile {
    head: ContentDigest,
    /// Where it ends; unknown of a packed one, which nobody writes to.
    end: Option<End>,
    /// Whether it was delivered. Else it was there before the first delivery began.
    is_delivered: bool,
    /// How many times in a row it was not there when another one was delivered.
    missed: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    /// Behind its last whole line.
    offset: u64,
    /// Half a line may follow.
    seen: u64,
    /// What lies just before the offset, unless that is in the head.
    tail: ContentDigest,
}

/// What a file has besides that which is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// All from this byte on.
    From(u64),
}

/// After so many times a file is forgotten: once, it may be renamed just then.
const FORGOTTEN: u8 = 2;

impl KnownFile {
    /// A file that was delivered up to its position, behind which nothing was seen but half a line.
    pub(super) fn delivered(position: &Position) -> Self {
        Self::up_to(position, true)
    }

    /// All that there is of a file.
    pub(super) fn whole(source: &mut Source, is_delivered: bool) -> io::Result<Self> {
        // It is not unpacked only to find its end.
        if source.is_packed() && source.try_reach(PIECE_BYTES)? {
            return Ok(Self {
                head: ContentDigest::of(&source.bytes(0, PIECE_BYTES)?),
                end: None,
                is_delivered,
                missed: 0,
            });
        }
        let end = source.end_of_lines()?;
        let position = Position::of(source, end)?;
        Ok(Self::up_to(&position, is_delivered))
    }

    fn up_to(position: &Position, is_delivered: bool) -> Self {
        let Position {
            offset,
            seen,
            head,
            tail,
            ..
        } = position;
        let is_known = tail.bytes > 0 || *offset <= head.bytes;
        Self {
            head: head.clone(),
            end: is_known.then(|| End {
                offset: *offset,
                seen: *seen,
                tail: tail.clone(),
            }),
            is_delivered,
            missed: 0,
        }
    }

    /// What a file has besides this one, if it has all of it.
    fn rest_in(&self, source: &mut Source, beginning: &mut Beginning) -> io::Result<Option<Rest>> {
        if !beginning.is(&self.head) {
            return Ok(None);
        }
        let Some(End { offset, seen, tail }) = &self.end else {
            return Ok(Some(Rest::Nothing));
        };
        if source.is_packed() {
            if source.packed_len()? == Some(*seen) {
                return Ok(Some(Rest::Nothing));
            }
            // What is left of a damaged one is delivered.
            if source.len().is_err() {
                return Ok(Some(Rest::Nothing));
            }
        }
        let is_it = source.try_reach(*offset)? && tail.is_at(source, offset - tail.bytes)?;
        if !is_it {
            return Ok(None);
        }
        Ok(match (source.len()? <= *seen, *offset) {
            (true, _) => Some(Rest::Nothing),
            (false, 0) => None,
            (false, offset) => Some(Rest::From(offset)),
        })
    }
}

/// A file that is none of records. It may be renamed, or written anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OtherFile {
    name: String,
    identity: Option<FileIdentity>,
}

/// Which files need no delivery. All others that were rotated are to be delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    known: Vec<KnownFile>,
    /// What was there at first and is no file of records: links, and other programs' files.
    others: Vec<OtherFile>,
    /// Whether the live file had a record since the first delivery began. Until then, what was there
    /// before is named.
    pub(super) has_begun: bool,
    /// The least number of a rotated file, where numbers go down.
    pub(super) least_number: Option<u32>,
}

impl Ledger {
    pub(super) fn add(&mut self, file: KnownFile) {
        // An empty one is known by nothing.
        if file.head.bytes > 0 && !self.known.contains(&file) {
            self.known.push(file);
        }
    }

    /// Notes what is no file of records.
    pub(super) fn add_other(&mut self, one: &Rotated) {
        self.others.push(OtherFile {
            name: one.name.to_string_lossy().into_owned(),
            identity: one.identity,
        });
    }

    /// Whether a file was noted as one that is none of records. It may be one by now.
    pub(super) fn is_other(&self, one: &Rotated) -> bool {
        let name = one.name.to_string_lossy();
        self.others.iter().any(|other| {
            other.name == name || (one.identity.is_some() && other.identity == one.identity)
        })
    }

    /// What a file has besides what is known, if any of it is; and whether that is the file that was
    /// delivered last.
    pub(super) fn rest_in(
        &self,
        source: &mut Source,
        beginning: &mut Beginning,
    ) -> io::Result<Option<(Rest, bool)>> {
        let last = self.known.iter().rposition(|known| known.is_delivered);
        let mut found: Option<(Rest, bool)> = None;
        for (index, known) in self.known.iter().enumerate().rev() {
            let is_last = Some(index) == last;
            match (known.rest_in(source, beginning)?, &found) {
                (None, _) => {}
                (Some(Rest::Nothing), _) => return Ok(Some((Rest::Nothing, is_last))),
                (Some(Rest::From(from)), Some((Rest::From(best), _))) if from <= *best => {}
                (Some(rest), _) => found = Some((rest, is_last)),
            }
        }
        Ok(found)
    }

    /// Whether any file was delivered to its end.
    pub(super) fn has_delivered(&self) -> bool {
        self.known.iter().any(|known| known.is_delivered)
    }

    /// Whether a file with this beginning was there before the first delivery began.
    pub(super) fn was_before(&self, beginning: &mut Beginning) -> bool {
        let mut before = self.known.iter().filter(|known| !known.is_delivered);
        before.any(|known| beginning.is(&known.head))
    }

    /// Forgets the files that are not there any more, by the beginnings of those that are.
    pub(super) fn keep(&mut self, there: &mut [Beginning]) {
        for known in &mut self.known {
            let is_there = there.iter_mut().any(|beginning| beginning.is(&known.head));
            known.missed = if is_there { 0 } else { known.missed + 1 };
        }
        self.known.retain(|known| known.missed < FORGOTTEN);
    }
}
