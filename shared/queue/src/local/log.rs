//! The file behind a queue: opened, locked, followed when it is rotated, and whole at its end.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use drawbridge_files::{Access, Root};

use super::queue_error;
use super::{Hold, Written};
use crate::QueueError;

/// How often in a row a file may be renamed while it is opened or written, before it is taken as it
/// is. More than once is no rotation but somebody's loop.
const MAX_TURNS: usize = 8;

/// Nothing says here whether the state has the record.
const HALF_A_LINE: &str = "half a line was cut off at the end of the file: its record is written again, unless \
                           the poll that wrote it had ended; then `drawbridge backfill --again` writes it";

/// A file at a path, which others may rename, remove or truncate.
#[derive(Debug)]
pub(super) struct Log {
    root: Root,
    below: PathBuf,
    hold: Hold,
    open: Option<Open>,
    written: Written,
}

impl Log {
    pub(super) fn open(root: Root, below: PathBuf, hold: Hold) -> Result<Self, QueueError> {
        let mut log = Self {
            root,
            below,
            hold,
            open: None,
            written: Written::default(),
        };
        log.at_path()?;
        if hold == Hold::WhileSending {
            log.open = None;
        }
        Ok(log)
    }

    pub(super) fn written(&self) -> Written {
        self.written
    }

    /// Appends whole lines, all of them or none.
    pub(super) fn append(&mut self, lines: &[u8], records: u64) -> Result<(), QueueError> {
        self.append_then(lines, records, || {})
    }

    /// The same; `written` is called between a write and the look at where the file is by then.
    fn append_then(
        &mut self,
        lines: &[u8],
        records: u64,
        mut written: impl FnMut(),
    ) -> Result<(), QueueError> {
        for _ in 0..MAX_TURNS {
            let appended = self.at_path()?.append(lines);
            let cut = appended.map_err(|error| self.fault(&error))?;
            if cut > 0 {
                tracing::warn!(
                    path = %self.root.join(&self.below).display(),
                    bytes = cut,
                    "{HALF_A_LINE}"
                );
            }
            written();
            // Renamed since it was opened: whoever packs it at once may have read it before this.
            if self.is_at_path()? {
                break;
            }
        }
        self.written.records += records;
        self.written.bytes += lines.len() as u64;
        Ok(())
    }

    /// Puts what was written on the disk.
    pub(super) fn flush(&mut self) -> Result<(), QueueError> {
        let synced = match (self.hold, &self.open) {
            (_, None) => Ok(()),
            (Hold::Always, Some(open)) => open.file.sync_data(),
            (Hold::WhileSending, Some(_)) => self.open.take().map_or(Ok(()), Open::leave),
        };
        synced.map_err(|error| self.fault(&error))
    }

    /// Goes to what is at the path now, if a file is open at all.
    pub(super) fn reopen(&mut self) -> Result<(), QueueError> {
        if self.open.is_some() {
            self.at_path()?;
        }
        Ok(())
    }

    /// The file that is at the path.
    fn at_path(&mut self) -> Result<&mut Open, QueueError> {
        let open = match self.open.take() {
            Some(open) if open.is_known && self.is_at(&open.file)? => open,
            Some(old) => {
                old.leave().map_err(|error| self.fault(&error))?;
                self.open_new()?
            }
            None => self.open_new()?,
        };
        Ok(self.open.insert(open))
    }

    fn open_new(&self) -> Result<Open, QueueError> {
        let fault = |error: io::Error| self.fault(&error);
        let mut turns = 0;
        let (mut file, is_known) = loop {
            let file = self
                .root
                .append(&self.below, Access::Group)
                .map_err(fault)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(QueueError::Locked {
                        place: self.root.join(&self.below).display().to_string(),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            }
            turns += 1;
            // Renamed between the two: the lock is on a file that is nobody's any more.
            let is_known = self.is_at(&file)?;
            if is_known || turns == MAX_TURNS {
                break (file, is_known);
            }
        };
        let cut = cut_to_whole_lines(&mut file).map_err(fault)?;
        if cut > 0 {
            tracing::warn!(
                path = %self.root.join(&self.below).display(),
                bytes = cut,
                "{HALF_A_LINE}"
            );
        }
        Ok(Open {
            file,
            is_known,
            torn_at: None,
        })
    }

    fn is_at_path(&self) -> Result<bool, QueueError> {
        match &self.open {
            Some(open) if open.is_known => self.is_at(&open.file),
            open => Ok(open.is_some()),
        }
    }

    fn is_at(&self, file: &File) -> Result<bool, QueueError> {
        let is_at = self.root.is_at(&self.below, file);
        is_at.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &io::Error) -> QueueError {
        queue_error(&self.root.join(&self.below), error)
    }
}

/// The open file; holds the lock as long as it lives.
#[derive(Debug)]
struct Open {
    file: File,
    /// Whether the file can be told from another one at its path. Some network file systems number
    /// their files anew each time: there it is opened for each batch.
    is_known: bool,
    /// Set when a failed write could not be cut off at once: the length to cut back to.
    torn_at: Option<u64>,
}

impl Open {
    /// Appends whole lines; how many bytes of half a line were cut off before.
    fn append(&mut self, lines: &[u8]) -> io::Result<u64> {
        if let Some(len) = self.torn_at {
            self.cut_back(len)?;
            self.torn_at = None;
        }
        // Looked at each time: somebody may have truncated the file, and not at the end of a line.
        let cut = cut_to_whole_lines(&mut self.file)?;
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(lines) {
            if self.cut_back(before).is_err() {
                self.torn_at = Some(before);
            }
            return Err(error);
        }
        Ok(cut)
    }

    /// Cuts off what a failed write left behind the first `len` bytes. A file that was truncated
    /// meanwhile never gets longer by it, and does not end in half a line either.
    fn cut_back(&mut self, len: u64) -> io::Result<()> {
        if self.file.metadata()?.len() > len {
            self.file.set_len(len)?;
        }
        cut_to_whole_lines(&mut self.file).map(drop)
    }

    /// Ends the work on a file: what it got is on the disk, and its end is whole if that can be
    /// done.
    fn leave(mut self) -> io::Result<()> {
        if let Some(len) = self.torn_at {
            let _ = self.cut_back(len);
        }
        self.file.sync_data()
    }
}

/// Cuts off what follows the last line end; how many bytes that were.
fn cut_to_whole_lines(file: &mut File) -> io::Result<u64> {
    /// Most files end in a line end, which takes no look at a whole block.
    const FIRST_BLOCK: u64 = 1;
    const BLOCK: u64 = 64 * 1024;
    let len = file.metadata()?.len();
    let mut end = len;
    let mut size = FIRST_BLOCK;
    let mut block = Vec::new();
    let whole = loop {
        if end == 0 {
            break 0;
        }
        let start = end.saturating_sub(size);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        io::Read::by_ref(file)
            .take(end - start)
            .read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|&byte| byte == b'\n') {
            break start + at as u64 + 1;
        }
        (end, size) = (start, BLOCK);
    };
    if whole < len {
        file.set_len(whole)?;
    }
    Ok(len - whole)
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
