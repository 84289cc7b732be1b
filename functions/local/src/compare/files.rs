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

/// The format that is compared.
const SIEM: &str = "siem";

/// The folders of a data folder that hold no records.
const OF_THE_STATE: [&str; 4] = ["state", "quarantine", "backfills", "tenants"];

/// How many of the files that are passed over are named on the screen.
const MAX_NAMED: usize = 10;

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
    let Below {
        of_records,
        mut passed_over,
    } = files_below(path)?;
    if !passed_over.is_empty() {
        say(&passed_over_in_words(path, &passed_over));
    }
    let mut read = 0;
    for file in of_records {
        match read_file(comparison, which, &file)? {
            Ok(()) => read += 1,
            Err(error @ ReadError::NoExport(_)) => {
                say(&format!("{}", about(&file, &error)));
                passed_over.push(file);
            }
            Err(error) => return Err(about(&file, &error)),
        }
    }
    for file in &passed_over {
        comparison.pass_over(which, &file.display().to_string());
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

/// The files of a folder, in the order of their names.
struct Below {
    of_records: Vec<PathBuf>,
    /// All others, links, and folders whose names begin with a dot.
    passed_over: Vec<PathBuf>,
}

/// Sorts the files below a folder. Of a folder that has files of the format `siem`, those of other formats
/// and of the state are passed over: they hold the same alerts once more.
fn files_below(folder: &Path) -> Result<Below, Failure> {
    let (mut named_so, mut passed_over) = (Vec::new(), Vec::new());
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
                named_so.push(entry.path());
            } else {
                passed_over.push(entry.path());
            }
        }
    }
    let is_of = |names: &[&str], file: &Path| {
        let below = file.strip_prefix(folder).unwrap_or(file);
        let mut parts = below.iter().map(|part| part.to_string_lossy());
        parts.any(|part| names.contains(&part.split('.').next().unwrap_or_default()))
    };
    let is_siem = |file: &Path| is_of(&[SIEM], file);
    let others: Vec<&str> = drawbridge_record::names()
        .into_iter()
        .filter(|name| *name != SIEM)
        .chain(OF_THE_STATE)
        .collect();
    let has_siem = named_so.iter().any(|file| is_siem(file));
    let (of_others, mut of_records): (Vec<_>, Vec<_>) = named_so
        .into_iter()
        .partition(|file| has_siem && !is_siem(file) && is_of(&others, file));
    passed_over.extend(of_others);
    of_records.sort();
    passed_over.sort();
    Ok(Below {
        of_records,
        passed_over,
    })
}

/// How many files of a folder are passed over, and which.
fn passed_over_in_words(folder: &Path, files: &[PathBuf]) -> String {
    let below = |file: &PathBuf| {
        file.strip_prefix(folder)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut names: Vec<String> = files.iter().take(MAX_NAMED).map(below).collect();
    if files.len() > names.len() {
        names.push(format!("and {} more", files.len() - names.len()));
    }
    let were = if files.len() == 1 {
        "1 file is"
    } else {
        &format!("{} files are", files.len())
    };
    format!(
        "{}: {were} passed over, as of another kind: {}",
        folder.display(),
        names.join(", ")
    )
}

fn is_of_records(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
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
        let found = || -> [Vec<String>; 2] {
            let Below {
                of_records,
                passed_over,
            } = files_below(folder.path()).unwrap();
            [of_records, passed_over].map(|files| {
                let below = files
                    .iter()
                    .map(|file| file.strip_prefix(folder.path()).unwrap());
                below.map(|file| file.display().to_string()).collect()
            })
        };
        for file in [
            "a/native.ndjson",
            "state/a.ids.json",
            "x.txt",
            ".hidden/siem.ndjson",
        ] {
            make(file);
        }
        let [of_records, passed_over] = found();
        assert_eq!(of_records, ["a/native.ndjson", "state/a.ids.json"]);
        assert_eq!(passed_over, [".hidden", "x.txt"]);
        for file in [
            "a/siem.ndjson",
            "a/siem.ndjson.1.gz",
            "a/siem.ndjson.webhook.offset",
            "export-2018.json",
            "Export.JSON",
        ] {
            make(file);
        }
        make("siem/v1/b/2026-01-01/x.jsonl.gz");
        let [of_records, passed_over] = found();
        assert_eq!(
            of_records,
            [
                "Export.JSON",
                "a/siem.ndjson",
                "a/siem.ndjson.1.gz",
                "export-2018.json",
                "siem/v1/b/2026-01-01/x.jsonl.gz"
            ]
        );
        assert_eq!(
            passed_over,
            [
                ".hidden",
                "a/native.ndjson",
                "a/siem.ndjson.webhook.offset",
                "state/a.ids.json",
                "x.txt"
            ]
        );
    }

    #[test]
    fn what_is_passed_over_is_named() {
        let files = |n: usize| -> Vec<PathBuf> {
            (0..n)
                .map(|n| PathBuf::from(format!("/d/{n}.txt")))
                .collect()
        };
        assert_eq!(
            passed_over_in_words(Path::new("/d"), &files(1)),
            "/d: 1 file is passed over, as of another kind: 0.txt"
        );
        let many = passed_over_in_words(Path::new("/d"), &files(12));
        assert!(many.contains("12 files are passed over") && many.ends_with("9.txt, and 2 more"));
    }
}
