//! Objects as files in a folder, with the same conditional writes as S3.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::io_fault::store_error;
use crate::object::MAX_OBJECT_BYTES;
use crate::{Catalogue, ETag, Object, Store, StoreError, key};

/// Held while an object is replaced, by whichever process does it.
const LOCK_FILE: &str = ".lock";

/// Objects as files below one folder; a key's slashes are folders.
///
/// A write goes to a temporary file that then takes the object's place, both synced to disk, so
/// that a reader or a power cut sees the old or the new object and never a part. Writers take
/// turns through an advisory lock on `.lock` in the folder, across processes; the version tag is
/// the SHA-256 of the content. The content type is not kept.
///
/// Unlike in S3, a key cannot be a file and a folder at once (`a` and `a/b`).
#[derive(Clone, Debug)]
pub struct LocalStore {
    root: Arc<Path>,
}

impl LocalStore {
    /// Uses the folder `dir`, which is created at the first write.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            root: dir.into().into(),
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.root
    }

    async fn write(
        &self,
        key: &str,
        body: Bytes,
        condition: Condition,
    ) -> Result<ETag, StoreError> {
        key::check(key)?;
        let (root, path) = (Arc::clone(&self.root), self.root.join(key));
        if body.len() > MAX_OBJECT_BYTES {
            let place = path.display().to_string();
            return Err(StoreError::TooLarge {
                place,
                bytes: body.len() as u64,
            });
        }
        off_thread(move || replace(&root, &path, &body, &condition)).await
    }
}

#[async_trait]
impl Store for LocalStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        key::check(key)?;
        let path = self.root.join(key);
        off_thread(move || read(&path)).await
    }

    async fn put(&self, key: &str, body: Bytes, _content_type: &str) -> Result<ETag, StoreError> {
        self.write(key, body, Condition::Always).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        _content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let condition = expected.map_or(Condition::Absent, |tag| Condition::Still(tag.clone()));
        self.write(key, body, condition).await
    }
}

#[async_trait]
impl Catalogue for LocalStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        key::check_prefix(prefix)?;
        let (root, prefix) = (Arc::clone(&self.root), prefix.to_owned());
        off_thread(move || {
            let mut keys = Vec::new();
            walk(&root.join(&prefix), &prefix, &mut keys)?;
            keys.sort_unstable();
            Ok(keys)
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        let path = self.root.join(key);
        off_thread(move || match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(store_error(&path, &error))
            }
            _ => Ok(()),
        })
        .await
    }
}

/// Adds the keys of the files below `folder`; what is no key is no object.
fn walk(folder: &Path, prefix: &str, keys: &mut Vec<String>) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(store_error(folder, &error)),
    };
    for entry in entries {
        let fault = |error: io::Error| store_error(folder, &error);
        let entry = entry.map_err(fault)?;
        let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(fault)?.is_dir() {
            walk(&entry.path(), &format!("{key}/"), keys)?;
        } else if key::check(&key).is_ok() {
            keys.push(key);
        }
    }
    Ok(())
}

enum Condition {
    Always,
    Absent,
    Still(ETag),
}

impl Condition {
    fn holds(&self, path: &Path) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Always => true,
            Self::Absent => read(path)?.is_none(),
            Self::Still(tag) => read(path)?.is_some_and(|object| object.etag == *tag),
        })
    }
}

fn read(path: &Path) -> Result<Option<Object>, StoreError> {
    let fault = |error: io::Error| store_error(path, &error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(fault(error)),
    };
    let meta = file.metadata().map_err(fault)?;
    if meta.is_dir() {
        return Ok(None);
    }
    let mut body = Vec::new();
    file.take(MAX_OBJECT_BYTES as u64 + 1)
        .read_to_end(&mut body)
        .map_err(fault)?;
    if body.len() > MAX_OBJECT_BYTES {
        let place = path.display().to_string();
        return Err(StoreError::TooLarge {
            place,
            bytes: meta.len(),
        });
    }
    let etag = etag_of(&body);
    Ok(Some(Object {
        body: body.into(),
        etag,
    }))
}

fn replace(
    root: &Path,
    path: &Path,
    body: &[u8],
    condition: &Condition,
) -> Result<ETag, StoreError> {
    let parent = path.parent().unwrap_or(root);
    create_folders(parent).map_err(|error| store_error(parent, &error))?;
    let lock_path = root.join(LOCK_FILE);
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| store_error(&lock_path, &error))?;

    if !condition.holds(path)? {
        return Err(StoreError::Conflict {
            place: path.display().to_string(),
        });
    }
    // One name an object, safe under the lock: what a killed process left is written over.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{name}.tmp"));
    let written = write_synced(&temporary, body).and_then(|()| {
        fs::rename(&temporary, path)?;
        sync_folder(parent)
    });
    if let Err(error) = written {
        // Gone already if the rename happened; otherwise it would only take up space.
        let _ = fs::remove_file(&temporary);
        return Err(store_error(path, &error));
    }
    drop(lock);
    Ok(etag_of(body))
}

fn write_synced(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(body)?;
    file.sync_all()
}

/// Creates a folder and its parents, each one's name synced to disk in its own parent.
fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_folders(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        // The parent of a relative path with one part is "", which "is" the current folder.
        Err(_) if folder.as_os_str().is_empty() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a new name in a folder survive a power cut; only Unix can open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

fn etag_of(body: &[u8]) -> ETag {
    let mut tag = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        tag.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        tag.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    ETag::new(tag)
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            // A panic goes on where it is seen.
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
            Err(StoreError::Unavailable {
                place: "the local folder".to_owned(),
                code: "the runtime is shutting down".to_owned(),
            })
        })
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
