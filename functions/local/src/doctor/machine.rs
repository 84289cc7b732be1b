//! What a poll needs of this machine.

use std::io;
use std::path::{Path, PathBuf};

use drawbridge_config::Tenant;
use drawbridge_files::{Access, RUN_AS_OWNER, Root, io_reason, trouble};

use super::Line;
use crate::data_location::{DataLocation, SERVED_FOLDER, open_folders};
use crate::outputs::{self, Shape};

/// The file that is written to see whether that can be done, and removed.
const PROBE: &str = ".drawbridge-doctor";

/// The folders that polls write to, where they are.
const WRITTEN: [&str; 6] = ["", "state", "pages", "quarantine", "backfills", "oversize"];

const MIB: u64 = 1 << 20;

/// Below this much free disk, days are left at most.
const WARN_FREE_BYTES: u64 = 1024 * MIB;

/// Below this, one poll with a backlog may fill it.
const FAILED_FREE_BYTES: u64 = 100 * MIB;

/// The lines of a data folder.
pub(super) fn lines(folder: &Path) -> Vec<Line> {
    let name = folder.display();
    if !folder.is_dir() {
        let text = format!("there is no folder {name}");
        let add = DataLocation::folder(folder.to_owned()).command("tenants add NAME …");
        let todo = format!("name it with --out, or add the first tenant: {add}");
        return vec![Line::failed("folder", text, todo)];
    }
    let root = Root::new(folder);
    let there = WRITTEN.iter().filter(|below| folder.join(below).is_dir());
    let failed = there.filter_map(|below| {
        let error = probe(&root, Path::new(below)).err()?;
        Some(refusal("folder", &folder.join(below), &error))
    });
    let mut lines: Vec<Line> = failed.collect();
    if lines.is_empty() {
        let text = format!("{name} can be written to");
        lines.push(Line::ok("folder", text));
    }
    lines.extend(
        open_folders(folder)
            .iter()
            .map(|open| Line::warn("permissions", open.told(), open.todo())),
    );
    lines.push(disk(folder));
    lines
}

/// Whether a tenant's outputs can be written to.
pub(super) fn outputs(folder: &Path, tenant: &Tenant) -> Line {
    let about = format!("{}: outputs", tenant.name);
    if let Err(error) = outputs::check_names(tenant) {
        let todo = "correct `outputs` in the tenant's document: an output is a format, which \
                    `drawbridge map --help` lists, or one with -objects or -served behind it";
        return Line::failed(about, error.to_string(), todo);
    }
    let root = Root::new(folder);
    let names = outputs::names(tenant);
    for name in &names {
        let Some((format, shape)) = outputs::shape(name) else {
            continue;
        };
        let (below, file) = match shape {
            Shape::Messages => (&*tenant.name, Some(outputs::file_name(format))),
            Shape::Objects => (format.name(), None),
            Shape::Served => (SERVED_FOLDER, None),
        };
        let below = PathBuf::from(below);
        // What is not there yet is made by the first poll.
        if !folder.join(&below).exists() {
            continue;
        }
        let file = file.map(|file| below.join(file));
        let file = file.filter(|file| folder.join(file).symlink_metadata().is_ok());
        let written = match &file {
            Some(file) => root.append(file, Access::Group).map(drop),
            None => probe(&root, &below),
        };
        if let Err(error) = written {
            let path = folder.join(file.as_ref().unwrap_or(&below));
            return refusal(&about, &path, &error);
        }
    }
    Line::ok(about, format!("{} can be written", names.join(", ")))
}

/// Writes a file and removes it.
fn probe(root: &Root, below: &Path) -> io::Result<()> {
    let file = below.join(PROBE);
    root.replace(&file, b"", Access::Private)?;
    root.remove(&file)
}

fn refusal(about: &str, path: &Path, error: &io::Error) -> Line {
    let (code, fix) = match trouble(error) {
        Some(trouble) => (trouble.code.to_owned(), trouble.fix),
        None if error.kind() == io::ErrorKind::PermissionDenied => (io_reason(error), RUN_AS_OWNER),
        None => (
            io_reason(error),
            "check the path, the disk and who may write there",
        ),
    };
    let text = format!("{} cannot be written to ({code})", path.display());
    Line::failed(about, text, fix)
}

/// How much of the disk is free.
#[cfg(unix)]
fn disk(folder: &Path) -> Line {
    match rustix::fs::statvfs(folder) {
        Ok(found) => of_free(found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => Line::warn(
            "disk",
            format!(
                "the free space cannot be determined: {}",
                io_reason(&error.into())
            ),
            "look at it with `df`",
        ),
    }
}

#[cfg(not(unix))]
fn disk(_folder: &Path) -> Line {
    Line::note("disk", "the free space is not looked at on this system")
}

#[cfg_attr(not(unix), expect(dead_code, reason = "asked on Unix alone"))]
fn of_free(bytes: u64) -> Line {
    let text = format!("{} MiB are free", bytes / MIB);
    let todo = "make room: rotate and remove records that the SIEM has";
    match bytes {
        ..FAILED_FREE_BYTES => Line::failed("disk", text, todo),
        FAILED_FREE_BYTES..WARN_FREE_BYTES => Line::warn("disk", text, todo),
        _ => Line::ok("disk", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Mark;

    #[test]
    fn of_a_folder_of_another_user_whose_it_is_is_told() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        let line = refusal("folder", Path::new("data"), &error);
        assert_eq!(line.json()["do"], RUN_AS_OWNER);
    }

    #[test]
    fn a_disk_that_is_nearly_full_is_told() {
        for (mib, mark) in [
            (0, Mark::Failed),
            (99, Mark::Failed),
            (100, Mark::Warn),
            (1023, Mark::Warn),
            (1024, Mark::Ok),
        ] {
            assert_eq!(of_free(mib * MIB).mark, mark, "{mib}");
        }
    }
}
