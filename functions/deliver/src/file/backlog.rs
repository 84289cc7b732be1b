use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::folder::Folder;
use super::lines::{Lines, text};
use super::open_file::{FileChange, FileState, OpenFile};
use super::position::Position;
use super::{FileError, Undelivered};
use crate::Limits;

/// The files that are not delivered yet, oldest first, each held open, and the checkpoint of how far the
/// first one was.
pub(super) struct Backlog {
    folder: Folder,
    checkpoint: Checkpoint,
    held: VecDeque<OpenFile>,
    /// Files that were delivered to their ends, as they were then: times alone do not tell that they are older.
    done: Vec<FileState>,
    /// What cannot be delivered any more, and of how many of these it was reported.
    lost: Vec<Undelivered>,
    reported: usize,
    /// Whether the checkpoint names the first file.
    has_checkpoint: bool,
    /// Whether there was nothing at all when the folder was looked at first: whatever was rotated came since.
    began_empty: bool,
}

impl Backlog {
    pub(super) fn open(path: &Path, target: &str) -> Result<Self, FileError> {
        Ok(Self {
            checkpoint: Checkpoint::open(path, target)?,
            folder: Folder::around(path)?,
            held: VecDeque::new(),
            done: Vec::new(),
            lost: Vec::new(),
            reported: 0,
            has_checkpoint: false,
            began_empty: false,
        })
    }

    /// The file that is written to.
    pub(super) fn live_path(&self) -> PathBuf {
        self.folder.live_path()
    }

    /// Bytes of the first file that are delivered.
    pub(super) fn offset(&self) -> u64 {
        self.held.front().map_or(0, |first| first.position.offset)
    }

    /// Whether the first file was rotated away and others have lines: nothing is written to it any
    /// more.
    pub(super) fn is_first_over(&self) -> bool {
        self.held.len() > 1
    }

    /// All that was found to be lost since it was opened.
    pub(super) fn lost(&self) -> &[Undelivered] {
        &self.lost
    }

    /// What was found to be lost since this was asked last.
    pub(super) fn newly_lost(&mut self) -> Vec<Undelivered> {
        let new = self.lost.iter().skip(self.reported).cloned().collect();
        self.reported = self.lost.len();
        new
    }

    /// Opens the files that there are to deliver, and those that have come since by rotation.
    pub(super) async fn look(&mut self) -> Result<(), FileError> {
        if self.held.is_empty() {
            match self.checkpoint.read()? {
                Some(position) => {
                    self.held = self.found(&position, position.offset).await?.into();
                }
                None => self.begin()?,
            }
        }
        let was_empty = self.held.iter().all(|held| !held.position.has_content());
        self.settle(self.held.len() - 1).await?;
        if self.began_empty && was_empty {
            self.go_on_from_nothing()?;
        }
        let Some(newest) = self.held.back_mut() else {
            return Ok(());
        };
        if !self.folder.is_live(&newest.source)? {
            match self.folder.after(newest).await {
                Ok(since) => self.hold(since)?,
                // What is held open is delivered first, whatever is in the way of the rest.
                Err(error) if !self.has_a_line()? => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Holds files open that are neither held nor delivered.
    fn hold(&mut self, since: Vec<OpenFile>) -> Result<(), FileError> {
        for new in since {
            let state = new.state().map_err(self.folder.fault(&new.source.name))?;
            let identity = new.source.identity;
            let is_held = |held: &OpenFile| identity.is_some() && held.source.identity == identity;
            let is_done = state.is_some_and(|state| self.done.contains(&state));
            if !is_done && !self.held.iter().any(is_held) {
                self.held.push_back(new);
            }
        }
        Ok(())
    }

    /// Begins where nothing was delivered before.
    fn begin(&mut self) -> Result<(), FileError> {
        if self.began_empty {
            self.go_on_from_nothing()?;
        }
        if self.held.is_empty() {
            let first = self.folder.open_first();
            self.began_empty = match &first {
                Ok(first) => !first.position.has_content(),
                Err(error) => self.began_empty || matches!(error, FileError::Missing { .. }),
            };
            self.held.push_back(first?);
        }
        Ok(())
    }

    /// Opens what has come since there was nothing. An empty file cannot tell that it was truncated after
    /// it had been copied.
    fn go_on_from_nothing(&mut self) -> Result<(), FileError> {
        let all = self.folder.all()?;
        if all.is_empty() {
            return Ok(());
        }
        let mut still_to_come = VecDeque::new();
        for held in std::mem::take(&mut self.held) {
            // Of what was removed, nothing else may be left. Where it was packed, the packed one comes.
            let is_there = self.folder.path_of(held.source.identity)?.is_some()
                || self.folder.has(&held.position)?;
            if held.position.has_content() && !is_there {
                still_to_come.push_back(held);
            }
        }
        still_to_come.extend(all);
        self.held = still_to_come;
        // One that ends now leaves word of what came.
        if let Some(first) = self.held.front() {
            self.checkpoint.write(&first.position)?;
            self.has_checkpoint = true;
        }
        Ok(())
    }

    /// Whether a line of what is held open is not delivered.
    fn has_a_line(&mut self) -> Result<bool, FileError> {
        for held in &mut self.held {
            let has_a_line = held.has_a_line();
            if has_a_line.map_err(self.folder.fault(&held.source.name))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next lines of the first file; none at its end.
    pub(super) async fn lines(&mut self, most: Limits) -> Result<Lines, FileError> {
        loop {
            self.settle(0).await?;
            let first = &mut self.held[0];
            let lines = first.lines(most);
            if let Some(lines) = lines.map_err(self.folder.fault(&first.source.name))? {
                // A delivery that dies at its first lines has to know of which file they were.
                if !self.has_checkpoint && !lines.ends.is_empty() {
                    self.checkpoint.write(&first.position)?;
                    self.has_checkpoint = true;
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
            let end = end.min(self.held[0].position.seen);
            self.move_to(end)?;
        }
        self.checkpoint.write(&self.held[0].position)
    }

    fn move_to(&mut self, end: u64) -> Result<bool, FileError> {
        let first = &mut self.held[0];
        let moved = first.advance_to(end);
        moved.map_err(self.folder.fault(&first.source.name))
    }

    /// What follows the last whole line of the first file: a line that nobody has ended.
    pub(super) fn torn(&mut self) -> Result<String, FileError> {
        let first = &mut self.held[0];
        let rest = first.rest();
        let rest = rest.map_err(self.folder.fault(&first.source.name))?;
        Ok(text(rest).trim().to_owned())
    }

    /// Goes on from the first file to the next one.
    pub(super) fn next(&mut self) -> Result<(), FileError> {
        if let Some(done) = self.held.pop_front() {
            let state = done.state();
            let state = state.map_err(self.folder.fault(&done.source.name))?;
            self.done.extend(state);
        }
        match self.held.front() {
            Some(first) => self.checkpoint.write(&first.position),
            None => Ok(()),
        }
    }

    /// What is not delivered of each file.
    pub(super) fn left(&mut self) -> Result<Vec<Undelivered>, FileError> {
        let mut all = Vec::new();
        for held in &mut self.held {
            let bytes = held.left();
            let bytes = bytes.map_err(self.folder.fault(&held.source.name))?;
            if bytes > 0 {
                let path = self.folder.path_of(held.source.identity)?;
                all.push(Undelivered {
                    is_gone: path.is_none() && !self.folder.has(&held.position)?,
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
            FileChange::Intact => Ok(()),
            FileChange::Shortened(bytes) => {
                self.lost.push(Undelivered {
                    place: self.folder.path(&held.source.name).display().to_string(),
                    bytes,
                    is_gone: true,
                });
                Ok(())
            }
            FileChange::Gone => {
                let delivered = held.position.offset;
                self.replace(index, delivered).await
            }
        }
    }

    /// Replaces a file that was truncated by the copy that was made of it before. If it was the last
    /// one, what was written since follows it.
    async fn replace(&mut self, index: usize, delivered: u64) -> Result<(), FileError> {
        let position = self.held[index].position.clone();
        let mut found = self.found(&position, delivered).await?.into_iter();
        if let Some(copy) = found.next() {
            let is_last = index + 1 == self.held.len();
            self.held[index] = copy;
            if is_last {
                self.held.extend(found);
            }
        }
        Ok(())
    }

    /// Finds the file that a position is in, of which so many bytes are delivered, and those that
    /// follow it.
    async fn found(
        &mut self,
        position: &Position,
        delivered: u64,
    ) -> Result<Vec<OpenFile>, FileError> {
        let name = match position.name.as_str() {
            "" => self.folder.live_path(),
            name => self.folder.path(name.as_ref()),
        };
        let name = name.display().to_string();
        let Some(found) = self.folder.from(position).await? else {
            let what = match self.folder.path_of(position.identity)? {
                Some(_) => "was truncated or replaced",
                None => "was removed, or moved away,",
            };
            return Err(FileError::Gone {
                place: name,
                what,
                offset: delivered,
                left: position.seen.saturating_sub(delivered),
                checkpoint: self.checkpoint.path().display().to_string(),
                live: self.folder.live_path().display().to_string(),
            });
        };
        let seen = found.first().map_or(0, |first| first.position.seen);
        let bytes = position.seen.saturating_sub(seen.max(delivered));
        if bytes > 0 {
            self.lost.push(Undelivered {
                place: name,
                bytes,
                is_gone: true,
            });
        }
        Ok(found)
    }
}
