mod unfit;

use std::collections::VecDeque;
use std::path::Path;

use super::checkpoint::{Checkpoint, Progress};
use super::folder::{Folder, look_repeatedly};
use super::known::Ledger;
use super::lines::{Lines, text};
use super::noting::{check_is_there, note_delivered, note_there, older};
use super::open_file::{FileChange, OpenFile};
use super::position::Position;
use super::rotated::{Age, Rotated};
use super::search::{Search, Verdicts};
use super::{FileError, Undelivered};
use crate::Limits;

/// The files that are not delivered yet, oldest first, each held open, and the checkpoint of what is
/// delivered.
pub(super) struct Backlog {
    folder: Folder,
    checkpoint: Checkpoint,
    /// What the checkpoint says; nothing before it was read.
    noted: Option<Progress>,
    held: VecDeque<OpenFile>,
    ledger: Ledger,
    verdicts: Verdicts,
    /// What cannot be delivered any more, and of how many of these it was reported.
    lost: Vec<Undelivered>,
    reported: usize,
    /// What kept the last look from taking up more than is held open.
    in_the_way: Option<FileError>,
    /// Whether nothing was there when whoever delivers looked before, so that all has come since.
    pub(super) is_all_new: bool,
}

/// How the first file ends.
pub(super) enum FirstEnd {
    /// More may be written to it.
    Open,
    /// A line was written to it just now.
    Grown,
    /// Nobody writes to it any more, and this is left of a line that nobody has ended.
    Over(String),
}

impl Backlog {
    pub(super) fn open(path: &Path, target: &str) -> Result<Self, FileError> {
        Ok(Self {
            checkpoint: Checkpoint::open(path, target)?,
            folder: Folder::around(path)?,
            noted: None,
            held: VecDeque::new(),
            ledger: Ledger::default(),
            verdicts: Verdicts::new(),
            lost: Vec::new(),
            reported: 0,
            in_the_way: None,
            is_all_new: false,
        })
    }

    /// Bytes of the first file that are delivered.
    pub(super) fn offset(&self) -> u64 {
        self.held.front().map_or(0, |first| first.position.offset)
    }

    /// All that was found to be lost since it was opened.
    pub(super) fn lost(&self) -> &[Undelivered] {
        &self.lost
    }

    /// What keeps later files from being looked at, if anything does.
    pub(super) fn in_the_way(&mut self) -> Option<FileError> {
        self.in_the_way.take()
    }

    /// What was found to be lost since this was asked last.
    pub(super) fn newly_lost(&mut self) -> Vec<Undelivered> {
        let new = self.lost.iter().skip(self.reported).cloned().collect();
        self.reported = self.lost.len();
        new
    }

    /// Opens the files that there are to deliver, and those that have come since by rotation.
    pub(super) async fn look(&mut self) -> Result<(), FileError> {
        let (is_first_look, lost) = (self.noted.is_none(), self.lost.len());
        self.let_go()?;
        let looked = match is_first_look {
            true => self.load().await,
            false => match self.held.len().checked_sub(1) {
                Some(last) => self.settle(last).await,
                None => Ok(()),
            },
        };
        let taken_up = match looked {
            Ok(()) => self.take_up().await,
            Err(error) if !is_first_look => return Err(error),
            Err(error) => Err(error),
        };
        self.in_the_way = None;
        match taken_up {
            Ok(()) => {}
            // The next look is the first one again.
            Err(error) if is_first_look => {
                self.noted = None;
                self.lost.truncate(lost);
                return Err(error);
            }
            // What is held open is delivered first, whatever is in the way of the rest.
            Err(error) if self.has_a_line()? => self.in_the_way = Some(error),
            Err(error) => return Err(error),
        }
        self.rename()?;
        self.save()?;
        let is_idle = self.held.iter().all(|held| held.delivered_at.is_some());
        match is_idle && !self.ledger.has_begun && !self.ledger.has_delivered() {
            true => check_is_there(&self.folder, &mut self.ledger),
            false => Ok(()),
        }
    }

    /// Notes what the files are called by now, for messages about those that are gone.
    fn rename(&mut self) -> Result<(), FileError> {
        let is_refused = |held: &OpenFile| held.refused_at.is_some();
        if self.held.len() < 2 && !self.held.iter().any(is_refused) {
            return Ok(());
        }
        for held in &mut self.held {
            let path = self.folder.path_of(held.source.identity)?;
            if let Some(name) = path.as_deref().and_then(Path::file_name) {
                held.position.name = name.to_string_lossy().into_owned();
                held.source.name = name.to_owned();
            }
        }
        Ok(())
    }

    /// Takes up what the checkpoint says. Where there is none, what was rotated before is none of this delivery.
    async fn load(&mut self) -> Result<(), FileError> {
        self.held.clear();
        self.verdicts.clear();
        let Some(content) = self.checkpoint.read()? else {
            // In this order: what is rotated in between is held open, or in the list.
            let live = self.folder.open_live()?;
            let mut there = self.folder.rotated()?;
            // What another program keeps there is none of it all the same.
            there.retain(|one| !self.is_all_new || one.age == Age::Unknown);
            there.retain(|one| {
                let live = live.as_ref().and_then(|live| live.source.identity);
                live.is_none() || one.identity != live
            });
            self.ledger = Ledger::default();
            note_there(&self.folder, &mut self.ledger, &there, false)?;
            if let Some(mut live) = live {
                let has_a_line = live.has_a_line();
                if has_a_line.map_err(self.folder.fault(&live.source.name))? {
                    self.ledger.has_begun = true;
                    let forgotten = self.ledger.forget_older_in(&mut live.source);
                    forgotten.map_err(self.folder.fault(&live.source.name))?;
                    self.held.push_back(live);
                }
            }
            return self.save();
        };
        let (progress, is_old) = content.progress();
        self.ledger = progress.ledger.clone();
        let mut gone = Vec::new();
        for position in &progress.under_way {
            match self.found(position, position.offset).await {
                Ok(mut found) => {
                    found.refused_at = position.is_refused.then_some(position.seen);
                    // What two positions are in is looked for once more with all that is not held.
                    if !self.held.iter().any(|held| held.is(&mut found.source)) {
                        self.held.push_back(found);
                    }
                }
                Err(FileError::Gone { .. }) if position.is_refused => {
                    self.note_moved_away(position.name.as_ref());
                }
                Err(error @ FileError::Gone { .. }) => gone.push(error),
                Err(error) => return Err(error),
            }
        }
        FileError::check_none_gone(gone)?;
        if is_old {
            self.note_older(&progress.under_way)?;
        }
        self.noted = Some(progress);
        Ok(())
    }

    /// An older release has delivered what was last written to before the file that it left off in.
    fn note_older(&mut self, under_way: &[Position]) -> Result<(), FileError> {
        for (held, position) in self.held.iter().zip(under_way) {
            let is_live = self.folder.is_live(&held.source)?;
            let meta = held.source.file().metadata();
            let meta = meta.map_err(self.folder.fault(&held.source.name))?;
            let since = position.modified.into_iter().chain(meta.modified()).min();
            let mut there = self.folder.rotated()?;
            there.retain(|one| {
                let is_it = one.identity.is_some() && one.identity == held.source.identity;
                !is_it && (is_live || since.is_some_and(|since| one.modified < since))
            });
            note_there(&self.folder, &mut self.ledger, &there, true)?;
        }
        Ok(())
    }

    /// Holds files open that are neither held nor known.
    async fn take_up(&mut self) -> Result<(), FileError> {
        let found = look_repeatedly(|| {
            let mut search = Search {
                folder: &self.folder,
                ledger: &mut self.ledger,
                held: &mut self.held,
                verdicts: &mut self.verdicts,
            };
            search.run().map(Some)
        });
        let Some(found) = found.await? else {
            return Ok(());
        };
        if !found.rotated.is_empty() || found.live.is_some() {
            self.verdicts.clear();
        }
        // The live one comes last.
        let is_live_last = match self.held.back() {
            Some(last) => self.folder.is_live(&last.source)?,
            None => false,
        };
        let live = if is_live_last {
            self.held.pop_back()
        } else {
            None
        };
        self.held.extend(found.rotated);
        self.held.extend(live);
        self.held.extend(found.live);
        Ok(())
    }

    /// Writes the checkpoint, if it says anything else.
    fn save(&mut self) -> Result<(), FileError> {
        // All of them, so that whoever takes it up knows what is not there any more.
        let open = self.held.iter().filter(|held| held.delivered_at.is_none());
        let progress = Progress {
            under_way: open.map(OpenFile::noted).collect(),
            ledger: self.ledger.clone(),
        };
        if self.noted.as_ref() != Some(&progress) {
            self.checkpoint.write(&progress)?;
            self.noted = Some(progress);
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
        while !self.held.is_empty() {
            self.settle(0).await?;
            let Some(first) = self.held.front_mut() else {
                break;
            };
            let lines = first.lines(most);
            if let Some(lines) = lines.map_err(self.folder.fault(&first.source.name))? {
                return Ok(lines);
            }
        }
        Ok(Lines::default())
    }

    /// How many files are held, if the first one has no whole line behind `end` and nobody writes to it any more, so
    /// that those behind it may have their turn.
    pub(super) fn count_if_first_ends_at(&mut self, end: u64) -> Result<usize, FileError> {
        let count = self.held.len();
        let Some(first) = self.held.front_mut().filter(|_| count > 1) else {
            return Ok(0);
        };
        let has_more = first.has_a_line_behind(end);
        let has_more = has_more.map_err(self.folder.fault(&first.source.name))?;
        match has_more || self.folder.is_live(&first.source)? {
            true => Ok(0),
            false => Ok(count),
        }
    }

    /// The next lines of a file behind the first one; nothing if it was truncated, since it has to be found anew then,
    /// in its turn.
    pub(super) fn lines_behind(
        &mut self,
        index: usize,
        most: Limits,
    ) -> Result<Option<Lines>, FileError> {
        let held = &mut self.held[index];
        let lines = held.lines(most);
        lines.map_err(self.folder.fault(&held.source.name))
    }

    /// Notes that a file behind the first one is delivered up to `end`, and says whether the others are where they
    /// were. If it was truncated meanwhile and there is no copy, there is nothing that could come again.
    pub(super) async fn delivered_behind(
        &mut self,
        index: usize,
        end: u64,
    ) -> Result<bool, FileError> {
        let count = self.held.len();
        match self.delivered(index, end).await {
            Ok(()) | Err(FileError::Gone { .. }) => Ok(self.held.len() == count),
            Err(error) => Err(error),
        }
    }

    /// Notes that a file that is held is delivered up to `end`.
    pub(super) async fn delivered(&mut self, mut index: usize, end: u64) -> Result<(), FileError> {
        if !self.move_to(index, end)? {
            index = self.replace(index, end).await?;
            // The copy may have been made before the last lines were written.
            let end = end.min(self.held[index].position.seen);
            self.move_to(index, end)?;
        }
        self.held[index].delivered_at = None;
        self.save()
    }

    fn move_to(&mut self, index: usize, end: u64) -> Result<bool, FileError> {
        let held = &mut self.held[index];
        let moved = held.advance_to(end);
        moved.map_err(self.folder.fault(&held.source.name))
    }

    /// The path that a file which is held has, or had.
    pub(super) fn place(&self, index: usize) -> Result<String, FileError> {
        let source = &self.held[index].source;
        let path = self.folder.path_of(source.identity)?;
        let path = path.unwrap_or_else(|| self.folder.path(&source.name));
        Ok(path.display().to_string())
    }

    /// How the first file ends, of which no whole line is left.
    pub(super) fn first_end(&mut self) -> Result<FirstEnd, FileError> {
        let has_next = self.held.len() > 1;
        let Some(first) = self.held.front_mut() else {
            return Ok(FirstEnd::Open);
        };
        if self.folder.is_live(&first.source)? {
            return Ok(FirstEnd::Open);
        }
        let rest = first.rest();
        let rest = rest.map_err(self.folder.fault(&first.source.name))?;
        first.position.seen = first.position.offset + rest.len() as u64;
        let lines = rest.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
        let is_grown = !rest[..lines].trim_ascii().is_empty();
        let rest = text(rest).trim().to_owned();
        Ok(match rest.is_empty() {
            false if is_grown => FirstEnd::Grown,
            // Its end may yet be written, until the next file has a line.
            false if !has_next => FirstEnd::Open,
            _ => FirstEnd::Over(rest),
        })
    }

    /// Goes on from the first file, which is over, to the next one; says whether that is anything new. The last one
    /// is held open, for what may be written to it, though the checkpoint says that it needs no delivery.
    pub(super) fn next(&mut self) -> Result<bool, FileError> {
        let Some(first) = self.held.front_mut() else {
            return Ok(false);
        };
        let is_new = first.delivered_at != Some(first.position.seen);
        if is_new {
            note_delivered(&self.folder, &mut self.ledger, first)?;
            first.delivered_at = Some(first.position.seen);
        }
        let has_next = self.held.len() > 1;
        if has_next {
            self.held.pop_front();
        }
        if is_new || has_next {
            self.verdicts.clear();
        }
        self.save()?;
        Ok(is_new || has_next)
    }

    /// What is not delivered of each file.
    pub(super) fn left(&mut self) -> Result<Vec<Undelivered>, FileError> {
        let left = self.left_by_place()?;
        Ok(left.into_iter().map(|(_, left)| left).collect())
    }

    /// What is not delivered of the files that were rotated, and perhaps of the live one, if it is a line at least.
    pub(super) fn left_of_lines(&mut self, with_live: bool) -> Result<Vec<Undelivered>, FileError> {
        let mut all = Vec::new();
        for (index, left) in self.left_by_place()? {
            let held = &mut self.held[index];
            let has_a_line = held.has_a_line();
            let has_a_line = has_a_line.map_err(self.folder.fault(&held.source.name))?;
            // That a live file is refused is said where it is looked at, and the next run does not go on with it.
            let is_wanted = with_live && !held.is_refused();
            if has_a_line && (is_wanted || !self.folder.is_live(&held.source)?) {
                all.push(left);
            }
        }
        Ok(all)
    }

    fn left_by_place(&mut self) -> Result<Vec<(usize, Undelivered)>, FileError> {
        let mut all = Vec::new();
        for (index, held) in self.held.iter_mut().enumerate() {
            let bytes = held.left();
            let bytes = bytes.map_err(self.folder.fault(&held.source.name))?;
            if bytes > 0 {
                let path = self.folder.path_of(held.source.identity)?;
                let left = Undelivered {
                    is_gone: path.is_none()
                        && !held.is_refused()
                        && !self.folder.has(&held.position)?,
                    place: path
                        .unwrap_or_else(|| self.folder.path(&held.source.name))
                        .display()
                        .to_string(),
                    bytes,
                    is_packed_otherwise: false,
                };
                all.push((index, left));
            }
        }
        Ok(all)
    }

    /// What is not delivered and has gone since this was asked last. It is held open, and nowhere else.
    pub(super) fn newly_gone(&mut self) -> Result<Vec<Undelivered>, FileError> {
        let mut new = Vec::new();
        for (index, left) in self.left_by_place()? {
            let was_gone = std::mem::replace(&mut self.held[index].is_gone, left.is_gone);
            if left.is_gone && !was_gone {
                new.push(left);
            }
        }
        Ok(new)
    }

    /// What was rotated before the first delivery began, and is none of it.
    pub(super) fn older(&mut self) -> Result<Vec<Undelivered>, FileError> {
        let older = older(&self.folder, &mut self.ledger)?;
        let undelivered = |one: &Rotated| Undelivered {
            place: self.folder.path(&one.name).display().to_string(),
            bytes: one.bytes,
            is_gone: false,
            is_packed_otherwise: self.folder.is_packed_otherwise(one),
        };
        Ok(older.iter().map(undelivered).collect())
    }

    /// Makes sure that a file still goes on where it was, or finds the copy that does.
    async fn settle(&mut self, index: usize) -> Result<(), FileError> {
        let held = &mut self.held[index];
        let was_refused = held.is_refused();
        let since = held.look();
        match since.map_err(self.folder.fault(&held.source.name))? {
            FileChange::Intact => Ok(()),
            FileChange::Shortened(_) if was_refused => Ok(()),
            FileChange::Shortened(bytes) => {
                self.lost.push(Undelivered {
                    place: self.folder.path(&held.source.name).display().to_string(),
                    bytes,
                    is_gone: true,
                    is_packed_otherwise: false,
                });
                Ok(())
            }
            // Nobody needs it, and whoever wrote to it goes on with another one.
            FileChange::Gone if held.delivered_at == Some(held.position.seen) => {
                self.held.remove(index);
                self.verdicts.clear();
                Ok(())
            }
            FileChange::Gone => {
                let delivered = held.position.offset;
                match self.replace(index, delivered).await {
                    Err(FileError::Gone { .. }) if was_refused => {
                        self.held.remove(index);
                        self.verdicts.clear();
                        Ok(())
                    }
                    replaced => replaced.map(drop),
                }
            }
        }
    }

    /// Replaces a file that was truncated by the copy that was made of it before. What was written to it since
    /// is found by itself. Says where the copy is held.
    async fn replace(&mut self, index: usize, delivered: u64) -> Result<usize, FileError> {
        let position = self.held[index].noted();
        let mut copy = self.found(&position, delivered).await?;
        self.verdicts.clear();
        // It may have been taken for another file, up to which others come first.
        let others = self.held.iter().enumerate();
        let is_copy = |(at, held): &(usize, &OpenFile)| {
            let identity = held.source.identity;
            *at != index && identity.is_some() && identity == copy.source.identity
        };
        if let Some((other, _)) = others.into_iter().find(is_copy) {
            let offset = copy.position.offset.max(self.held[other].position.offset);
            copy.advance_to(offset)
                .map_err(self.folder.fault(&copy.source.name))?;
            self.held.remove(other);
            let index = index - usize::from(other < index);
            self.held[index] = copy;
            return Ok(index);
        }
        self.held[index] = copy;
        Ok(index)
    }

    /// Finds the file that a position is in, of which so many bytes are delivered.
    async fn found(&mut self, position: &Position, delivered: u64) -> Result<OpenFile, FileError> {
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
                damaged: self.folder.damaged()?,
                offset: delivered,
                left: position.seen.saturating_sub(delivered),
                checkpoint: self.checkpoint.path().display().to_string(),
                live: self.folder.live_path().display().to_string(),
            });
        };
        let bytes = position
            .seen_lines()
            .saturating_sub(found.position.seen.max(delivered));
        if bytes > 0 && !position.is_refused {
            self.lost.push(Undelivered {
                place: name,
                bytes,
                is_gone: true,
                is_packed_otherwise: false,
            });
        }
        Ok(found)
    }
}
