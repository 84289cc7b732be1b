//! Messages as lines of a file.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Message, Queue, QueueError, Refused, code, escape};

/// Messages as NDJSON: one body a line, appended to a file that any log shipper can follow.
///
/// One process writes at a time (advisory lock on the file). A file never ends in half a line
/// for long: a send that fails is cut off again, and what a killed process left is cut off when
/// the file is next opened; both are sent again because the state has not moved. Group and
/// attributes are not written, and nothing is deduplicated.
#[derive(Clone, Debug)]
pub struct LocalQueue {
    path: Arc<Path>,
    log: Arc<Mutex<Log>>,
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
    /// Opens the file at `path` for appending; it and its folder are created if need be.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, QueueError> {
        let path: Arc<Path> = path.into().into();
        let at = Arc::clone(&path);
        let log = off_thread(&path, move || Log::open(&at)).await?;
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
            .written
    }

    async fn with_log(
        &self,
        work: impl FnOnce(&mut Log) -> io::Result<()> + Send + 'static,
    ) -> Result<(), QueueError> {
        let (log, path) = (Arc::clone(&self.log), Arc::clone(&self.path));
        off_thread(&self.path, move || {
            work(&mut log.lock().unwrap_or_else(PoisonError::into_inner))
                .map_err(|error| queue_error(&path, &error))
        })
        .await
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let mut refused = Vec::new();
        let mut lines = String::new();
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
        self.with_log(|log| log.file.sync_data()).await
    }
}

/// The open file; holds the lock as long as it lives.
#[derive(Debug)]
struct Log {
    file: File,
    /// Set when a failed write could not be cut off at once: the length to cut back to.
    torn_at: Option<u64>,
    written: Written,
}

impl Log {
    fn open(path: &Path) -> Result<Self, QueueError> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(|error| queue_error(folder, &error))?;
        let fault = |error: io::Error| queue_error(path, &error);
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(QueueError::Locked {
                    place: path.display().to_string(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        let (whole, len) = whole_lines(&mut file).map_err(fault)?;
        if whole < len {
            file.set_len(whole).map_err(fault)?;
            tracing::warn!(
                path = %path.display(),
                bytes = len - whole,
                "the last line was cut off because its writer died; the record will be sent again"
            );
        }
        if cfg!(unix) {
            // So that the file's name survives a power cut along with its content.
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(fault)?;
        }
        Ok(Self {
            file,
            torn_at: None,
            written: Written::default(),
        })
    }

    /// Appends whole lines, all of them or none.
    fn append(&mut self, lines: &[u8], records: u64) -> io::Result<()> {
        if let Some(len) = self.torn_at {
            self.file.set_len(len)?;
            self.torn_at = None;
        }
        // Asked each time: a shipper may have truncated the file after reading it.
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(lines) {
            if self.file.set_len(before).is_err() {
                self.torn_at = Some(before);
            }
            return Err(error);
        }
        self.written.records += records;
        self.written.bytes += lines.len() as u64;
        Ok(())
    }
}

/// The length up to and including the last line end, and the length of it all.
fn whole_lines(file: &mut File) -> io::Result<(u64, u64)> {
    const BLOCK: u64 = 64 * 1024;
    let len = file.metadata()?.len();
    let mut end = len;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::by_ref(file)
            .take(end - start)
            .read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok((start + at as u64 + 1, len));
        }
        end = start;
    }
    Ok((0, len))
}

fn queue_error(path: &Path, error: &io::Error) -> QueueError {
    let place = path.display().to_string();
    let code = error.kind().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => QueueError::Denied {
            place,
            code,
            fix: "make the folder writable for this user, or name another one".to_owned(),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => QueueError::NoSpace { place },
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists => QueueError::Failed {
            place,
            code,
            fix: "a file is where a folder should be, or the other way round; move it away"
                .to_owned(),
        },
        io::ErrorKind::ResourceBusy
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::TimedOut => QueueError::Unavailable { place, code },
        _ => QueueError::Failed {
            place,
            code,
            fix: "check the disk and the path".to_owned(),
        },
    }
}

async fn off_thread<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, QueueError> + Send + 'static,
) -> Result<T, QueueError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(QueueError::Unavailable {
            place: path.display().to_string(),
            code: "the runtime is shutting down".to_owned(),
        })
    })
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
