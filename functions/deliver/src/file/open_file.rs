use std::io::{self, BufRead as _};

use super::lines::{Lines, text};
use super::position::Position;
use super::source::Source;
use crate::Limits;
use crate::format::format_of;

/// A file between two rotations, and how far it was delivered.
pub(super) struct OpenFile {
    pub(super) source: Source,
    pub(super) position: Position,
    /// How long it was when the checkpoint said that it needs no delivery. Nobody has to write to it any more,
    /// but somebody may.
    pub(super) delivered_at: Option<u64>,
    /// Whether a line of it was found to be a record of the format that is delivered.
    pub(super) is_of_format: bool,
    /// How long it was when it was refused as a whole.
    pub(super) refused_at: Option<u64>,
    /// No line before this byte is a record of any format.
    without_format: u64,
    /// Whether it was told that it is in the folder no more.
    pub(super) is_gone: bool,
}

/// What has become of a file since it was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileChange {
    /// It may have grown.
    Intact,
    /// It goes on where it was, but so many bytes that were there are not.
    Shortened(u64),
    /// It is another one, or was truncated, and may have grown again.
    Gone,
}

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of them is a record of the format that is delivered.
    OfFormat,
    /// None is, and one is a record of this format.
    Other(&'static str),
    /// None is a record of any format.
    Unknown,
}

impl OpenFile {
    pub(super) fn new(mut source: Source, offset: u64) -> io::Result<Self> {
        let position = Position::of(&mut source, offset)?;
        Ok(Self {
            source,
            position,
            delivered_at: None,
            is_of_format: false,
            refused_at: None,
            without_format: 0,
            is_gone: false,
        })
    }

    /// Whether it is the same file as another one that is open.
    pub(super) fn is(&self, other: &mut Source) -> bool {
        match (self.source.identity, other.identity) {
            (Some(one), Some(other)) => one == other,
            _ => self.source.name == other.name && self.position.is_in(other).unwrap_or(false),
        }
    }

    /// Whether it is refused as a whole, with all that was seen of it, and nothing of it is delivered.
    pub(super) fn is_refused(&self) -> bool {
        let Position { offset, seen, .. } = self.position;
        offset == 0 && self.refused_at.is_some_and(|at| seen <= at)
    }

    /// Its position, as the checkpoint has it.
    pub(super) fn noted(&self) -> Position {
        Position {
            is_refused: self.is_refused(),
            ..self.position.clone()
        }
    }

    /// Looks at the file again, which knows it by more of it then.
    pub(super) fn look(&mut self) -> io::Result<FileChange> {
        // Nobody writes to a packed file; looking would unpack it.
        if self.source.is_packed() {
            return Ok(FileChange::Intact);
        }
        // In this order: what is_in says is true of the time before it, too.
        let fresh = Position::of(&mut self.source, self.position.offset)?;
        if !self.position.is_in(&mut self.source)? {
            return Ok(FileChange::Gone);
        }
        let missing = self.position.seen_lines().saturating_sub(fresh.seen);
        self.position = fresh;
        Ok(match missing {
            0 => FileChange::Intact,
            missing => FileChange::Shortened(missing),
        })
    }

    /// The lines that follow; nothing if the file was truncated while they were read.
    pub(super) fn lines(&mut self, most: Limits) -> io::Result<Option<Lines>> {
        let at = self.position.offset;
        let lines = Lines::read(self.source.reader_at(at)?, at, most)?;
        let is_whole = self.source.is_packed() || self.position.is_in(&mut self.source)?;
        Ok(is_whole.then_some(lines))
    }

    /// Notes that everything before `offset` is delivered, unless the file was truncated meanwhile,
    /// and says whether it did.
    pub(super) fn advance_to(&mut self, offset: u64) -> io::Result<bool> {
        if self.source.is_packed() {
            self.position.advance(&mut self.source, offset)?;
            return Ok(true);
        }
        let fresh = Position::of(&mut self.source, offset)?;
        let is_whole = self.position.is_in(&mut self.source)?;
        if is_whole {
            self.position = fresh;
        }
        Ok(is_whole)
    }

    /// Whether a line is whole that was not delivered. Blank ones are none.
    pub(super) fn has_a_line(&mut self) -> io::Result<bool> {
        self.has_a_line_behind(self.position.offset)
    }

    /// Whether a line is whole that begins at `byte` or behind it. Blank ones are none.
    pub(super) fn has_a_line_behind(&mut self, byte: u64) -> io::Result<bool> {
        let mut reader = self.source.reader_at(byte)?;
        let mut has_text = false;
        loop {
            let piece = reader.fill_buf()?;
            let read = piece.len();
            if read == 0 {
                return Ok(false);
            }
            for byte in piece {
                match byte {
                    b'\n' if has_text => return Ok(true),
                    byte => has_text |= !byte.is_ascii_whitespace(),
                }
            }
            reader.consume(read);
        }
    }

    /// Whether the first line is a record, of whatever format; so it is in an empty file.
    pub(super) fn begins_with_a_record(&mut self) -> io::Result<bool> {
        let one = Limits {
            records: 1,
            bytes: usize::MAX,
        };
        let lines = Lines::read(self.source.reader_at(0)?, 0, one)?;
        let is_empty = !self.position.has_content();
        Ok(is_empty || lines.texts.iter().any(|line| format_of(line).is_some()))
    }

    /// Whether any line is a record, of whatever format.
    pub(super) fn has_a_record(&mut self) -> io::Result<bool> {
        let is_record = |line: &str| format_of(line).is_some();
        let mut end = 0;
        if self.any_line(|line, line_end| {
            end = line_end;
            is_record(line)
        })? {
            return Ok(true);
        }
        // What has no end may be one, too.
        Ok(is_record(&text(self.source.bytes(end, u64::MAX)?)))
    }

    /// What its whole lines are. Those that are known to be of no format are not read again.
    pub(super) fn kind(&mut self, is_of_format: impl Fn(&str) -> bool) -> io::Result<Kind> {
        let (mut other, mut end) = (None, self.without_format);
        let is_any_of_format = self.any_line_from(end, |line, line_end| {
            other = other.or_else(|| format_of(line));
            end = line_end;
            is_of_format(line)
        })?;
        Ok(match other {
            _ if is_any_of_format => Kind::OfFormat,
            Some(other) => Kind::Other(other),
            None => {
                self.without_format = end;
                Kind::Unknown
            }
        })
    }

    /// Whether `is` holds of any whole line, of which it is given the text and the end. Blank ones are none.
    pub(super) fn any_line(&mut self, is: impl FnMut(&str, u64) -> bool) -> io::Result<bool> {
        self.any_line_from(0, is)
    }

    fn any_line_from(
        &mut self,
        mut from: u64,
        mut is: impl FnMut(&str, u64) -> bool,
    ) -> io::Result<bool> {
        const SOME: Limits = Limits {
            records: 100,
            bytes: 1024 * 1024,
        };
        loop {
            let lines = Lines::read(self.source.reader_at(from)?, from, SOME)?;
            let mut lines_and_ends = lines.texts.iter().zip(&lines.ends);
            if lines_and_ends.any(|(line, end)| is(line, *end)) {
                return Ok(true);
            }
            match lines.ends.last() {
                Some(end) => from = *end,
                None => return Ok(false),
            }
        }
    }

    /// Everything that was not delivered.
    pub(super) fn rest(&mut self) -> io::Result<Vec<u8>> {
        self.source.bytes(self.position.offset, u64::MAX)
    }

    /// How many bytes were not delivered.
    pub(super) fn left(&mut self) -> io::Result<u64> {
        Ok(self.source.len()?.saturating_sub(self.position.offset))
    }
}
