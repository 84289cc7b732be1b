use std::io;

use serde::{Deserialize, Serialize};

use super::content::{Beginning, ContentDigest};
use super::identity::{FileIdentity, FileState};
use super::open_file::OpenFile;
use super::position::Position;
use super::rotated::Rotated;
use super::source::Source;

/// A file that needs no delivery, known by its content: whatever it is called, packed or copied.
///
/// Its first bytes are not enough to know it by: what is polled or replayed again begins as it did before. What
/// lies before its end has to be the same, too; what follows in another one is the rest of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownFile {
    head: ContentDigest,
    /// Where it ends. One of which this is not noted is not known.
    end: Option<End>,
    /// The packed files that were found to have it: they are not unpacked again as long as they are what they were.
    #[serde(default)]
    packed: Vec<FileState>,
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
    pub(super) fn delivered(file: &OpenFile) -> Self {
        Self::up_to(&file.position, &file.source, true)
    }

    /// All that there is of a file.
    pub(super) fn whole(source: &mut Source, is_delivered: bool) -> io::Result<Self> {
        let end = source.end_of_lines(0)?;
        let position = Position::of(source, end)?;
        Ok(Self::up_to(&position, source, is_delivered))
    }

    fn up_to(position: &Position, source: &Source, is_delivered: bool) -> Self {
        let Position {
            offset,
            seen,
            head,
            tail,
            ..
        } = position;
        Self {
            head: head.clone(),
            end: Some(End {
                offset: *offset,
                seen: *seen,
                tail: tail.clone(),
            }),
            packed: source.packed_state().into_iter().collect(),
            is_delivered,
            missed: 0,
        }
    }

    /// Whether it is known by the same.
    fn is(&self, other: &Self) -> bool {
        let known_by = |one: &Self| (one.head.clone(), one.end.clone(), one.is_delivered);
        known_by(self) == known_by(other)
    }

    /// What a file has besides this one, if it has all of it.
    fn rest_in(
        &mut self,
        source: &mut Source,
        beginning: &mut Beginning,
    ) -> io::Result<Option<Rest>> {
        if !beginning.is(&self.head) {
            return Ok(None);
        }
        let state = source.packed_state();
        if state.is_some_and(|state| self.packed.contains(&state)) {
            return Ok(Some(Rest::Nothing));
        }
        let rest = match self.rest_behind(source) {
            // Nobody knows what a damaged one had.
            Err(_) if source.is_packed() => None,
            rest => rest?,
        };
        if rest == Some(Rest::Nothing) {
            self.packed.extend(state);
        }
        Ok(rest)
    }

    /// The same of one with the same beginning.
    fn rest_behind(&self, source: &mut Source) -> io::Result<Option<Rest>> {
        let Some(End { offset, seen, tail }) = &self.end else {
            return Ok(None);
        };
        if !source.try_reach(*offset)? || !tail.ends_at(source, *offset)? {
            return Ok(None);
        }
        Ok(match (source.len()? <= *seen, *offset) {
            (true, _) => Some(Rest::Nothing),
            (false, 0) => None,
            (false, offset) => Some(Rest::From(offset)),
        })
    }
}

/// What was there before the first delivery began, and was not known by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum OtherFile {
    /// Another program's, which may write it anew. Another file may get its name: only as long as it holds no
    /// record is it left alone.
    WithoutRecords { name: String },
    /// What could not be read, such as a link. It may be renamed, and another one of its name is not this one.
    Unread {
        identity: FileIdentity,
        link_to: Option<String>,
    },
}

impl OtherFile {
    fn unread(one: &Rotated) -> Option<Self> {
        one.identity.map(|identity| Self::Unread {
            identity,
            link_to: one.link_to.clone(),
        })
    }
}

/// Which files need no delivery. All others that were rotated are to be delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    known: Vec<KnownFile>,
    /// What was there at first and is no file of records: links, and other programs' files.
    others: Vec<OtherFile>,
    /// Whether the live file had a record when the first delivery began.
    pub(super) has_begun: bool,
    /// The least number of a rotated file, where numbers go down.
    pub(super) least_number: Option<u32>,
    /// How many of the numbers that are missing were those of files without records, which were moved away.
    #[serde(default)]
    pub(super) moved_away: u32,
}

impl Ledger {
    pub(super) fn add(&mut self, mut file: KnownFile) {
        // An empty one is known by nothing.
        if file.head.bytes == 0 {
            return;
        }
        let same = self.known.iter().position(|known| known.is(&file));
        if let Some(at) = same {
            let mut packed = self.known.remove(at).packed;
            packed.retain(|state| !file.packed.contains(state));
            file.packed.extend(packed);
        }
        self.known.push(file);
    }

    /// Notes a file that holds no record.
    pub(super) fn add_without_records(&mut self, one: &Rotated) {
        self.others.push(OtherFile::WithoutRecords {
            name: one.name.to_string_lossy().into_owned(),
        });
    }

    /// Notes what cannot be read.
    pub(super) fn add_unread(&mut self, one: &Rotated) {
        self.others.extend(OtherFile::unread(one));
    }

    /// Whether a file of this name was noted as one that holds no record. It may hold some by now.
    pub(super) fn was_without_records(&self, one: &Rotated) -> bool {
        let name = one.name.to_string_lossy();
        let mut others = self.others.iter();
        others.any(|other| matches!(other, OtherFile::WithoutRecords { name: it } if *it == name))
    }

    /// Whether this file was noted as one that cannot be read.
    pub(super) fn was_unread(&self, one: &Rotated) -> bool {
        OtherFile::unread(one).is_some_and(|one| self.others.contains(&one))
    }

    /// What a file has besides what is known, if any of it is; and whether that is the file that was
    /// delivered last.
    pub(super) fn rest_in(
        &mut self,
        source: &mut Source,
        beginning: &mut Beginning,
    ) -> io::Result<Option<(Rest, bool)>> {
        let last = self.known.iter().rposition(|known| known.is_delivered);
        let mut found: Option<(Rest, bool)> = None;
        for (index, known) in self.known.iter_mut().enumerate().rev() {
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

    /// Whether anything was there before the first delivery began. It is named as long as it is there.
    pub(super) fn has_older(&self) -> bool {
        self.known.iter().any(|known| !known.is_delivered)
    }

    /// Whether a file has all of one that was there before the first delivery began. What was written to it since is
    /// delivered, and that before it is not.
    pub(super) fn is_older(&mut self, source: &mut Source) -> io::Result<bool> {
        let mut beginning = Beginning::of(source);
        for known in self.known.iter_mut().filter(|known| !known.is_delivered) {
            if known.rest_in(source, &mut beginning)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Forgets what was there before and is in the live file now, such as by `mv siem.ndjson.1 siem.ndjson`: it is
    /// delivered with that.
    pub(super) fn forget_older_in(&mut self, live: &mut Source) -> io::Result<()> {
        if !self.has_older() {
            return Ok(());
        }
        let mut beginning = Beginning::of(live);
        let mut kept = Vec::new();
        for mut known in std::mem::take(&mut self.known) {
            if known.is_delivered || known.rest_in(live, &mut beginning)?.is_none() {
                kept.push(known);
            }
        }
        self.known = kept;
        Ok(())
    }

    /// Forgets the files that are not there any more, by the beginnings and the states of those that are.
    pub(super) fn keep(&mut self, there: &mut [Beginning], states: &[FileState]) {
        for known in &mut self.known {
            known.packed.retain(|state| states.contains(state));
            let is_there = there.iter_mut().any(|beginning| beginning.is(&known.head));
            known.missed = if is_there { 0 } else { known.missed + 1 };
        }
        self.known.retain(|known| known.missed < FORGOTTEN);
    }
}
