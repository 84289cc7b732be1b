//! Whether files are of the format that is delivered. One that is refused as a whole, and of which nothing is
//! delivered, may be moved away, emptied or replaced, as its error asks for.

use std::ffi::OsStr;
use std::time::SystemTime;

use super::super::FileError;
use super::super::open_file::Kind;
use super::super::rotated::Rotated;
use super::Backlog;

impl Backlog {
    /// Notes whether a file that is held is refused as a whole.
    pub(in crate::file) fn note_refused(
        &mut self,
        index: usize,
        is_refused: bool,
    ) -> Result<(), FileError> {
        let held = &mut self.held[index];
        // What was written to it since it was looked at may not have been read.
        let refused_at = is_refused.then_some(held.position.seen);
        if held.refused_at == refused_at {
            return Ok(());
        }
        held.refused_at = refused_at;
        self.save()
    }

    /// Lets go of refused files that were moved away and have nothing else since. One that is overlooked while it
    /// is renamed is found again.
    pub(super) fn let_go(&mut self) -> Result<(), FileError> {
        for index in (0..self.held.len()).rev() {
            let held = &mut self.held[index];
            if !held.is_refused() {
                continue;
            }
            let len = held.source.len();
            let len = len.map_err(self.folder.fault(&held.source.name))?;
            let is_there = len > held.position.seen
                || self.folder.path_of(held.source.identity)?.is_some()
                || self.folder.has(&held.position)?;
            if is_there {
                continue;
            }
            if let Some(gone) = self.held.remove(index) {
                self.note_moved_away(&gone.source.name);
                self.verdicts.clear();
            }
        }
        Ok(())
    }

    /// Notes that a file is gone that nobody misses, so that its number is not missed either.
    pub(super) fn note_moved_away(&mut self, name: &OsStr) {
        let live = self.folder.live_path();
        let live = live.file_name().unwrap_or_default();
        let one = Rotated::new(live, name.to_owned(), SystemTime::UNIX_EPOCH);
        self.ledger.moved_away += u32::from(one.age.number().is_some());
    }

    /// Whether a whole line of a file that is held is so, delivered or not.
    pub(in crate::file) fn any_line(
        &mut self,
        index: usize,
        is: impl Fn(&str) -> bool,
    ) -> Result<bool, FileError> {
        let held = &mut self.held[index];
        let any = held.any_line(|line, _| is(line));
        any.map_err(self.folder.fault(&held.source.name))
    }

    /// What the lines of a file that is held are, delivered or not.
    pub(in crate::file) fn kind(
        &mut self,
        index: usize,
        is_of_format: impl Fn(&str) -> bool,
    ) -> Result<Kind, FileError> {
        let held = &mut self.held[index];
        let kind = held.kind(is_of_format);
        kind.map_err(self.folder.fault(&held.source.name))
    }

    /// Whether a line of a file was found to be a record of the format.
    pub(in crate::file) fn is_of_format(&mut self, index: usize) -> &mut bool {
        &mut self.held[index].is_of_format
    }

    /// Whether a file of which no line `is` a record may all the same be one of records: it has a single line, which may
    /// be the rest of one, and others are files of records.
    pub(in crate::file) fn may_be_a_rest(
        &mut self,
        index: usize,
        is: impl Fn(&str) -> bool,
    ) -> Result<bool, FileError> {
        let mut count = 0;
        let mut has_others = self.ledger.has_delivered();
        for (at, held) in self.held.iter_mut().enumerate() {
            let found = held.any_line(|line, _| {
                count += usize::from(at == index);
                is(line)
            });
            has_others |= found.map_err(self.folder.fault(&held.source.name))?;
        }
        Ok(count <= 1 && has_others)
    }
}
