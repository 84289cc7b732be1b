//! The files of a side.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use drawbridge_compare::{Comparison, ReadError, Which};
use drawbridge_files::io_reason;

use crate::failure::Failure;
use crate::progress::say;

/// How names of files of records end, before `.gz` and the number of a rotated one.
const ENDINGS: [&str; 4] = [".json", ".ndjson", ".jsonl", ".log"];

/// Reads a file, the files of a folder, or standard input.
pub(crate) fn read(comparison: &mut Comparison, which: Which, path: &Path) -> Result<(), Failure> {
    if path == Path::new("-") {
        let read = comparison.read(which, "standard input", io::stdin().lock());
        return read.map_err(|error| about(path, &error));
    }
    let is_folder = fs::metadata(path)
        .map_err(|error| cannot_read(path, &error))?
        .is_dir();
    if !is_folder {
        return read_file(comparison, which, path)?.map_err(|error| about(path, &error));
    }
    let mut read = 0;
    for file in records_below(path)? {
        match read_file(comparison, which, &file)? {
            Ok(()) => read += 1,
            Err(error @ ReadError::NoExport(_)) => say(&format!("{}", about(&file, &error))),
            Err(error) => return Err(about(&file, &error)),
        }
    }
    if read == 0 {
        return Err(Failure::of(format!(
            "{} holds no file of records in the format siem, and none of alerts",
            path.display()
        )));
    }
    Ok(())
}

fn read_file(
    comparison: &mut Comparison,
    which: Which,
    path: &Path,
) -> Result<Result<(), ReadError>, Failure> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    Ok(comparison.read(which, &path.display().to_string(), file))
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    Failure::of(format!(
        "{} cannot be read: {}",
        path.display(),
        io_reason(error)
    ))
}

fn about(path: &Path, error: &ReadError) -> Failure {
    Failure::of(format!("{} {error}", path.display()))
}

/// The files of records below a folder, in the order of their names: those of the format `siem`, where
/// any are called so, as in a data folder that has other formats as well.
fn records_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| cannot_read(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| cannot_read(&folder, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| cannot_read(&folder, &error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // Links are not followed: what they point to may be anybody's.
            if kind.is_dir() && !name.starts_with('.') {
                folders.push(entry.path());
            } else if kind.is_file() && is_of_records(&name) {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    let is_siem = |file: &&PathBuf| {
        let below = file.strip_prefix(folder).unwrap_or(file);
        below.iter().any(|part| {
            let part = part.to_string_lossy();
            part == "siem" || part.starts_with("siem.")
        })
    };
    let siem: Vec<PathBuf> = all.iter().filter(is_siem).cloned().collect();
    Ok(if siem.is_empty() { all } else { siem })
}

fn is_of_records(name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name = match name.rsplit_once('.') {
        Some((rotated, n)) if n.bytes().all(|byte| byte.is_ascii_digit()) => rotated,
        _ => name,
    };
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_gives_the_records_of_siem() {
        let folder = tempfile::tempdir().unwrap();
        let make = |file: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        let found = || -> Vec<String> {
            let files = records_below(folder.path()).unwrap();
            let below = files
                .iter()
                .map(|file| file.strip_prefix(folder.path()).unwrap());
            below.map(|file| file.display().to_string()).collect()
        };
        for file in [
            "a/native.ndjson",
            "state/a.ids.json",
            "x.txt",
            ".hidden/siem.ndjson",
        ] {
            make(file);
        }
        assert_eq!(found(), ["a/native.ndjson", "state/a.ids.json"]);
        for file in [
            "a/siem.ndjson",
            "a/siem.ndjson.1.gz",
            "a/siem.ndjson.webhook.offset",
        ] {
            make(file);
        }
        make("siem/v1/b/2026-01-01/x.jsonl.gz");
        assert_eq!(
            found(),
            [
                "a/siem.ndjson",
                "a/siem.ndjson.1.gz",
                "siem/v1/b/2026-01-01/x.jsonl.gz"
            ]
        );
    }
}
