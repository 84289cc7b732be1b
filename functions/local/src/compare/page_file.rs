//! The file that the page is written to: never one that holds something else.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use drawbridge_files::io_reason;

use super::page;
use crate::failure::Failure;

/// How much of a file is looked at: a page's title stands in it.
const HEAD_BYTES: u64 = 4096;

/// Refuses a file that cannot be a page of an earlier comparison: an input, an export, or whatever a
/// link leads to.
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Err(Failure::usage(
            "--html needs the name of a file: the report itself goes to standard output".to_owned(),
        ));
    }
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_write(path, &error)),
    };
    let problem = if kind.is_symlink() {
        "is a symbolic link"
    } else if !kind.is_file() {
        "is no regular file"
    } else if !is_page(path).map_err(|error| cannot_write(path, &error))? {
        "exists and is no page of `drawbridge compare`"
    } else {
        return Ok(());
    };
    Err(Failure::of(format!(
        "--html writes over nothing but its own pages: {} {problem}. Give another name",
        path.display()
    )))
}

fn is_page(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    Ok(head.starts_with("<!DOCTYPE html>") && head.contains(&page::title()))
}

/// Writes the page, whole or not at all. It shows values of alerts, so that its owner alone may read it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        Ok(file)
    });
    let file = written.map_err(|error| cannot_write(path, &error))?;
    check(path)?;
    file.persist(path)
        .map_err(|error| cannot_write(path, &error.error))?;
    Ok(())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::of(format!(
        "cannot write {}: {}",
        path.display(),
        io_reason(error)
    ))
}
