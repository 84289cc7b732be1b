//! Objects as files in a folder, with the same conditional writes as S3.

use std::io::{self, Read};
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_files::{Access, Entry, Root, access_error};
use sha2::{Digest, Sha256};

use crate::object::MAX_OBJECT_BYTES;
use crate::{Catalogue, ETag, Listed, Listing, Object, Store, StoreError, key};

/// Held while an object is replaced, by whichever process does it.
const LOCK_FILE: &str = ".lock";

/// Objects as files below one folder; a key's slashes are folders.
///
/// A write goes to a temporary file that then takes the object's place, both synced to disk, so
/// that a reader or a power cut sees the old or the new object and never a part. Writers take
/// turns through an advisory lock on `.lock` in the folder, across processes; the version tag is
/// the SHA-256 of the content, which is why a listing does not tell it. The content type is not kept.
///
/// What it writes is for its owner alone, unless [`for_group`](Self::for_group) says otherwise. No
/// symbolic link below the folder is followed: an object behind one is an error, and is not listed.
///
/// Unlike in S3, a key cannot be a file and a folder at once (`a` and `a/b`): a folder in the place of an
/// object, or a file in that of a folder, is an error, and not taken for an object that is not there.
#[derive(Clone, Debug)]
pub struct LocalStore {
    root: Root,
    access: Access,
}

impl LocalStore {
    /// Uses the folder `dir`, which is created at the first write.
    pub fn new(dir: impl Into<std::path::PathBuf>) -> Self {
        Self {
            root: Root::new(dir),
            access: Access::Private,
        }
    }

    /// The same folder; what is written through this one may be read by the group, as records are
    /// by a shipper.
    #[must_use]
    pub fn for_group(self) -> Self {
        Self {
            access: Access::Group,
            ..self
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.root.path()
    }

    /// What there is below a prefix, with the keys after `after`, in order.
    async fn walked(&self, prefix: &str, after: &str) -> Result<Listing, StoreError> {
        key::check_prefix(prefix)?;
        let (root, prefix, after) = (self.root.clone(), prefix.to_owned(), after.to_owned());
        off_thread(move || {
            let mut listing = Listing::default();
            walk(&root, &prefix, &after, &mut listing)?;
            listing.objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            Ok(listing)
        })
        .await
    }

    async fn write(
        &self,
        key: &str,
        body: Bytes,
        condition: Condition,
    ) -> Result<ETag, StoreError> {
        key::check(key)?;
        if body.len() > MAX_OBJECT_BYTES {
            return Err(StoreError::TooLarge {
                place: self.root.join(key).display().to_string(),
                bytes: body.len() as u64,
                most: MAX_OBJECT_BYTES,
            });
        }
        let (root, access, key) = (self.root.clone(), self.access, key.to_owned());
        off_thread(move || replace(&root, &key, &body, access, &condition)).await
    }
}

#[async_trait]
impl Store for LocalStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.get_at_most(key, MAX_OBJECT_BYTES).await
    }

    async fn get_at_most(&self, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
        key::check(key)?;
        let (root, key) = (self.root.clone(), key.to_owned());
        off_thread(move || read(&root, &key, most)).await
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

    async fn reserve(&self, key: &str, bytes: u64) -> Result<(), StoreError> {
        key::check(key)?;
        let (root, access, key) = (self.root.clone(), self.access, key.to_owned());
        off_thread(move || {
            let _lock = lock(&root)?;
            let reserved = root.reserve(&key, bytes, access);
            reserved.map_err(|error| store_error(&root.join(&key), &error))
        })
        .await
    }
}

#[async_trait]
impl Catalogue for LocalStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.list_after(prefix, "").await
    }

    async fn list_after(&self, prefix: &str, key: &str) -> Result<Vec<String>, StoreError> {
        let listing = self.walked(prefix, key).await?;
        for (_, error) in &listing.links {
            tracing::warn!(%error, "a symbolic link is left out: put the file itself there");
        }
        match listing.unreadable.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(listing
                .objects
                .into_iter()
                .map(|object| object.key)
                .collect()),
        }
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        self.walked(prefix, "").await
    }

    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        self.walked(prefix, key).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        let (root, key) = (self.root.clone(), key.to_owned());
        off_thread(move || remove(&root, &key)).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        key::check(key)?;
        let (root, key, expected) = (self.root.clone(), key.to_owned(), expected.clone());
        off_thread(move || {
            let lock = lock(&root)?;
            match read(&root, &key, MAX_OBJECT_BYTES)? {
                Some(object) if object.etag != expected => {
                    let place = root.join(&key).display().to_string();
                    return Err(StoreError::Conflict { place });
                }
                Some(_) => remove(&root, &key)?,
                None => {}
            }
            drop(lock);
            Ok(())
        })
        .await
    }
}

/// Adds the keys after `after` of the files below the folder of that prefix; what is no key is no object.
/// A folder below it that cannot be entered is noted, and the others are walked.
fn walk(root: &Root, prefix: &str, after: &str, listing: &mut Listing) -> Result<(), StoreError> {
    let entries = match root.entries(prefix) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(store_error(&root.join(prefix), &error)),
    };
    for entry in entries {
        let (Entry::File(name) | Entry::Folder(name) | Entry::Link(name)) = &entry;
        let key = format!("{prefix}{}", name.to_string_lossy());
        match entry {
            Entry::Folder(_) => {
                listing.folders.push(key.clone());
                if let Err(error) = walk(root, &format!("{key}/"), after, listing) {
                    listing.unreadable.push(error);
                }
            }
            _ if key.as_str() <= after => {}
            Entry::File(_) if key::check(&key).is_ok() => {
                listing.objects.push(Listed::of_key(key));
            }
            Entry::File(_) => listing.others.push(key),
            // One of them must not stand in the way of the others.
            Entry::Link(_) => match root.read(&key) {
                Err(error) => {
                    let error = store_error(&root.join(&key), &error);
                    listing.links.push((key, error));
                }
                // It was replaced meanwhile.
                Ok(_) if key::check(&key).is_ok() => listing.objects.push(Listed::of_key(key)),
                Ok(_) => {}
            },
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
    fn holds(&self, root: &Root, key: &str) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Always => true,
            Self::Absent => read(root, key, MAX_OBJECT_BYTES)?.is_none(),
            Self::Still(tag) => {
                read(root, key, MAX_OBJECT_BYTES)?.is_some_and(|object| object.etag == *tag)
            }
        })
    }
}

fn read(root: &Root, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
    let fault = |error: io::Error| store_error(&root.join(key), &error);
    let file = match root.read(key) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    let meta = file.metadata().map_err(fault)?;
    if meta.is_dir() {
        return Err(fault(io::ErrorKind::IsADirectory.into()));
    }
    let too_large = |bytes| StoreError::TooLarge {
        place: root.join(key).display().to_string(),
        bytes,
        most,
    };
    if meta.len() > most as u64 {
        return Err(too_large(meta.len()));
    }
    let mut body = Vec::new();
    file.take((most as u64).saturating_add(1))
        .read_to_end(&mut body)
        .map_err(fault)?;
    if body.len() > most {
        return Err(too_large(body.len() as u64));
    }
    let etag = etag_of(&body);
    Ok(Some(Object {
        body: body.into(),
        etag,
    }))
}

fn remove(root: &Root, key: &str) -> Result<(), StoreError> {
    let removed = root.remove(key);
    removed.map_err(|error| store_error(&root.join(key), &error))
}

/// Lets one process write at a time, until the file is closed.
fn lock(root: &Root) -> Result<std::fs::File, StoreError> {
    let locked = root.lock_file(LOCK_FILE).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    locked.map_err(|error| store_error(&root.join(LOCK_FILE), &error))
}

fn replace(
    root: &Root,
    key: &str,
    body: &[u8],
    access: Access,
    condition: &Condition,
) -> Result<ETag, StoreError> {
    let path = root.join(key);
    let lock = lock(root)?;
    if !condition.holds(root, key)? {
        return Err(StoreError::Conflict {
            place: path.display().to_string(),
        });
    }
    // One name an object, safe under the lock: what a killed process left is written over.
    let replaced = root.replace(key, body, access);
    replaced.map_err(|error| store_error(&path, &error))?;
    drop(lock);
    Ok(etag_of(body))
}

fn etag_of(body: &[u8]) -> ETag {
    let mut tag = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        tag.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        tag.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    ETag::new(tag)
}

fn store_error(path: &Path, error: &io::Error) -> StoreError {
    access_error(path, error).into()
}

/// Does it on a thread that may block.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    drawbridge_files::off_thread(|| "the local folder".to_owned(), work).await
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
