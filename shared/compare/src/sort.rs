//! Sorts more than fits into memory: sorted runs in one temporary file, merged while they are read. The
//! file has no name where the system can do that, so that nothing is left of it whatever happens.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

/// How many runs are merged at a time; more are made into one first.
const MAX_RUNS: usize = 64;

/// The memory of all readers of runs together.
const READ_BYTES: usize = 4 << 20;

/// Takes entries of a key and a value, in any order.
pub(crate) struct Sorter {
    run_bytes: usize,
    /// Keys and values, one behind the other.
    bytes: Vec<u8>,
    entries: Vec<EntryRange>,
    runs: Vec<Run>,
    file: Option<File>,
}

/// Where an entry lies in the memory.
#[derive(Clone, Copy)]
pub(crate) struct EntryRange {
    start: usize,
    key_bytes: usize,
    value_bytes: usize,
}

/// Where a run lies in the file.
#[derive(Clone, Copy)]
struct Run {
    start: u64,
    end: u64,
}

pub(crate) type Entry = (Vec<u8>, Vec<u8>);

impl Sorter {
    /// Keeps so many bytes in memory at most, and an entry.
    pub(crate) fn new(run_bytes: usize) -> Self {
        Self {
            run_bytes,
            bytes: Vec::new(),
            entries: Vec::new(),
            runs: Vec::new(),
            file: None,
        }
    }

    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let more = key.len() + value.len() + size_of::<EntryRange>();
        let held = self.bytes.len() + self.entries.len() * size_of::<EntryRange>();
        if held > 0 && held + more > self.run_bytes {
            self.spill()?;
        }
        self.entries.push(EntryRange {
            start: self.bytes.len(),
            key_bytes: key.len(),
            value_bytes: value.len(),
        });
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    /// Reads the entries in the order of their keys; of equal ones, in the order in which they came.
    pub(crate) fn sorted(mut self) -> io::Result<Sorted> {
        if self.file.is_none() {
            self.sort();
            return Ok(Sorted::Memory {
                bytes: self.bytes,
                entries: self.entries.into_iter(),
            });
        }
        self.spill()?;
        let file = self.file.ok_or(io::ErrorKind::NotFound)?;
        Ok(Sorted::Merge(Merge::of(file, &self.runs)?))
    }

    fn sort(&mut self) {
        let Self { bytes, entries, .. } = self;
        entries.sort_by_key(|place| &bytes[place.start..place.start + place.key_bytes]);
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let file = match &mut self.file {
            Some(file) => file,
            file => file.insert(tempfile::tempfile()?),
        };
        let mut run = Writer::at_end(file)?;
        for place in &self.entries {
            let (key, value) = parts(&self.bytes, *place);
            run.entry(key, value)?;
        }
        self.runs.push(run.ended()?);
        self.bytes.clear();
        self.entries.clear();
        // One long entry does not take its memory to the end.
        self.bytes.shrink_to(self.run_bytes);
        if self.runs.len() >= MAX_RUNS {
            self.merge()?;
        }
        Ok(())
    }

    /// Makes one run of all, in a file of its own.
    fn merge(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let mut merge = Merge::of(file, &self.runs)?;
        let mut into = tempfile::tempfile()?;
        let mut run = Writer::at_end(&mut into)?;
        while let Some((key, value)) = merge.next()? {
            run.entry(&key, &value)?;
        }
        self.runs = vec![run.ended()?];
        self.file = Some(into);
        Ok(())
    }
}

fn parts(bytes: &[u8], place: EntryRange) -> (&[u8], &[u8]) {
    let end = place.start + place.key_bytes + place.value_bytes;
    bytes[place.start..end].split_at(place.key_bytes)
}

/// Writes a run: of each entry the lengths of its parts, and the parts.
struct Writer<'f> {
    start: u64,
    out: io::BufWriter<&'f mut File>,
}

impl<'f> Writer<'f> {
    fn at_end(file: &'f mut File) -> io::Result<Self> {
        let start = file.seek(SeekFrom::End(0))?;
        let out = io::BufWriter::with_capacity(64 << 10, file);
        Ok(Self { start, out })
    }

    fn entry(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        for part in [key, value] {
            self.out.write_all(&(part.len() as u64).to_le_bytes())?;
        }
        self.out.write_all(key)?;
        self.out.write_all(value)
    }

    fn ended(mut self) -> io::Result<Run> {
        self.out.flush()?;
        let end = self.out.get_mut().stream_position()?;
        Ok(Run {
            start: self.start,
            end,
        })
    }
}

/// Entries in the order of their keys.
pub(crate) enum Sorted {
    Memory {
        bytes: Vec<u8>,
        entries: std::vec::IntoIter<EntryRange>,
    },
    Merge(Merge),
}

impl Sorted {
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        match self {
            Self::Memory { bytes, entries } => Ok(entries.next().map(|place| {
                let (key, value) = parts(bytes, place);
                (key.to_owned(), value.to_owned())
            })),
            Self::Merge(merge) => merge.next(),
        }
    }
}

/// An entry and its run: the key, the run, the value.
type Head = (Vec<u8>, usize, Vec<u8>);

/// Merges runs.
pub(crate) struct Merge {
    runs: Vec<io::BufReader<RunReader>>,
    /// The next entry of each run, the least key first, then the earlier run.
    heads: BinaryHeap<Reverse<Head>>,
}

impl Merge {
    fn of(file: File, runs: &[Run]) -> io::Result<Self> {
        let file = Rc::new(file);
        let each = READ_BYTES / runs.len().max(1);
        let runs = runs.iter().map(|&run| {
            let file = Rc::clone(&file);
            io::BufReader::with_capacity(each, RunReader { file, run })
        });
        let mut merge = Self {
            runs: runs.collect(),
            heads: BinaryHeap::new(),
        };
        for n in 0..merge.runs.len() {
            merge.advance(n)?;
        }
        Ok(merge)
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        let Some(Reverse((key, n, value))) = self.heads.pop() else {
            return Ok(None);
        };
        self.advance(n)?;
        Ok(Some((key, value)))
    }

    fn advance(&mut self, n: usize) -> io::Result<()> {
        let run = &mut self.runs[n];
        if io::BufRead::fill_buf(run)?.is_empty() {
            return Ok(());
        }
        let mut lengths = [0; 16];
        run.read_exact(&mut lengths)?;
        let (key, value) = lengths.split_at(8);
        let key = part(run, key)?;
        let value = part(run, value)?;
        self.heads.push(Reverse((key, n, value)));
        Ok(())
    }
}

fn part(run: &mut impl Read, length: &[u8]) -> io::Result<Vec<u8>> {
    let length = length
        .iter()
        .rev()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let mut part = Vec::new();
    run.take(length).read_to_end(&mut part)?;
    if part.len() as u64 == length {
        Ok(part)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads what is left of a run. All share one file, so that each looks for its place first.
struct RunReader {
    file: Rc<File>,
    run: Run,
}

impl Read for RunReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.run.end - self.run.start).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(self.run.start))?;
        let read = file.read(&mut buffer[..most])?;
        self.run.start += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts numbers in another order, each twice.
    fn sorted(count: usize, run_bytes: usize) -> (bool, Vec<Entry>) {
        let mut sorter = Sorter::new(run_bytes);
        for time in 0..2_u8 {
            for n in 0..count {
                let key = format!("{:05}", n * 7919 % count);
                sorter.push(key.as_bytes(), &[time]).unwrap();
            }
        }
        let spilt = sorter.file.is_some();
        let mut sorted = sorter.sorted().unwrap();
        let mut all = Vec::new();
        while let Some(entry) = sorted.next().unwrap() {
            all.push(entry);
        }
        (spilt, all)
    }

    #[test]
    fn the_order_is_the_same_in_memory_and_on_disk() {
        let expected: Vec<Entry> = (0..2000)
            .flat_map(|n| (0..2).map(move |time| (format!("{n:05}").into_bytes(), vec![time])))
            .collect();
        // In memory; in a few runs; in more than are merged at a time.
        for (run_bytes, on_disk) in [(1 << 20, false), (20_000, true), (300, true), (1, true)] {
            let (spilt, entries) = sorted(2000, run_bytes);
            assert_eq!(spilt, on_disk, "{run_bytes}");
            assert!(entries == expected, "{run_bytes}");
        }
        assert!(sorted(0, 10).1.is_empty());
    }
}
