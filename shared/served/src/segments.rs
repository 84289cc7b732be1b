//! Segments, as they are listed and read.

use std::io::Read as _;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_queue::{MAX_SEGMENT_BYTES, Segments, Stamp};
use drawbridge_store::{Catalogue, StoreError};
use drawbridge_time::Clock;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::filter::Filter;
use crate::kept::Kept;
use crate::query::Window;

/// Why a segment could not be read. Never holds any of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SegmentError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "{key} is not a segment that can be read: it is not gzip, is damaged or too large; if its \
         records are not needed, remove it"
    )]
    Damaged { key: String },
}

/// A segment is written five seconds before it is shown, less what clocks differ by. So a listing has all
/// that is shown up to its end, if that is not later than this after its beginning.
const WRITTEN_BEFORE: Duration = Duration::from_secs(2);

/// A segment as it was listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) stamp: Stamp,
    /// Its size in the store, if the listing has it. That of a folder has not.
    pub(crate) bytes: Option<usize>,
}

/// What of the segments was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Which of them.
    pub(crate) window: Window,
    /// When these were all that were shown.
    pub(crate) at: Instant,
}

/// The segments of one output of a tenant.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<dyn Catalogue>,
    pub(crate) segments: Segments,
    pub(crate) kept: Arc<Kept>,
}

impl Source {
    /// The segments of a window, in order, and what of it was seen: up to its end, or up to `until` or the
    /// moment at which they were listed, if that is later.
    pub(crate) async fn list(
        &self,
        window: Window,
        until: Option<Timestamp>,
        clock: &dyn Clock,
    ) -> Result<(Vec<Listed>, Seen), StoreError> {
        let (begun, at) = (clock.now(), Instant::now());
        if window.is_empty() {
            return Ok((Vec::new(), Seen { window, at }));
        }
        let prefix = self.segments.prefix();
        let listing = match window.after {
            Some(after) => {
                let key = self.segments.key(after);
                self.store.list_readable_after(prefix, &key).await?
            }
            None => self.store.list_readable(prefix).await?,
        };
        let took = at.elapsed().min(WRITTEN_BEFORE);
        // The clock may have been set meanwhile.
        let now = clock.now().min(begun + took);
        let seen = Seen {
            window: window.up_to(until, now),
            at: at + took,
        };
        let stamp = |key: &str| {
            let stamp = self.segments.stamp(key);
            stamp.filter(|stamp| Some(*stamp) <= seen.window.until)
        };
        let mut links = listing.links.into_iter();
        // A link in a segment's place has its records somewhere, which are not read, and not left out either.
        let linked = links.find(|(key, _)| stamp(key).is_some());
        let linked = linked.map(|(_, error)| error);
        if let Some(error) = linked.or(listing.unreadable.into_iter().next()) {
            return Err(error);
        }
        let listed = listing.objects.iter().filter_map(|object| {
            let bytes = object.bytes.and_then(|bytes| usize::try_from(bytes).ok());
            Some(Listed {
                stamp: stamp(&object.key)?,
                bytes,
            })
        });
        Ok((listed.collect(), seen))
    }

    /// A segment's compressed lines; `None` if it has expired since it was listed.
    pub(crate) async fn packed(&self, stamp: Stamp) -> Result<Option<Packed>, SegmentError> {
        let key = self.segments.key(stamp);
        if let Some(bytes) = self.kept.get(&key) {
            return Ok(Some(Packed { key, bytes }));
        }
        let object = self.store.get_at_most(&key, MAX_SEGMENT_BYTES).await?;
        Ok(object.map(|object| Packed {
            key,
            bytes: object.body,
        }))
    }

    /// A segment's lines that a filter takes, each with its end. Beside what others are answered: a
    /// segment may take a good part of a second.
    pub(crate) async fn lines(
        &self,
        packed: &Packed,
        filter: &Arc<Filter>,
    ) -> Result<Vec<u8>, SegmentError> {
        let (unpacked, filter) = (packed.clone(), Arc::clone(filter));
        let work = tokio::task::spawn_blocking(move || Ok(filter.lines(unpacked.unpacked()?)));
        // It is never cancelled.
        let lines = work
            .await
            .unwrap_or_else(|error| resume_unwind(error.into_panic()));
        if lines.is_ok() {
            // One that is damaged is read anew, since somebody may repair it.
            self.kept.keep(&packed.key, &packed.bytes);
        }
        lines
    }
}

/// A segment as it lies in the store.
#[derive(Clone)]
pub(crate) struct Packed {
    key: String,
    bytes: bytes::Bytes,
}

impl Packed {
    /// Its bytes as they are, compressed.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn unpacked(&self) -> Result<Vec<u8>, SegmentError> {
        let mut lines = Vec::new();
        let mut decoder = MultiGzDecoder::new(&self.bytes[..]).take(MAX_SEGMENT_BYTES as u64 + 1);
        match decoder.read_to_end(&mut lines) {
            Ok(read) if read <= MAX_SEGMENT_BYTES => Ok(lines),
            _ => Err(SegmentError::Damaged {
                key: self.key.clone(),
            }),
        }
    }
}

/// The records of a segment's lines.
pub(crate) fn records(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = lines.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty())
}

/// A segment's lines without the first records, so many.
pub(crate) fn without(first: u64, mut lines: Vec<u8>) -> Vec<u8> {
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let kept = lines
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| *line != b"\n")
        .skip(first);
    let kept: usize = kept.map(<[u8]>::len).sum();
    lines.drain(..lines.len() - kept);
    lines
}
