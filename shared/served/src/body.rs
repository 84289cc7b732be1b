//! An answer's body: one JSON array, a segment at a time, and a blank where nothing else comes.

use std::io::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use crate::answer_reader::{AnswerReader, Piece};
use crate::log::Served;
use crate::segments::{SegmentError, records};

/// The body of an answer. An error is the end of it, without the end of the array: a client cannot take
/// half of an answer for the whole.
pub type Body = BoxStream<'static, Result<Bytes, BrokenOff>>;

/// The rest of an answer could not be read; why is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off: a segment could not be read")]
pub struct BrokenOff;

/// After how long without a record a blank is sent. Some clients give up after five seconds in which
/// nothing comes, and what a filter leaves out comes never.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// What goes into an answer.
pub(crate) struct Wanted {
    pub(crate) reading: AnswerReader,
    pub(crate) asked_at: Instant,
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
    pieces: BoxStream<'static, Result<Piece, SegmentError>>,
    /// Since when the client waits for the first chunk.
    asked_at: Option<Instant>,
    most_bytes: u64,
    bytes: u64,
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Whether the array has begun.
    has_begun: bool,
    is_done: bool,
    served: Served,
    _turn: OwnedSemaphorePermit,
}

impl Wanted {
    /// Its chunks. The first one comes when the first records were read, or after a second.
    pub(crate) fn chunks(self) -> BoxStream<'static, Result<Bytes, SegmentError>> {
        let sending = Sending {
            pieces: self.reading.pieces(),
            asked_at: Some(self.asked_at),
            most_bytes: self.most_bytes,
            bytes: 0,
            encoder: self
                .gzip
                .then(|| GzEncoder::new(Vec::new(), Compression::fast())),
            has_begun: false,
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
        // Whoever takes what was sent slowly has not waited for this.
        let quiet_since = self.asked_at.take().unwrap_or_else(Instant::now);
        while !self.is_done {
            let mut text = Vec::new();
            // What is read goes on being read: only the wait for it ends.
            match timeout_at(quiet_since + QUIET_FOR, self.pieces.next()).await {
                Err(_) => self.blank(&mut text),
                Ok(piece) => self.take(piece.transpose(), &mut text)?,
            }
            if text.is_empty() {
                continue;
            }
            let chunk = match &mut self.encoder {
                None => text,
                Some(encoder) => packed_chunk(encoder, &text, self.is_done)
                    .inspect_err(|_| self.served.broke_off(&"gzip"))
                    .map_err(|_| SegmentError::Damaged { key: "gzip".into() })?,
            };
            self.served.add_bytes(chunk.len());
            if self.is_done {
                self.served.complete();
            }
            return Ok(Some(chunk.into()));
        }
        Ok(None)
    }

    /// Adds what was read.
    fn take(
        &mut self,
        piece: Result<Option<Piece>, SegmentError>,
        text: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        match piece.inspect_err(|error| self.served.broke_off(error))? {
            Some(Piece::Lines(lines)) if self.is_full() && !lines.is_empty() => {
                self.served.cut();
                self.end(text);
            }
            Some(Piece::Lines(lines)) => self.append(&lines, text),
            Some(Piece::GoesOn(window)) => self.served.window.until = window.until,
            Some(Piece::Behind) => self.served.behind(),
            None => self.end(text),
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.bytes >= self.most_bytes
    }

    /// Adds the records of a segment.
    fn append(&mut self, lines: &[u8], text: &mut Vec<u8>) {
        text.reserve(lines.len() + 1);
        for record in records(lines) {
            match self.served.records() {
                0 => self.begin(text),
                _ => text.push(b','),
            }
            text.extend_from_slice(record);
            self.served.record();
        }
        self.bytes += text.len() as u64;
    }

    fn begin(&mut self, text: &mut Vec<u8>) {
        if !self.has_begun {
            text.push(b'[');
            self.has_begun = true;
        }
    }

    /// Adds what says nothing, but that the answer goes on.
    fn blank(&mut self, text: &mut Vec<u8>) {
        match self.has_begun {
            true => text.push(b'\n'),
            false => self.begin(text),
        }
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        self.begin(text);
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
