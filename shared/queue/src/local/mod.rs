//! Messages as lines of a file.

mod log;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use drawbridge_files::{Root, access_error, off_thread};

use self::log::Log;
use crate::{Message, Queue, QueueError, Refused, code, escape};

/// Messages as NDJSON: one body per line, appended to a file that any log shipper can follow.
///
/// One process writes at a time (advisory lock on the file). A file never ends in half a line
/// for long: a send that fails is cut off again, and what a killed process left is cut off when
/// the file is next opened; both are sent again because the state has not moved. Group and
/// attributes are not written, and nothing is deduplicated.
///
/// The file may be renamed, removed or truncated at any time: before each batch it is looked up
/// whether the path still leads to the open file, and the batch goes to what is there now. One
/// that was being written meanwhile goes there, too, since nobody can tell whether the reader had
/// seen it: rather twice than not at all.
#[derive(Clone, Debug)]
pub struct LocalQueue {
    path: Arc<Path>,
    log: Arc<Mutex<Log>>,
}

/// How long a [`LocalQueue`] keeps its file open, and locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// As long as it lives: who else wants to write is told so at once.
    Always,
    /// From the first send of a poll until its flush: more files than a process may have open can
    /// be written in turn.
    WhileSending,
}

/// What a [`LocalQueue`] has taken since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Messages.
    pub records: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
}

impl LocalQueue {
    /// Opens the file at `path` for appending and keeps it open; it and its folder are created if
    /// need be.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, QueueError> {
        let path = path.into();
        let (root, name) = Root::around(&path).map_err(|error| queue_error(&path, &error))?;
        Self::open_below(root, name, Hold::Always).await
    }

    /// Opens a file below a folder, so that one that cannot be written is known by now; between
    /// sends it is kept open as `hold` says.
    pub async fn open_below(
        root: Root,
        below: impl Into<PathBuf>,
        hold: Hold,
    ) -> Result<Self, QueueError> {
        let below = below.into();
        let path: Arc<Path> = root.join(&below).into();
        let log = off_thread(
            || path.display().to_string(),
            move || Log::open(root, below, hold),
        )
        .await?;
        Ok(Self {
            path,
            log: Arc::new(Mutex::new(log)),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was taken since the file was opened.
    pub fn written(&self) -> Written {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .written()
    }

    /// Lets go of a file that was renamed or removed, and opens what is at the path now. Each send
    /// does so, too.
    pub async fn reopen(&self) -> Result<(), QueueError> {
        self.with_log(Log::reopen).await
    }

    async fn with_log(
        &self,
        work: impl FnOnce(&mut Log) -> Result<(), QueueError> + Send + 'static,
    ) -> Result<(), QueueError> {
        let log = Arc::clone(&self.log);
        off_thread(
            || self.path.display().to_string(),
            move || work(&mut log.lock().unwrap_or_else(PoisonError::into_inner)),
        )
        .await
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let mut refused = Vec::new();
        let bytes = messages.iter().map(|message| message.body.len() + 1).sum();
        let mut lines = String::with_capacity(bytes);
        let mut records = 0;
        for (index, message) in messages.iter().enumerate() {
            let reason = match escape::for_queue(&message.body) {
                Ok(body) if !body.is_empty() => {
                    lines.push_str(&body);
                    lines.push('\n');
                    records += 1;
                    continue;
                }
                Ok(_) => code::EMPTY,
                Err(escape::ControlCharacter) => code::INVALID_CONTENTS,
            };
            refused.push(Refused {
                index,
                code: reason.to_owned(),
                retryable: false,
            });
        }
        if records > 0 {
            self.with_log(move |log| log.append(lines.as_bytes(), records))
                .await?;
        }
        Ok(refused)
    }

    async fn flush(&self) -> Result<(), QueueError> {
        self.with_log(Log::flush).await
    }
}

fn queue_error(path: &Path, error: &io::Error) -> QueueError {
    access_error(path, error).into()
}

#[cfg(test)]
mod tests;
