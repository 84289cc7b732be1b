//! A page: what is known of alerts that came up at about the same time, in every output.
//!
//! It is a version (one byte), the number of outputs (LEB128), the name of each (its length in LEB128,
//! then UTF-8), and then, in the order of their places, what each output knows of an alert: the
//! output's number (LEB128) and the [entry](crate::entry). A BLAKE3 digest of all that ends it.

use std::sync::Arc;

use super::index::{PageId, PagePosition};
use crate::StateError;
use crate::entry::{Entry, Form, PackedEntry, push_count, take_count};

/// The version of a page.
const VERSION: u8 = 1;

/// What one output knows of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) alert: [u8; 16],
    pub(crate) output: Arc<str>,
    pub(crate) entry: Entry,
}

impl Row {
    pub(crate) fn place(&self) -> PagePosition {
        PagePosition::of(&self.alert, self.entry.created_secs)
    }

    /// Rows lie in this order: by place, and then so that those of an alert are together.
    pub(crate) fn order(&self) -> (u32, [u8; 16], &str) {
        (self.entry.created_secs, self.alert, &self.output)
    }

    pub(crate) fn packed_len(&self) -> usize {
        1 + self.entry.packed_len()
    }
}

/// A page's bytes, of rows in their order.
pub(crate) fn encode(rows: &[Row]) -> Vec<u8> {
    let mut outputs: Vec<&str> = rows.iter().map(|row| &*row.output).collect();
    outputs.sort_unstable();
    outputs.dedup();
    let mut bytes = Vec::with_capacity(64 + rows.iter().map(Row::packed_len).sum::<usize>());
    bytes.push(VERSION);
    push_count(outputs.len(), &mut bytes);
    for output in &outputs {
        push_count(output.len(), &mut bytes);
        bytes.extend_from_slice(output.as_bytes());
    }
    for row in rows {
        let output = outputs.binary_search(&&*row.output).unwrap_or_default();
        push_count(output, &mut bytes);
        row.entry.pack(&row.alert, &mut bytes);
    }
    let digest = blake3::hash(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    bytes
}

/// The name of a page with these bytes.
pub(crate) fn id_of(bytes: &[u8], sequence: u32) -> PageId {
    let digest = bytes
        .last_chunk::<32>()
        .and_then(|digest| digest.first_chunk());
    PageId {
        sequence,
        digest: u64::from_be_bytes(digest.copied().unwrap_or_default()),
    }
}

/// One of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedRow<'a> {
    pub(crate) output: &'a str,
    pub(crate) entry: PackedEntry<'a>,
}

/// The rows of a page, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Rows<'a> {
    outputs: Vec<&'a str>,
    rest: &'a [u8],
}

/// A page at hand, and where in it the rows of an alert are.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Arc<[u8]>,
    /// The first eight bytes of each row's alert, and how many bytes there are from the row on.
    rows: Vec<(u64, u32)>,
}

impl Held {
    /// The page of that name, if these are its bytes.
    pub(crate) fn checked(bytes: Arc<[u8]>, id: PageId) -> Result<Self, StateError> {
        let sealed = bytes.split_last_chunk::<32>();
        let is_sealed = sealed.is_some_and(|(body, seal)| blake3::hash(body).as_bytes() == seal);
        if !is_sealed || id_of(&bytes, id.sequence) != id {
            return Err(damaged("it is not what its digest says: it was changed"));
        }
        let mut found = Vec::new();
        let mut rows = Rows::of(&bytes)?;
        let mut from = rows.rest.len();
        while let Some(row) = rows.next() {
            found.push((start_of(row?.entry.alert), u32::try_from(from).unwrap_or(0)));
            from = rows.rest.len();
        }
        found.sort_unstable();
        Ok(Self { bytes, rows: found })
    }

    /// The rows of one alert.
    pub(crate) fn of(&self, alert: &[u8; 16]) -> Vec<PackedRow<'_>> {
        let start = start_of(alert);
        let from = self.rows.partition_point(|(other, _)| *other < start);
        let same = self.rows[from..].iter().take_while(|row| row.0 == start);
        let Ok(rows) = Rows::of(&self.bytes) else {
            return Vec::new();
        };
        let found = same.filter_map(|(_, left)| {
            let from = rows.rest.len().checked_sub(usize::try_from(*left).ok()?)?;
            let rest = &rows.rest[from..];
            Rows {
                rest,
                ..rows.clone()
            }
            .next()?
            .ok()
        });
        found.filter(|row| row.entry.alert == alert).collect()
    }

    pub(crate) fn weight(&self) -> usize {
        self.bytes.len() + self.rows.len() * 16
    }
}

fn start_of(alert: &[u8; 16]) -> u64 {
    alert
        .first_chunk()
        .map_or(0, |start| u64::from_be_bytes(*start))
}

impl<'a> Rows<'a> {
    /// Those of a page with these bytes.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, StateError> {
        Self::open(bytes).ok_or_else(|| damaged("it is of another version, or cut off"))
    }

    fn open(bytes: &'a [u8]) -> Option<Self> {
        let (body, _) = bytes.split_last_chunk::<32>()?;
        let (version, mut rest) = body.split_first()?;
        if *version != VERSION {
            return None;
        }
        let count = take_count(&mut rest)?;
        let mut outputs = Vec::new();
        for _ in 0..count {
            let length = take_count(&mut rest)?;
            let (name, after) = rest.split_at_checked(length)?;
            outputs.push(str::from_utf8(name).ok()?);
            rest = after;
        }
        Some(Self { outputs, rest })
    }

    fn row(&mut self) -> Option<PackedRow<'a>> {
        let output = take_count(&mut self.rest)?;
        Some(PackedRow {
            output: self.outputs.get(output)?,
            entry: PackedEntry::take(&mut self.rest, Form::Now)?,
        })
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<PackedRow<'a>, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_none() {
            self.rest = &[];
        }
        Some(row.ok_or_else(|| damaged("a row is cut off")))
    }
}

fn damaged(what: &str) -> StateError {
    StateError::DamagedPage { what: what.into() }
}
