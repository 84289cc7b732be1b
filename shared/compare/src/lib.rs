//! An export of the retired Defender for Endpoint SIEM API beside records of ours: what became of each
//! key, and what a rule on it will do.
//!
//! [`Comparison`] reads both sides as streams and gives a [`Report`]. What a side holds is told by
//! looking at it: records as they are, within what Splunk or Elastic wraps around them, or alerts of
//! Graph, which are mapped. Memory is bounded: both sides are sorted by alert, in a temporary file where
//! they are large, and are then read side by side, an alert at a time. Alerts match by their ids, with
//! and without the two letters that Graph puts before them, and what is left by detector, device and
//! time; the records of an alert by what they are records of.

mod address;
mod advice;
mod alert_id;
mod device;
mod domain;
mod facts;
mod instant;
mod item;
mod items;
mod join;
mod keys;
mod near;
mod object;
mod open;
mod pair;
mod part;
mod report;
mod row;
mod side;
mod sort;
mod spelling;
mod table;
mod tally;
mod text;
mod unwrap;
mod value;
mod verdict;
mod words;
mod wrapper;
mod zone;

use std::io::{self, Read};

use drawbridge_record::siem::KEYS;

pub use item::{Broken, MAX_ITEM_BYTES, Position};
pub use open::OpenError;
pub use pair::PairedBy;
pub use report::{
    Alerts, BrokenPart, FilesPassedOver, InZone, KeyReport, Losses, OnlyOne, Records, Report,
    Shown, SideReport,
};
pub use side::ReadError;
pub use spelling::Spelling;
pub use tally::{Example, MAX_EXAMPLES};
pub use text::MAX_SHOWN_CHARS;
pub use value::Outcome;
pub use verdict::Verdict;

use crate::join::Join;
use crate::side::Side;

/// How much of each side is sorted in memory; more goes into a temporary file.
pub const RUN_BYTES: usize = 32 << 20;

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The export of the retired API, or the records of an older release.
    Old,
    /// The records as they are now.
    New,
}

/// Two sides that are being read.
pub struct Comparison {
    run_bytes: usize,
    old: Side,
    new: Side,
}

impl Default for Comparison {
    fn default() -> Self {
        Self::with_memory(RUN_BYTES)
    }
}

impl Comparison {
    /// Sorts so many bytes of each side in memory.
    #[must_use]
    pub fn with_memory(run_bytes: usize) -> Self {
        Self {
            run_bytes,
            old: Side::new(run_bytes),
            new: Side::new(run_bytes),
        }
    }

    /// Reads a file of a side to its end. `file` is its name in messages.
    ///
    /// # Errors
    /// [`ReadError`] if it cannot be opened or holds nothing to compare. What of it is broken is counted
    /// and ends nothing.
    pub fn read(&mut self, which: Which, file: &str, input: impl Read) -> Result<(), ReadError> {
        match which {
            Which::Old => self.old.read(file, input),
            Which::New => self.new.read(file, input),
        }
    }

    /// Notes a file of a side that is not read, for the report.
    pub fn pass_over(&mut self, which: Which, file: &str) {
        let side = match which {
            Which::Old => &mut self.old,
            Which::New => &mut self.new,
        };
        side.pass_over(file);
    }

    /// Compares what was read.
    ///
    /// # Errors
    /// Those of the temporary files.
    pub fn report(self) -> io::Result<Report> {
        let Self {
            run_bytes,
            old,
            new,
        } = self;
        let has_entities = pair::has_entity_keys(&old.has_key);
        let mut join = Join::new([old.times, new.times], has_entities, run_bytes);
        join.by_id(old.sorter.sorted()?, new.sorter.sorted()?)?;
        join.by_detector_device_time()?;
        join.rest()?;
        join.alerts.in_zone = join.adrift.offset().map(|(offset_minutes, alerts)| InZone {
            offset_minutes,
            alerts,
        });
        let zones = join.zones.minutes();
        for tally in &mut join.tallies {
            tally.decide(&zones);
        }
        let is_exported = |n: usize| old.has_key[n];
        let keys: Vec<KeyReport> = join
            .tallies
            .iter()
            .enumerate()
            .map(|(n, tally)| key_report(n, tally, is_exported(n)))
            .collect();
        let mut losses = Losses::default();
        for (n, tally) in join.tallies.iter().enumerate() {
            let (lost, of) = tally.counted(n);
            losses.count += lost;
            losses.of += of;
        }
        let gone = join.alerts.only_old.count + join.records.only_old.count;
        losses.count += gone;
        losses.of += gone;
        let mut reports = [old.report, new.report];
        for (side, report) in reports.iter_mut().enumerate() {
            let times = [old.times, new.times][side];
            report.times = times.map(|(first, last)| [first.to_string(), last.to_string()]);
            report.repeated = join.repeated[side];
            report.repeated_otherwise = join.repeated_otherwise[side];
            report.left_out = join.left_out[side];
        }
        let [old, new] = reports;
        Ok(Report {
            version: 1,
            old,
            new,
            alerts: join.alerts,
            records: join.records,
            losses,
            keys,
        })
    }
}

fn key_report(n: usize, tally: &tally::Tally, is_exported: bool) -> KeyReport {
    let (verdict, text) = verdict::verdict(n, tally, is_exported);
    let spelling = tally
        .outcomes
        .iter()
        .filter_map(|(outcome, &n)| match outcome {
            Outcome::Spelling(spelling) => Some((*spelling, n)),
            _ => None,
        });
    let mut examples = tally.examples.clone();
    examples.sort_by_key(|example| std::cmp::Reverse(example.outcome));
    KeyReport {
        key: KEYS[n].name,
        verdict,
        text,
        synthesised: keys::is_synthesised(n),
        empty: tally.count(Outcome::Empty),
        same: tally.count(Outcome::Same),
        spelling: spelling.collect(),
        filled: tally.count(Outcome::Filled),
        emptied: tally.count(Outcome::Emptied),
        different: tally.count(Outcome::Different),
        examples,
    }
}
