//! One side of a comparison: what its files hold, sorted by alert.

use std::io::{self, BufRead, Read};

use drawbridge_alert::Alert;
use drawbridge_record::records;
use drawbridge_record::siem::{KEYS, SIEM};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::alert_id::without_prefix;
use crate::item::{Broken, Item, Position};
use crate::items::Items;
use crate::open::{OpenError, open};
use crate::part;
use crate::report::{BrokenPart, SideReport};
use crate::row::{Foreign, Row};
use crate::sort::Sorter;
use crate::text::cut;
use crate::wrapper::{Unwrapped, look, look_around_list};

/// How many broken parts are told with their places.
const MAX_BROKEN_SHOWN: usize = 10;

/// How many of the files that are not read are named.
const MAX_FILES_SHOWN: usize = 100;

/// How many names are told that are no keys of the record.
const MAX_NAMES: usize = 100;

/// A file with so many objects, or broken parts, before the first record is not an export.
const MAX_OTHERS_FIRST: u64 = 100_000;
const MAX_BROKEN_FIRST: u64 = 100;

/// How much of a file is looked at to name another format.
const FIRST_BYTES: usize = 256;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// It holds nothing that can be compared.
    #[error(
        "holds no record of the retired API or of the format `siem`, and no alert of Graph ({0}). \
         Give a JSON array or NDJSON, as it is, as Splunk or Elastic exports it, or with gzip"
    )]
    NoExport(String),
    /// The temporary file cannot be written.
    #[error("the temporary file cannot be written: {0}")]
    Temporary(io::Error),
}

/// What was read.
pub(crate) struct Side {
    pub(crate) sorter: Sorter,
    pub(crate) report: SideReport,
    pub(crate) times: Option<(Timestamp, Timestamp)>,
    /// Whether any record has the key.
    pub(crate) has_key: Vec<bool>,
}

/// The counts of one file, which are those of the side if it holds any record.
#[derive(Default)]
struct InFile {
    records: u64,
    others: u64,
    passed_over: u64,
    broken: u64,
    first_broken: Vec<BrokenPart>,
    first_others: Vec<BrokenPart>,
}

impl InFile {
    fn broken(&mut self, file: &str, position: Position, why: &impl ToString) {
        self.broken += 1;
        place(&mut self.first_broken, file, position, why);
    }

    fn other(&mut self, file: &str, position: Position) {
        self.others += 1;
        place(&mut self.first_others, file, position, &Broken::Other);
    }
}

/// Notes where a part of a file is, if it is one of the first.
fn place(places: &mut Vec<BrokenPart>, file: &str, position: Position, why: &impl ToString) {
    if places.len() < MAX_BROKEN_SHOWN {
        places.push(BrokenPart {
            file: file.to_owned(),
            position,
            why: why.to_string(),
        });
    }
}

impl InFile {
    /// What a file without a record holds.
    fn seen(&self, first_bytes: &[u8]) -> String {
        let objects = if self.others == 1 {
            "object"
        } else {
            "objects"
        };
        let mut seen = format!("{} other {objects}", self.others);
        if self.passed_over > 0 {
            seen.push_str(&format!(", {} previews and the like", self.passed_over));
        }
        if let Some(first) = self.first_broken.first() {
            let line = first.position.line;
            seen.push_str(&format!(
                ", {} parts that cannot be read; the first in line {line} {}",
                self.broken, first.why
            ));
        }
        match first_bytes.trim_ascii_start() {
            [b'<', ..] => seen.push_str("; it looks like XML: export it as JSON"),
            [b'{' | b'[', ..] => {}
            text => {
                let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
                if line.contains(&b',') {
                    seen.push_str("; it looks like CSV: export it as JSON");
                }
            }
        }
        seen
    }
}

/// The beginning of a text.
fn first_bytes(text: &mut impl BufRead) -> Result<Vec<u8>, OpenError> {
    let buffered = text.fill_buf().map_err(OpenError::from)?;
    Ok(buffered.iter().take(FIRST_BYTES).copied().collect())
}

impl Side {
    pub(crate) fn new(run_bytes: usize) -> Self {
        Self {
            sorter: Sorter::new(run_bytes),
            report: SideReport::default(),
            times: None,
            has_key: vec![false; KEYS.len()],
        }
    }

    /// Reads a file.
    pub(crate) fn read(&mut self, file: &str, input: impl Read) -> Result<(), ReadError> {
        let mut text = open(input)?;
        let first_bytes = first_bytes(&mut text)?;
        let mut items = Items::of(text);
        let mut counts = InFile::default();
        loop {
            match items.next_item() {
                Ok(Some(item)) => self.item(file, item, &mut counts)?,
                Ok(None) => break,
                Err(error) => {
                    let position = items.position();
                    counts.broken(file, position, &format!("cannot be read further: {error}"));
                    break;
                }
            }
            let is_none = counts.others >= MAX_OTHERS_FIRST || counts.broken >= MAX_BROKEN_FIRST;
            if counts.records == 0 && is_none {
                break;
            }
        }
        let is_export = counts.records > 0;
        let report = &mut self.report;
        let add = |places: &mut Vec<BrokenPart>, more: &[BrokenPart]| {
            places.extend_from_slice(more);
            places.truncate(MAX_BROKEN_SHOWN);
        };
        if is_export {
            report.others += counts.others;
            report.passed_over += counts.passed_over;
            add(&mut report.first_others, &counts.first_others);
        }
        // What is broken may be all of a file that is an export.
        report.broken += counts.broken;
        add(&mut report.first_broken, &counts.first_broken);
        match is_export {
            true => Ok(()),
            false => Err(ReadError::NoExport(counts.seen(&first_bytes))),
        }
    }

    /// Notes a file that is not read.
    pub(crate) fn pass_over(&mut self, file: &str) {
        let files = &mut self.report.files_passed_over;
        files.count += 1;
        if files.first.len() < MAX_FILES_SHOWN {
            files.first.push(file.to_owned());
        }
    }

    fn item(&mut self, file: &str, item: Item, counts: &mut InFile) -> Result<(), ReadError> {
        let text = match item.text {
            Ok(text) => text,
            Err(why) => {
                counts.broken(file, item.position, &why);
                return Ok(());
            }
        };
        if item.is_preview {
            counts.passed_over += 1;
            return Ok(());
        }
        let found = match item.wrapped {
            None => look(text),
            Some(read) => {
                let (found, total) = look_around_list(text);
                self.report.hits_read += total.map_or(0, |_| read);
                // Each page of an answer says how many there are in all.
                self.report.hits = self.report.hits.max(total.unwrap_or_default());
                found
            }
        };
        for found in found {
            match found {
                Unwrapped::Record(map) => {
                    counts.records += 1;
                    self.record(map)?;
                }
                Unwrapped::Alert(text) => match Alert::decode(&text) {
                    Ok(alert) => {
                        counts.records += 1;
                        self.alert(&alert)?;
                    }
                    Err(error) => counts.broken(file, item.position, &error),
                },
                Unwrapped::Passing => counts.passed_over += 1,
                Unwrapped::Other => counts.other(file, item.position),
                Unwrapped::Broken(why) => counts.broken(file, item.position, &why),
            }
        }
        Ok(())
    }

    fn alert(&mut self, alert: &Alert<'_>) -> Result<(), ReadError> {
        self.report.mapped_alerts += 1;
        for record in records(&SIEM, alert) {
            if let Ok(Value::Object(map)) = serde_json::from_str(&record.body) {
                self.record(map)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, map: Map<String, Value>) -> Result<(), ReadError> {
        let report = &mut self.report;
        report.records += 1;
        let row = Row::of(map, |name, foreign| match foreign {
            Foreign::Of(n) => {
                if report.other_names.contains_key(name) || report.other_names.len() < MAX_NAMES {
                    let names = &mut report.other_names;
                    names.entry(name.to_owned()).or_insert((KEYS[n].name, 0)).1 += 1;
                }
            }
            Foreign::Against(n) => {
                let names = &mut report.other_values;
                if names.contains_key(name) || names.len() < MAX_NAMES {
                    names.entry(name.to_owned()).or_insert((KEYS[n].name, 0)).1 += 1;
                }
            }
            // What an indexer adds.
            Foreign::Unknown { .. } if name.starts_with(['_', '@']) => {}
            Foreign::Unknown { is_filled } => {
                if report.unknown.contains_key(name) || report.unknown.len() < MAX_NAMES {
                    *report.unknown.entry(cut(name)).or_default() += u64::from(is_filled);
                }
            }
        });
        for n in row.places() {
            self.has_key[n] = true;
        }
        if let Some(time) = row.time("AlertTime") {
            let (first, last) = self.times.get_or_insert((time.at, time.at));
            *first = (*first).min(time.at);
            *last = (*last).max(time.at);
        }
        let encoded =
            serde_json::to_vec(&row).map_err(|error| ReadError::Temporary(error.into()))?;
        let push = self.sorter.push(key(&row).as_bytes(), &encoded);
        push.map_err(ReadError::Temporary)
    }
}

/// What records of one alert have in common.
fn key(row: &Row) -> String {
    match row.alert_id() {
        // No id at all: what the second way of matching goes by.
        "" => {
            let texts = ["IoaDefinitionId", "AlertTitle", "AlertTime"].map(|name| row.text(name));
            format!("\0{}\0{}", texts.join("\0"), part::device(row))
        }
        id => without_prefix(id),
    }
}
