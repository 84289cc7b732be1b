use std::collections::VecDeque;
use std::path::Path;

use super::folder::Folder;
use super::generation::{Generation, Since};
use super::lines::{Lines, text};
use super::mark::Mark;
use super::place::Place;
use super::{FileError, Left};
use crate::Limits;

/// The files that are not delivered yet, oldest first, each held open, and the mark of how far the
/// first one was.
pub(super) struct Generations {
    folder: Folder,
    mark: Mark,
    held: VecDeque<Generation>,
    /// What cannot be delivered any more and was not told yet.
    lost: Vec<Left>,
    /// Whether the mark names the first file.
    is_marked: bool,
}

impl Generations {
    pub(super) fn open(path: &Path, target: &str) -> Result<Self, FileError> {
        Ok(Self {
            mark: Mark::open(path, target)?,
            folder: Folder::around(path)?,
            held: VecDeque::new(),
            lost: Vec::new(),
            is_marked: false,
        })
    }

    /// Bytes of the first file that are delivered.
    pub(super) fn offset(&self) -> u64 {
        self.held.front().map_or(0, |first| first.place.offset)
    }

    /// Whether the first file was rotated away and others have lines: nothing is written to it any
    /// more.
    pub(super) fn is_first_over(&self) -> bool {
        self.held.len() > 1
    }

    /// Takes what was found to be lost.
    pub(super) fn take_lost(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.lost)
    }

    /// Opens what there is to deliver, and what has come since by rotation.
    pub(super) async fn look(&mut self) -> Result<(), FileError> {
        if self.held.is_empty() {
            self.held = match self.mark.read()? {
                Some(place) => self.found(&place, place.offset).await?.into(),
                None => [self.folder.open_live()?].into(),
            };
        }
        self.settle(self.held.len() - 1).await?;
        let Some(newest) = self.held.back_mut() else {
            return Ok(());
        };
        if !self.folder.is_live(&newest.source)? {
            let since = self.folder.after(newest).await?;
            self.held.extend(since);
        }
        Ok(())
    }

    /// The next lines of the first file; none at its end.
    pub(super) async fn lines(&mut self, most: Limits) -> Result<Lines, FileError> {
        loop {
            self.settle(0).await?;
            let first = &mut self.held[0];
            let lines = first.lines(most);
            if let Some(lines) = lines.map_err(self.folder.fault(&first.source.name))? {
                // A delivery that dies at its first lines has to know of which file they were.
                if !self.is_marked && !lines.ends.is_empty() {
                    self.mark.write(&first.place)?;
                    self.is_marked = true;
                }
                return Ok(lines);
            }
        }
    }

    /// Notes that the first file is delivered up to `end`.
    pub(super) async fn delivered(&mut self, end: u64) -> Result<(), FileError> {
        if !self.move_to(end)? {
            self.replace(0, end).await?;
            // The copy may have been made before the last lines were written.
            let end = end.min(self.held[0].place.seen);
            self.move_to(end)?;
        }
        self.mark.write(&self.held[0].place)
    }

    fn move_to(&mut self, end: u64) -> Result<bool, FileError> {
        let first = &mut self.held[0];
        let moved = first.moved_to(end);
        moved.map_err(self.folder.fault(&first.source.name))
    }

    /// What follows the last whole line of the first file: a line that nobody has ended.
    pub(super) fn torn(&mut self) -> Result<String, FileError> {
        let first = &mut self.held[0];
        let rest = first.rest();
        let rest = rest.map_err(self.folder.fault(&first.source.name))?;
        Ok(text(rest).trim().to_owned())
    }

    /// Leaves the first file for the next one.
    pub(super) fn next(&mut self) -> Result<(), FileError> {
        self.held.pop_front();
        match self.held.front() {
            Some(first) => self.mark.write(&first.place),
            None => Ok(()),
        }
    }

    /// What is not delivered of each file.
    pub(super) fn left(&mut self) -> Result<Vec<Left>, FileError> {
        let mut all = Vec::new();
        for held in &mut self.held {
            let bytes = held.left();
            let bytes = bytes.map_err(self.folder.fault(&held.source.name))?;
            if bytes > 0 {
                let path = self.folder.path_of(held.source.identity)?;
                all.push(Left {
                    is_gone: path.is_none() && !self.folder.has(&held.place)?,
                    place: path
                        .unwrap_or_else(|| self.folder.path(&held.source.name))
                        .display()
                        .to_string(),
                    bytes,
                });
            }
        }
        Ok(all)
    }

    /// Makes sure that a file still goes on where it was, or finds the copy that does.
    async fn settle(&mut self, index: usize) -> Result<(), FileError> {
        let held = &mut self.held[index];
        let since = held.look();
        match since.map_err(self.folder.fault(&held.source.name))? {
            Since::Intact => Ok(()),
            Since::Shortened(bytes) => {
                self.lost.push(Left {
                    place: self.folder.path(&held.source.name).display().to_string(),
                    bytes,
                    is_gone: true,
                });
                Ok(())
            }
            Since::Gone => {
                let delivered = held.place.offset;
                self.replace(index, delivered).await
            }
        }
    }

    /// Puts the copy of a file in its place that was made before it was truncated; if it was the
    /// last one, with all that was written since.
    async fn replace(&mut self, index: usize, delivered: u64) -> Result<(), FileError> {
        let place = self.held[index].place.clone();
        let mut found = self.found(&place, delivered).await?.into_iter();
        if let Some(copy) = found.next() {
            let is_last = index + 1 == self.held.len();
            self.held[index] = copy;
            if is_last {
                self.held.extend(found);
            }
        }
        Ok(())
    }

    /// The file of this place, of which so many bytes are delivered, and those that follow it.
    async fn found(&mut self, place: &Place, delivered: u64) -> Result<Vec<Generation>, FileError> {
        let name = match place.name.as_str() {
            "" => self.folder.live_path(),
            name => self.folder.path(name.as_ref()),
        };
        let name = name.display().to_string();
        let Some(found) = self.folder.from(place).await? else {
            let what = match self.folder.path_of(place.identity)? {
                Some(_) => "was truncated or replaced",
                None => "was removed, or moved away,",
            };
            return Err(FileError::Gone {
                place: name,
                what,
                offset: delivered,
                left: place.seen.saturating_sub(delivered),
                mark: self.mark.path().display().to_string(),
                live: self.folder.live_path().display().to_string(),
            });
        };
        let seen = found.first().map_or(0, |first| first.place.seen);
        let bytes = place.seen.saturating_sub(seen.max(delivered));
        if bytes > 0 {
            self.lost.push(Left {
                place: name,
                bytes,
                is_gone: true,
            });
        }
        Ok(found)
    }
}
