//! An answer's body: one JSON array, a segment at a time.

use std::io::{self, Write as _};

use bytes::Bytes;
use drawbridge_queue::Stamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::OwnedSemaphorePermit;

use crate::filter::Filter;
use crate::log::Served;
use crate::segments::{Packed, SegmentError, Source, records};

/// The body of an answer. An error is the end of it, without the end of the array: a client cannot take
/// half of an answer for the whole.
pub type Body = BoxStream<'static, Result<Bytes, BrokenOff>>;

/// The rest of an answer could not be read; why is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off: a segment could not be read")]
pub struct BrokenOff;

/// Segments that are fetched while one is sent.
const AHEAD: usize = 8;

/// What goes into an answer.
pub(crate) struct Wanted {
    pub(crate) source: Source,
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) filter: Filter,
    /// Records to leave out at the beginning.
    pub(crate) skip: u64,
    /// The most bytes before compression, but for the segment with which they are reached.
    pub(crate) most_bytes: u64,
    pub(crate) gzip: bool,
    /// What is told of it at its end.
    pub(crate) served: Served,
    /// One of the client's answers, until it has ended.
    pub(crate) turn: OwnedSemaphorePermit,
}

/// An answer on its way.
struct Sending {
    packed: BoxStream<'static, Result<Option<Packed>, SegmentError>>,
    /// Segments that were not looked at yet.
    left: usize,
    filter: Filter,
    skip: u64,
    most_bytes: u64,
    bytes: u64,
    encoder: Option<GzEncoder<Vec<u8>>>,
    is_done: bool,
    served: Served,
    _turn: OwnedSemaphorePermit,
}

impl Wanted {
    /// Its chunks. The first one comes when the first segment was read.
    pub(crate) fn chunks(self) -> BoxStream<'static, Result<Bytes, SegmentError>> {
        let left = self.stamps.len();
        let source = self.source;
        let packed = stream::iter(self.stamps).map(move |stamp| {
            let source = source.clone();
            async move { source.packed(stamp).await }
        });
        let sending = Sending {
            packed: packed.buffered(AHEAD).boxed(),
            left,
            filter: self.filter,
            skip: self.skip,
            most_bytes: self.most_bytes,
            bytes: 0,
            encoder: self
                .gzip
                .then(|| GzEncoder::new(Vec::new(), Compression::fast())),
            is_done: false,
            served: self.served,
            _turn: self.turn,
        };
        stream::try_unfold(sending, |mut sending| async move {
            Ok(sending.next().await?.map(|chunk| (chunk, sending)))
        })
        .boxed()
    }
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, SegmentError> {
        while !self.is_done {
            let mut text = Vec::new();
            match self.packed.try_next().await.inspect_err(|error| {
                self.served.broke_off(error);
            })? {
                Some(packed) => {
                    self.left = self.left.saturating_sub(1);
                    if let Some(packed) = packed {
                        let lines = packed.lines();
                        let lines = lines.inspect_err(|error| self.served.broke_off(error))?;
                        self.append(&lines, &mut text);
                    }
                    if self.bytes >= self.most_bytes && self.left > 0 {
                        self.served.cut();
                        self.end(&mut text);
                    }
                }
                None => self.end(&mut text),
            }
            let chunk = match &mut self.encoder {
                None => text,
                Some(encoder) => packed_chunk(encoder, &text, self.is_done)
                    .inspect_err(|_| self.served.broke_off(&"gzip"))
                    .map_err(|_| SegmentError::Damaged { key: "gzip".into() })?,
            };
            if !chunk.is_empty() {
                self.served.sent(chunk.len());
                if self.is_done {
                    self.served.complete();
                }
                return Ok(Some(chunk.into()));
            }
        }
        Ok(None)
    }

    /// Adds the records of a segment.
    fn append(&mut self, lines: &[u8], text: &mut Vec<u8>) {
        text.reserve(lines.len() + 1);
        for record in records(lines) {
            if !self.filter.takes(record) {
                continue;
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            text.push(if self.served.records() == 0 {
                b'['
            } else {
                b','
            });
            text.extend_from_slice(record);
            self.served.record();
        }
        self.bytes += text.len() as u64;
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        if self.served.records() == 0 {
            text.push(b'[');
        }
        text.push(b']');
        self.is_done = true;
    }
}

/// Compresses a text and takes what there is; at the end, all of it.
fn packed_chunk(
    encoder: &mut GzEncoder<Vec<u8>>,
    text: &[u8],
    is_end: bool,
) -> io::Result<Vec<u8>> {
    encoder.write_all(text)?;
    if is_end {
        encoder.try_finish()?;
    } else {
        encoder.flush()?;
    }
    Ok(std::mem::take(encoder.get_mut()))
}
