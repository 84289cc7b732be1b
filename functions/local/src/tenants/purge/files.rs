//! The files of a data folder: those that are no objects, too, as records, locks and what a killed
//! process left.

use std::fs::TryLockError;
use std::io;

use drawbridge_files::{Entry, Root, access_error};

use super::Kept;
use super::kind::{Kind, prefixes};
use crate::failure::Failure;

/// The files of a tenant. Nothing is looked for, or removed, behind a symbolic link.
pub(super) fn kept(root: &Root, name: &str) -> Result<Vec<Kept>, Failure> {
    let mut found = FileWalk {
        root,
        name,
        kept: Vec::new(),
        links: Vec::new(),
    };
    for prefix in prefixes(name, true) {
        found.walk(&prefix)?;
    }
    if found.links.is_empty() {
        return Ok(found.kept);
    }
    found.links.sort_unstable();
    found.links.dedup();
    Err(Failure::of(format!(
        "nothing was removed: what lies behind a symbolic link may be {name}'s, too, and none is \
         followed. Remove what it leads to and the link, then run this again: {}",
        found.links.join(", ")
    )))
}

/// Refuses if a poll or a delivery has a file of records open: it would go on with it.
pub(super) fn check_unused(root: &Root, kept: &[Kept]) -> Result<(), Failure> {
    let records = kept.iter().filter(|kept| kept.kind == Kind::Records);
    for Kept { key, .. } in records {
        let Ok(file) = root.read(key) else { continue };
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Failure::of(format!(
                "nothing was removed: {} is in use by a poll, a backfill or a delivery; end that \
                 first",
                root.join(key).display()
            )));
        }
    }
    Ok(())
}

/// Removes a file, or the link that has taken its place meanwhile.
pub(super) fn remove(root: &Root, key: &str) -> Result<(), Failure> {
    root.remove(key).map_err(|error| failure(root, key, &error))
}

struct FileWalk<'a> {
    root: &'a Root,
    name: &'a str,
    kept: Vec<Kept>,
    links: Vec<String>,
}

impl FileWalk<'_> {
    fn walk(&mut self, prefix: &str) -> Result<(), Failure> {
        let entries = match self.root.entries(prefix) {
            Ok(entries) => entries,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(());
            }
            Err(error) => return Err(failure(self.root, prefix, &error)),
        };
        for entry in entries {
            let (Entry::File(name) | Entry::Folder(name) | Entry::Link(name)) = &entry;
            // All names that this project writes are ASCII. Other names must not be mangled.
            let Some(name) = name.to_str() else {
                let path = self.root.join(prefix).join(name);
                return Err(Failure::of(format!(
                    "nothing was removed: {} is not a name that drawbridge writes; move it away",
                    path.display()
                )));
            };
            let key = format!("{prefix}{name}");
            match entry {
                Entry::Folder(_) => self.walk(&format!("{key}/"))?,
                Entry::File(_) => self.file(key),
                Entry::Link(_) if Kind::of(&key, self.name).is_some() => {
                    self.links.push(self.root.join(&key).display().to_string());
                }
                Entry::Link(_) => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, key: String) {
        let Some(kind) = Kind::of(&key, self.name) else {
            return;
        };
        let meta = self.root.read(&key).and_then(|file| file.metadata());
        let bytes = meta.ok().map(|meta| meta.len());
        self.kept.push(Kept { kind, key, bytes });
    }
}

fn failure(root: &Root, key: &str, error: &io::Error) -> Failure {
    Failure::of(access_error(&root.join(key), error))
}
