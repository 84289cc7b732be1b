//! Delivery of a file of records, as `drawbridge poll` writes it, on one machine.
//!
//! How far it was delivered stands in a file beside it, which moves only after the target has taken
//! what lies before, or what it refused is in quarantine. So a delivery that dies, or is stopped,
//! goes on where it was; the last few records may come twice.
//!
//! The file may be rotated at any time. What is not delivered of it is held open, and found again
//! after a restart: by its number, or by its content in a copy or packed. It is known by its first
//! bytes and those before the position, so that a file that was truncated is never taken for it.
//!
//! The checkpoint keeps which files need no delivery: those that were delivered, and those that were there
//! before. All others in the folder that were rotated are delivered, whatever their names and times; these
//! tell in which order.

mod backlog;
mod checkpoint;
mod content;
mod error;
mod folder;
mod identity;
mod known;
mod lines;
mod noting;
mod numbers;
mod open_file;
mod packing;
mod position;
mod records;
mod rotated;
mod search;
mod source;

use std::ffi::OsStr;
use std::path::Path;

use drawbridge_time::Deadline;

pub use error::FileError;

use crate::format::format;
use crate::line::is_record;
use crate::{Deliverer, Later, Outcome, Record};
use backlog::{Backlog, FirstEnd};
use lines::Lines;
use open_file::Kind;
use records::{Records, Unfit};
use rotated::is_rotated;

/// A file of records and where they go.
pub struct FileDelivery {
    deliverer: Deliverer,
    format: String,
    tenant: String,
    backlog: Backlog,
    /// Whether what is refused is put aside even if everything is.
    sets_aside: bool,
    /// Whether the last run ended because records have to wait.
    is_waiting: bool,
}

/// What a delivery did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Records that the target has.
    pub delivered: u64,
    /// Records that it will never take; they are in quarantine.
    pub refused: u64,
    /// Records that were delivered with a field cut; they are in quarantine, whole.
    pub cut: u64,
    /// Bytes of the file that are delivered in all; of a rotated one, if that is not done yet.
    pub offset: u64,
    /// What was in a file and is not any more, so that it can never be delivered.
    pub lost: Vec<Undelivered>,
    /// Why it ended early, if it did.
    pub later: Option<Later>,
    /// What kept it from going on after all of that, if anything did.
    pub trouble: Option<FileError>,
}

/// What is not delivered of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The file.
    pub place: String,
    /// How much of it.
    pub bytes: u64,
    /// Whether it is in the folder no more, under any name.
    pub is_gone: bool,
    /// Whether it is packed with anything but gzip, and has to be unpacked first.
    pub is_packed_otherwise: bool,
}

/// What lies behind the first file.
#[derive(Default)]
struct Behind {
    /// The next lines of the files that have their turn with the first one, each with its place.
    files: Vec<(usize, Lines, Records)>,
    /// What is wrong with the first one of the others.
    passed_over: Option<FileError>,
}

/// Why a line is refused that a file ends in when nobody will write to it any more.
const TORN: &str = "the file was rotated before the line had its end: whoever wrote it was stopped";

/// Whether a file called `name` holds records that are to be delivered, or were: it is the file `live`, or was
/// rotated from it.
#[must_use]
pub fn belongs_to(live: &OsStr, name: &OsStr) -> bool {
    name == live || is_rotated(live, name)
}

/// Whether any of the file at `path`, or of one that was rotated from it, was delivered to the target of that name,
/// or was about to be.
#[must_use]
pub fn has_begun(path: &Path, target: &str) -> bool {
    checkpoint::has_begun(path, target)
}

impl FileDelivery {
    /// Opens a delivery of the file at `path`, whose records are of the format `format`. One
    /// process delivers a file to a target at a time.
    ///
    /// # Errors
    /// [`FileError`] if another process does, or the folder cannot be written to.
    pub fn open(
        deliverer: Deliverer,
        path: &Path,
        format: &str,
        tenant: &str,
    ) -> Result<Self, FileError> {
        let backlog = Backlog::open(path, deliverer.target())?;
        Ok(Self {
            deliverer,
            format: format.to_owned(),
            tenant: tenant.to_owned(),
            backlog,
            sets_aside: false,
            is_waiting: false,
        })
    }

    /// The same where records are put aside even if the target refuses every one; without it, they wait
    /// until a setting was mended.
    #[must_use]
    pub fn setting_aside(self, sets_aside: bool) -> Self {
        Self { sets_aside, ..self }
    }

    /// The same where none of the files was there when whoever delivers looked before: what was rotated meanwhile is
    /// delivered, too.
    #[must_use]
    pub fn of_new_files(mut self) -> Self {
        self.backlog.is_all_new = true;
        self
    }

    /// Looks whether the file was rotated, and holds open what has to be delivered before the new
    /// one. To be called now and then while nothing is delivered; a run does it by itself.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn look(&mut self) -> Result<(), FileError> {
        self.backlog.look().await
    }

    /// Whether the target refused every record that the last run sent: these wait, though the target may well
    /// take those of another file.
    #[must_use]
    pub fn refuses_all(&self) -> bool {
        self.deliverer.refuses_all()
    }

    /// What is not delivered, oldest first, as far as the last look has seen it.
    ///
    /// # Errors
    /// [`FileError`] if a file cannot be read.
    pub fn left(&mut self) -> Result<Vec<Undelivered>, FileError> {
        self.backlog.left()
    }

    /// What a delivery that is asked to stop leaves behind: of rotated files, and of all if records have to wait. What
    /// came to the live one since the last run is no backlog, unless it `is_once` that all there is was to be delivered.
    ///
    /// # Errors
    /// As [`left`](Self::left).
    pub fn left_at_end(&mut self, is_once: bool) -> Result<Vec<Undelivered>, FileError> {
        match self.is_waiting {
            true => self.backlog.left(),
            false => self.backlog.left_of_lines(is_once),
        }
    }

    /// What is not delivered and is in the folder no more since this was asked last. It is held open, and ends with
    /// this delivery.
    ///
    /// # Errors
    /// As [`left`](Self::left).
    pub fn newly_gone(&mut self) -> Result<Vec<Undelivered>, FileError> {
        self.backlog.newly_gone()
    }

    /// Checks that nothing was rotated before the first delivery that is not delivered and still there: it is named
    /// until it is moved away. To be asked after a run or a look.
    ///
    /// # Errors
    /// [`FileError::Rotated`] with the files; others if the folder cannot be read.
    pub fn check_older(&mut self) -> Result<(), FileError> {
        match self.backlog.older()? {
            files if files.is_empty() => Ok(()),
            files => Err(FileError::Rotated { files }),
        }
    }

    /// What cannot be delivered any more, of all runs and looks since it was opened.
    pub fn lost(&self) -> &[Undelivered] {
        self.backlog.lost()
    }

    /// Delivers all whole lines there are, those of rotated files first, until the target asks to
    /// wait or `stop` says so.
    ///
    /// # Errors
    /// [`FileError`] if the file or the checkpoint beside it cannot be read or written, or what is to be
    /// delivered is not there any more. What was delivered since the last checkpoint comes again then. If
    /// something became of any record before, it is the report that has the error.
    pub async fn run(
        &mut self,
        until: Deadline,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<FileReport, FileError> {
        let mut report = FileReport::default();
        let mut is_over = false;
        while !is_over {
            is_over = match self.look_and_step(until, stop, &mut report).await {
                Ok(is_over) => is_over,
                Err(error) if report.delivered + report.refused > 0 => {
                    report.trouble = Some(error);
                    true
                }
                Err(error) => return Err(error),
            };
            report.offset = self.backlog.offset();
        }
        // Not before it is sure that the report is read.
        report.lost = self.backlog.newly_lost();
        self.is_waiting = report.later.is_some();
        Ok(report)
    }

    async fn look_and_step(
        &mut self,
        until: Deadline,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut FileReport,
    ) -> Result<bool, FileError> {
        self.backlog.look().await?;
        Ok(stop() || self.step(until, report).await?)
    }

    /// The records of lines of a file, and those that are none. A file of which no line is a record of the format is
    /// a wrong one, or the format is, which is noted.
    fn records(&mut self, index: usize, lines: &[String]) -> Result<Records, FileError> {
        let records = self.records_unless_refused(index, lines);
        match &records {
            Ok(_) => self.backlog.note_refused(index, false)?,
            Err(error) if error.is_of_whole_file() => self.backlog.note_refused(index, true)?,
            Err(_) => {}
        }
        records
    }

    fn records_unless_refused(
        &mut self,
        index: usize,
        lines: &[String],
    ) -> Result<Records, FileError> {
        let (name, tenant) = (&self.format, &self.tenant);
        let records = Records::of(lines, name, tenant);
        if *self.backlog.is_of_format(index) {
            return Ok(records);
        }
        let is_of = |line: &str| format(name).is_none_or(|format| format.is_of(line));
        // Nothing that is sent tells that, or the lines of another format would do so for the next ones.
        let found = match lines.iter().any(|line| is_of(line)) {
            true => Kind::OfFormat,
            false => self.backlog.kind(index, is_of)?,
        };
        match found {
            Kind::OfFormat => {
                *self.backlog.is_of_format(index) = true;
                return Ok(records);
            }
            Kind::Other(found) => {
                return Err(FileError::WrongFormat {
                    place: self.backlog.place(index)?,
                    format: name.clone(),
                    found,
                });
            }
            Kind::Unknown => {}
        }
        let is_fit = |line: &str| is_record(name, line);
        let may_be_of_format = !records.fit.is_empty()
            || self.sets_aside
            || self.backlog.any_line(index, is_fit)?
            || self.backlog.may_be_a_rest(index, is_fit)?;
        match may_be_of_format {
            true => Ok(records),
            false => Err(FileError::NoRecord {
                place: self.backlog.place(index)?,
                format: name.clone(),
            }),
        }
    }

    /// The next lines of the files behind the first one, of which the next lines end at `end`, and their records. What
    /// is refused as a whole, or cannot be read, tells nothing of the target, and is passed over.
    fn behind(&mut self, end: u64) -> Result<Behind, FileError> {
        let mut left = self.deliverer.batch_capacity();
        let mut behind = Behind::default();
        for index in 1..self.backlog.count_if_first_ends_at(end)? {
            let lines = match self.backlog.lines_behind(index, left) {
                Ok(Some(lines)) => lines,
                Ok(None) => break,
                Err(error) => {
                    behind.passed_over.get_or_insert(error);
                    continue;
                }
            };
            let records = match self.records(index, &lines.texts) {
                Ok(records) => records,
                Err(error) => {
                    behind.passed_over.get_or_insert(error);
                    continue;
                }
            };
            left.records = left.records.saturating_sub(lines.texts.len());
            left.bytes = left.bytes.saturating_sub(lines.bytes());
            behind.files.push((index, lines, records));
            if left.records == 0 || left.bytes == 0 {
                break;
            }
        }
        Ok(behind)
    }

    /// What became of lines, given what became of those that are records. The others are put aside, up to the first
    /// one that waits.
    async fn outcomes(
        &self,
        unfit: Vec<Option<Unfit>>,
        sent: &mut impl Iterator<Item = Outcome>,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut waits = false;
        for unfit in unfit {
            let outcome = match unfit {
                None => sent.next(),
                Some(_) if waits => None,
                Some((record, why)) => Some(self.deliverer.refuse(&record, why).await),
            };
            waits |= matches!(outcome, Some(Outcome::Later(_)));
            outcomes.extend(outcome);
        }
        outcomes
    }

    /// Delivers the next lines of the first file. If the target refuses all that there is left of it, some of the
    /// next file tell whether a setting is wrong or these records.
    async fn deliver(
        &mut self,
        lines: Lines,
        until: Deadline,
        report: &mut FileReport,
    ) -> Result<(), FileError> {
        let Some(&end) = lines.ends.last() else {
            return Ok(());
        };
        let Records { fit, unfit } = self.records(0, &lines.texts)?;
        let deliverer = &self.deliverer;
        let (sent, of_behind, behind) = if self.sets_aside {
            let sent = deliverer.deliver_or_give_up(fit, until).await;
            (sent, Vec::new(), Behind::default())
        } else {
            let mut behind = self.behind(end)?;
            let fit_behind = behind.files.iter_mut();
            let fit_behind = fit_behind.flat_map(|(_, _, records)| records.fit.drain(..));
            let fit_behind = fit_behind.collect();
            let (sent, of_behind) = self
                .deliverer
                .deliver_unless_all_are_refused_with(fit, fit_behind, until)
                .await;
            (sent, of_behind, behind)
        };
        // First, since the target has these already.
        let later = match of_behind.is_empty() {
            true => None,
            false => self.note_behind(behind.files, of_behind, report).await?,
        };
        // Nothing else may ever tell whether a setting is wrong: somebody has to mend that first.
        if self.deliverer.refuses_all() {
            report.trouble = behind.passed_over.or_else(|| self.backlog.in_the_way());
        }
        let outcomes = self.outcomes(unfit, &mut sent.into_iter()).await;
        let done = report.count(outcomes);
        report.later = report.later.take().or(later);
        let end = match done {
            0 => self.backlog.offset(),
            done => lines.ends[done - 1],
        };
        self.backlog.delivered(0, end).await
    }

    /// Notes what became of the records of the files behind the first one; gives why one of them waits, if one does.
    async fn note_behind(
        &mut self,
        behind: Vec<(usize, Lines, Records)>,
        sent: Vec<Outcome>,
        report: &mut FileReport,
    ) -> Result<Option<Later>, FileError> {
        let mut sent = sent.into_iter();
        let mut is_in_place = true;
        for (index, lines, records) in behind {
            let outcomes = self.outcomes(records.unfit, &mut sent).await;
            let done = report.count(outcomes);
            if is_in_place && let Some(last) = done.checked_sub(1) {
                let noted = self.backlog.delivered_behind(index, lines.ends[last]);
                is_in_place = noted.await?;
            }
            if let Some(later) = report.later.take() {
                return Ok(Some(later));
            }
        }
        Ok(None)
    }

    /// Delivers the next lines, or goes on to the next file; says whether it can do neither.
    async fn step(&mut self, until: Deadline, report: &mut FileReport) -> Result<bool, FileError> {
        let lines = self.backlog.lines(self.deliverer.batch_capacity()).await?;
        if !lines.ends.is_empty() {
            self.deliver(lines, until, report).await?;
            return Ok(report.later.is_some());
        }
        let torn = match self.backlog.first_end()? {
            FirstEnd::Open => return Ok(true),
            FirstEnd::Grown => return Ok(false),
            FirstEnd::Over(torn) => torn,
        };
        if !torn.is_empty() {
            let torn = Record::of_line(&torn, &self.format, &self.tenant);
            let outcome = self.deliverer.refuse(&torn, TORN.to_owned()).await;
            report.count(vec![outcome]);
        }
        Ok(report.later.is_some() || !self.backlog.next()?)
    }
}

impl FileReport {
    /// Counts what became of records, and says of how many something did before one has to wait.
    fn count(&mut self, outcomes: Vec<Outcome>) -> usize {
        let mut done = 0;
        for outcome in outcomes {
            match outcome {
                Outcome::Taken => self.delivered += 1,
                Outcome::TakenInPart(_) => {
                    self.delivered += 1;
                    self.cut += 1;
                }
                Outcome::Refused(_) => self.refused += 1,
                Outcome::Later(later) => {
                    self.later = Some(later);
                    break;
                }
            }
            done += 1;
        }
        done
    }
}
