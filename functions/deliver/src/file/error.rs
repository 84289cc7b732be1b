use std::io;
use std::path::Path;

use drawbridge_files::{io_reason, shell_quoted};

use super::Undelivered;
use super::packing::OtherPacking;

/// Why a file of records could not be read, or the checkpoint beside it not be kept. Never holds any of
/// the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("{place} does not exist: name the file that drawbridge poll writes")]
    Missing {
        /// The file.
        place: String,
    },
    /// Files were rotated before the first delivery. Nothing says whether they were delivered in another way.
    #[error("{}", older(.files))]
    Rotated {
        /// The files, oldest first, and how many bytes each has on the disk.
        files: Vec<Undelivered>,
    },
    /// Somebody else delivers it.
    #[error("{place} is being delivered by another process: stop that one first")]
    Locked {
        /// The file.
        place: String,
    },
    /// The lines are of another format than was said.
    #[error(
        "{place} holds records of the format {found}, and not {format}, so that nothing of it is sent or put aside: give --format \
         {found}, or move it away, and run this again"
    )]
    WrongFormat {
        /// The file.
        place: String,
        /// The format that was said.
        format: String,
        /// The format of its lines.
        found: &'static str,
    },
    /// No line is a record of the format that was said.
    #[error(
        "no line of {place} is a record of the format {format}, so that nothing of it is sent or put aside: if it \
         holds records of another format, give that one as --format; if it holds none, move it away, or have its \
         lines put aside with --set-aside, and run this again"
    )]
    NoRecord {
        /// The file.
        place: String,
        /// The format that was said.
        format: String,
    },
    /// The checkpoint cannot be read.
    #[error(
        "{place} cannot be read as a checkpoint of how far the records were delivered: delete it to \
         deliver them all again"
    )]
    BadCheckpoint {
        /// The checkpoint.
        place: String,
    },
    /// What was being delivered is not in the folder any more, nor a copy of it.
    #[error(
        "{place} {what} before all of it was delivered: {} not in the folder, under any name{}. Put \
         the file there as NAME.1 or whatever number is free, packed with gzip or not, and run this \
         again. If it is lost, delete {checkpoint}: then {live} is delivered from its beginning, and files \
         that were rotated before it one by one with --file",
        rest(*.left, *.offset), perhaps(.damaged.as_deref())
    )]
    Gone {
        /// The file that was being delivered.
        place: String,
        /// What was done to it, as in "was truncated".
        what: &'static str,
        /// A file that cannot be unpacked, and may be it.
        damaged: Option<Box<str>>,
        /// So many of its bytes are delivered.
        offset: u64,
        /// So many more were seen.
        left: u64,
        /// The checkpoint.
        checkpoint: String,
        /// The file that is written to.
        live: String,
    },
    /// Several of these are not in the folder any more.
    #[error("{}", listed(.files))]
    SeveralGone {
        /// Each of them, as [`FileError::Gone`].
        files: Vec<FileError>,
    },
    /// Of the rotated files, one is missing.
    #[error(
        "{place} was rotated more than once since {found}, and the file with number {number} is \
         missing: put it back, packed with gzip or not, and run this again. If it is lost, rename \
         the older ones so that there is no gap"
    )]
    Gap {
        /// The file that is written to.
        place: String,
        /// The rotated file that is delivered.
        found: String,
        /// The number that is missing.
        number: u32,
    },
    /// A file may have been rotated, or be none of records at all.
    #[error(
        "{place} may hold records that were rotated away from {live} and are not delivered, but its name \
         says no number and no date, and its first line is no record: if it holds some, rename it to \
         {live}.1 or whatever number is free, else move it out of the data folder, and run this again"
    )]
    Unclear {
        /// The file.
        place: String,
        /// The file that is written to.
        live: String,
    },
    /// A file is packed in a way that is not read here.
    #[error(
        "{place} is not delivered: it is packed or archived, and not with gzip alone; unpack it and run this again"
    )]
    Packed {
        /// The file.
        place: String,
    },
    /// A rotated file is not what its name says.
    #[error(
        "{place} cannot be unpacked: it is damaged, has something else behind what is packed, or is not packed with \
         gzip. If it is plain, take .gz off its name. If it is damaged, unpack what is left of it (gzip -dc, into a \
         name without .gz), move {place} away, and run this again"
    )]
    Damaged {
        /// The file.
        place: String,
    },
    /// The operating system says no.
    #[error("{place} cannot be read or written ({code}): {fix}")]
    Io {
        /// The file.
        place: String,
        /// The operating system's error.
        code: String,
        /// What to do.
        fix: &'static str,
    },
}

impl FileError {
    /// Whether the file is not there, and may come: the poll that writes it has not begun.
    #[must_use]
    pub const fn is_absence(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// Whether a file is refused as a whole for what its lines are.
    pub(super) const fn is_of_whole_file(&self) -> bool {
        matches!(self, Self::WrongFormat { .. } | Self::NoRecord { .. })
    }

    /// An error if any file is gone.
    pub(super) fn check_none_gone(mut gone: Vec<Self>) -> Result<(), Self> {
        match gone.len() {
            0 => Ok(()),
            1 => Err(gone.remove(0)),
            _ => Err(Self::SeveralGone { files: gone }),
        }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let place = path.display().to_string();
        if OtherPacking::is(error) {
            return Self::Packed { place };
        }
        if error.kind() == io::ErrorKind::NotFound {
            return Self::Missing { place };
        }
        // The operating system says none of that of a file that is read: it comes from unpacking it, whatever its
        // name is.
        let is_damage = {
            use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
            matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
        };
        if is_damage && error.raw_os_error().is_none() {
            return Self::Damaged { place };
        }
        match drawbridge_files::trouble(error) {
            Some(trouble) => Self::Io {
                place: trouble.place.map_or(place, |at| at.display().to_string()),
                code: trouble.code.to_owned(),
                fix: trouble.fix,
            },
            None => Self::Io {
                place,
                code: io_reason(error),
                fix: "check the path, the disk and who may",
            },
        }
    }
}

fn older(files: &[Undelivered]) -> String {
    if let [file] = files {
        let Undelivered { place, bytes, .. } = file;
        let todo = match file.is_packed_otherwise {
            true => "It is not packed with gzip: unpack it, move the packed one out of the data folder, and run this again".to_owned(),
            false => format!("Deliver it with --file {}, and move it out of the data folder", shell_quoted(place)),
        };
        return format!(
            "{place} is not delivered ({bytes} bytes): no delivery had begun when it was rotated. {todo}. If the \
             SIEM has its records already, only move it out"
        );
    }
    let named = |one: &Undelivered| {
        let packed = match one.is_packed_otherwise {
            true => ", not packed with gzip",
            false => "",
        };
        format!("{} ({} bytes{packed})", shell_quoted(&one.place), one.bytes)
    };
    let named: Vec<String> = files.iter().map(named).collect();
    let packed = match files.iter().any(|one| one.is_packed_otherwise) {
        true => ". Unpack first what is not packed with gzip",
        false => "",
    };
    format!(
        "{} files are not delivered: {}. No delivery had begun when they were rotated. Deliver each with --file, \
         in this order, and move it out of the data folder{packed}. If the SIEM has the records of one already, only move it out",
        files.len(),
        named.join(", ")
    )
}

fn listed(files: &[FileError]) -> String {
    let files: Vec<String> = files.iter().map(FileError::to_string).collect();
    files.join("; and ")
}

fn perhaps(damaged: Option<&str>) -> String {
    damaged.map_or_else(String::new, |place| {
        format!(", unless in {place}, which is empty or damaged and cannot be unpacked")
    })
}

fn rest(left: u64, offset: u64) -> String {
    match left {
        0 => format!("what may have been written to it after its first {offset} bytes is"),
        left => format!("at least {left} bytes after its first {offset} are"),
    }
}
