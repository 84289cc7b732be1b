//! An answer's body: one JSON array, a segment at a time.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_queue::Stamp;
use drawbridge_time::Clock;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::ahead::Ahead;
use crate::filter::Filter;
use crate::log::Served;
use crate::newest::Newest;
use crate::query::Window;
use crate::segments::{SegmentError, Source, records};

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

/// An answer that takes less ends with what there was when it was asked.
const SHORT: Duration = Duration::from_millis(500);

/// What goes into an answer.
pub(crate) struct Wanted {
    pub(crate) source: Source,
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) filter: Arc<Filter>,
    /// When it was asked, and the time that it does not go beyond, if one was given.
    pub(crate) asked_at: Instant,
    pub(crate) until: Option<Timestamp>,
    /// The clock by which it ends with what is shown at its end; without it, it ends with its stamps.
    pub(crate) until_its_end: Option<Arc<dyn Clock>>,
    /// The newest records alone, so many.
    pub(crate) limit: Option<u64>,
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
    source: Source,
    /// The search for the newest records, as long as it goes on.
    newest: Option<Newest>,
    ahead: Ahead,
    filter: Arc<Filter>,
    /// Records to leave out at the beginning.
    skip: u64,
    most_bytes: u64,
    bytes: u64,
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Whether the array has begun.
    has_begun: bool,
    is_done: bool,
    sent_at: Instant,
    listed_at: Instant,
    until: Option<Timestamp>,
    until_its_end: Option<Arc<dyn Clock>>,
    served: Served,
    _turn: OwnedSemaphorePermit,
}

impl Wanted {
    /// Its chunks. The first one comes when the first records were read, or after a second.
    pub(crate) fn chunks(self) -> BoxStream<'static, Result<Bytes, SegmentError>> {
        let source = self.source;
        let (newest, stamps) = match self.limit {
            Some(limit) => {
                let newest = Newest::new(source.clone(), self.stamps, limit);
                (Some(newest), Vec::new())
            }
            None => (None, self.stamps),
        };
        let sending = Sending {
            newest,
            ahead: Ahead::new(source.clone(), stamps),
            source,
            filter: self.filter,
            skip: 0,
            most_bytes: self.most_bytes,
            bytes: 0,
            encoder: self
                .gzip
                .then(|| GzEncoder::new(Vec::new(), Compression::fast())),
            has_begun: false,
            is_done: false,
            sent_at: self.asked_at,
            listed_at: self.asked_at,
            until: self.until,
            until_its_end: self.until_its_end,
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
            let step = self.step(&mut text).await;
            step.inspect_err(|error| self.served.broke_off(error))?;
            if text.is_empty() && self.sent_at.elapsed() >= QUIET_FOR {
                self.blank(&mut text);
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
            self.sent_at = Instant::now();
            self.served.sent(chunk.len());
            if self.is_done {
                self.served.complete();
            }
            return Ok(Some(chunk.into()));
        }
        Ok(None)
    }

    /// Looks at one segment.
    async fn step(&mut self, text: &mut Vec<u8>) -> Result<(), SegmentError> {
        if let Some(newest) = &mut self.newest {
            if let Some(found) = newest.next(&self.filter).await? {
                self.newest = None;
                self.skip = found.too_many;
                self.ahead.extend(found.stamps);
            }
            return Ok(());
        }
        let Some(packed) = self.ahead.next().await.transpose()? else {
            if !self.goes_on().await? {
                self.end(text);
            }
            return Ok(());
        };
        if let Some(packed) = packed {
            let lines = self.source.lines(&packed, &self.filter).await?;
            self.append(&lines, text);
        }
        if self.bytes >= self.most_bytes && !self.ahead.is_at_its_end() {
            self.served.cut();
            self.end(text);
        }
        Ok(())
    }

    /// Whether something was shown while a long answer was on its way. Of a client that notes the time at
    /// its end, nobody would ask for that again.
    async fn goes_on(&mut self) -> Result<bool, SegmentError> {
        let Some(clock) = &self.until_its_end else {
            return Ok(false);
        };
        if self.listed_at.elapsed() < SHORT {
            return Ok(false);
        }
        self.listed_at = Instant::now();
        let now = clock.now();
        let window = Window {
            after: self.served.window.until,
            until: Stamp::not_after(self.until.map_or(now, |until| until.min(now))),
        };
        if window.is_empty() {
            return Ok(false);
        }
        let stamps = self.source.stamps(window).await?;
        self.served.window.until = window.until;
        self.ahead.extend(stamps);
        Ok(!self.ahead.is_at_its_end())
    }

    /// Adds the records of a segment.
    fn append(&mut self, lines: &[u8], text: &mut Vec<u8>) {
        text.reserve(lines.len() + 1);
        for record in records(lines) {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
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
