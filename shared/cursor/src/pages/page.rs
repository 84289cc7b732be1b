//! A page: what is known of alerts that came up at about the same time, in every output.
//!
//! It is a version (one byte), the number of outputs (LEB128), the name of each (its length in LEB128,
//! then UTF-8), and then, in the order of their places, what each output knows of an alert: the
//! output's number (LEB128) and the [entry](crate::entry). A BLAKE3 digest of all that ends it.

use std::sync::Arc;

use super::index::{PageId, Place};
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
    pub(crate) fn place(&self) -> Place {
        Place::of(&self.alert, self.entry.created_secs)
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

/// A page whose digest was compared.
#[derive(Debug, Clone)]
pub(crate) struct Page<'a> {
    outputs: Vec<&'a str>,
    rows: &'a [u8],
}

/// One of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedRow<'a> {
    pub(crate) output: &'a str,
    pub(crate) entry: PackedEntry<'a>,
}

/// Whether these are the bytes of the page of that name.
pub(crate) fn check(bytes: &[u8], id: PageId) -> Result<(), StateError> {
    let sealed = bytes.split_last_chunk::<32>();
    let is_sealed = sealed.is_some_and(|(body, seal)| blake3::hash(body).as_bytes() == seal);
    if !is_sealed || id_of(bytes, id.sequence) != id {
        return Err(damaged("it is not what its digest says: it was changed"));
    }
    rows(bytes)?.collect::<Result<Vec<_>, _>>().map(|_| ())
}

/// The rows of a page.
pub(crate) fn rows(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<PackedRow<'_>, StateError>>, StateError> {
    let Page { outputs, mut rows } =
        Page::open(bytes).ok_or_else(|| damaged("it is of another version, or cut off"))?;
    let mut is_whole = true;
    Ok(std::iter::from_fn(move || {
        if rows.is_empty() || !is_whole {
            return None;
        }
        let row = take_count(&mut rows).and_then(|output| {
            Some(PackedRow {
                output: outputs.get(output)?,
                entry: PackedEntry::take(&mut rows, Form::Now)?,
            })
        });
        is_whole = row.is_some();
        Some(row.ok_or_else(|| damaged("a row is cut off")))
    }))
}

impl<'a> Page<'a> {
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
        Some(Self {
            outputs,
            rows: rest,
        })
    }
}

fn damaged(what: &str) -> StateError {
    StateError::DamagedPage { what: what.into() }
}
