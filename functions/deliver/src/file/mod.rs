//! Delivery of a file of records, as `drawbridge poll` writes it, on one machine.
//!
//! How far it was delivered stands in a file beside it, which moves only after the target has taken
//! what lies before, or what it refused was put aside. So a delivery that dies, or is stopped, goes
//! on where it was; the last few records may come twice.

mod error;
mod lines;
mod mark;

use std::path::{Path, PathBuf};

use drawbridge_graph::Deadline;

pub use error::FileError;

use crate::{Deliverer, Later, Outcome, Parcel};
use lines::{Lines, record};
use mark::Mark;

/// A file of records and where they go.
pub struct FileDelivery {
    deliverer: Deliverer,
    path: PathBuf,
    format: String,
    tenant: String,
    mark: Mark,
}

/// What a delivery did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Records that the target has.
    pub delivered: u64,
    /// Records that it will never take, put aside.
    pub refused: u64,
    /// Of those delivered, records with a field cut, put aside whole as well.
    pub cut: u64,
    /// Bytes of the file that are delivered, all told.
    pub offset: u64,
    /// Why it ended early, if it did.
    pub later: Option<Later>,
}

impl FileDelivery {
    /// Opens a delivery of the file at `path`, whose records are of the format `format`. One
    /// process delivers a file to a target at a time.
    ///
    /// # Errors
    /// [`FileError`] if another process does, or the folder cannot be written to.
    pub fn open(
        deliverer: Deliverer,
        path: impl Into<PathBuf>,
        format: &str,
        tenant: &str,
    ) -> Result<Self, FileError> {
        let path = path.into();
        let mark = Mark::open(&path, deliverer.target())?;
        Ok(Self {
            deliverer,
            path,
            format: format.to_owned(),
            tenant: tenant.to_owned(),
            mark,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Delivers all whole lines there are, until the target asks to wait or `stop` says so.
    ///
    /// # Errors
    /// [`FileError`] if the file or the mark beside it cannot be read or written. What was
    /// delivered since the last mark comes again then.
    pub async fn run(
        &self,
        until: Deadline,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<FileReport, FileError> {
        let mut report = FileReport::default();
        let mut at = self.mark.read(&self.path)?;
        loop {
            report.offset = at;
            if stop() {
                return Ok(report);
            }
            let lines = Lines::read(&self.path, at, self.deliverer.appetite())?;
            if lines.ends.is_empty() {
                return Ok(report);
            }
            let parcels: Vec<Parcel> = lines
                .texts
                .iter()
                .map(|line| record(line, &self.format, &self.tenant).into())
                .collect();
            let outcomes = self.deliverer.deliver(parcels, until).await;
            for (outcome, end) in outcomes.into_iter().zip(&lines.ends) {
                match outcome {
                    Outcome::Taken => report.delivered += 1,
                    Outcome::TakenInPart(_) => {
                        report.delivered += 1;
                        report.cut += 1;
                    }
                    Outcome::Refused(_) => report.refused += 1,
                    Outcome::Later(later) => {
                        report.later = Some(later);
                        break;
                    }
                }
                at = *end;
            }
            report.offset = at;
            self.mark.write(&self.path, at)?;
            if report.later.is_some() {
                return Ok(report);
            }
        }
    }
}
