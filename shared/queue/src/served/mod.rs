//! Messages as lines of segments, each of which is shown from a moment on, for readers that ask over
//! HTTPS with the time up to which they have read.

mod segment;
mod severity;
mod stamp;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_access::AccessError;
use drawbridge_store::{Catalogue, StoreError};
use drawbridge_time::Clock;
use jiff::SignedDuration;
use tokio::sync::Mutex;

pub use stamp::{NoStamp, Segments, Stamp};

use self::segment::{NotStamped, Segment, Stamped};
use crate::{Message, Queue, QueueError, Refused, code, escape};

/// The media type of a segment's lines.
const CONTENT_TYPE: &str = "application/x-ndjson";

/// The most stamps that a segment is tried under before the poll is given up: most of them where others
/// have the seconds,
const MOST_STAMPS: u32 = 16;

/// and so many where writing took too long.
const MOST_TIMES_LATE: u32 = 3;

/// The most seconds that a stamp is moved on at once where others have it.
const LONGEST_STEP_SECS: i64 = 64;

/// How far ahead of the clock a stamp may be for the next one to follow it, in seconds: what is later
/// was written while a clock was wrong by more than is worth waiting for.
const FOLLOWED_SECS: i64 = 60 * 60;

/// The most bytes of a segment, before and after compression, that whoever serves it reads.
pub const MAX_SEGMENT_BYTES: usize = 64 * 1024 * 1024;

/// What a segment of one record may have more than the record: the stamp, the line's end, and what gzip
/// adds to what it cannot make shorter.
const RESERVED_BYTES: usize = 64 * 1024;

/// When a segment is closed, and from when on it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedSettings {
    /// The most bytes a segment holds before compression, line ends included; only a record that is
    /// longer by itself makes a larger one.
    pub max_segment_bytes: usize,
    /// The most bytes of a record; a longer one is refused, since nobody could read its segment.
    pub max_record_bytes: usize,
    /// The longest, in seconds, that a segment takes records: it is closed by the next send after
    /// that, so that a poll that takes hours is read all along.
    pub max_segment_age_secs: u64,
    /// How far in the future a segment's stamp is when it is begun to be written, in seconds.
    pub lead_secs: u32,
    /// How long before its stamp a segment has to be written, in seconds; less than the lead. The
    /// clock of whoever shows it may be ahead by as much, less two seconds where a listing is slow.
    pub ahead_secs: u32,
}

impl Default for ServedSettings {
    /// 8 MiB, a little less than [`MAX_SEGMENT_BYTES`], one minute, 10 seconds, 5 seconds.
    fn default() -> Self {
        Self {
            max_segment_bytes: 8 * 1024 * 1024,
            max_record_bytes: MAX_SEGMENT_BYTES - RESERVED_BYTES,
            max_segment_age_secs: 60,
            lead_secs: 10,
            ahead_secs: 5,
        }
    }
}

/// Messages as gzip NDJSON in segments, one body per line, in a [`Catalogue`].
///
/// A segment has a [`Stamp`]: a second in the future, which no other segment of the output has, and in
/// which it is shown. It is complete before that. So whatever turns up after somebody asked has a later
/// stamp than the moment he asked at, without any agreement between those who write: a reader that asks
/// for what is later than the last stamp it saw, or than the time of its last question, misses nothing.
/// A segment that could not be written in time is written under a later stamp. If the first try was
/// carried out after all, its records come twice, with the same keys.
///
/// The member of a record in which the retired API had such a time has the stamp: `LastProcessedTimeUtc`
/// in the `siem` format, whose `Severity` is one of the five words that the retired API had. Group, key and
/// attributes are not written.
///
/// One instance serves one tenant and one format, and one poll at a time.
pub struct ServedQueue {
    store: Arc<dyn Catalogue>,
    clock: Arc<dyn Clock>,
    segments: Segments,
    /// By its name.
    format: String,
    stamped: Option<Stamped>,
    settings: ServedSettings,
    held: Mutex<Held>,
}

/// What was taken and is not in the store yet.
#[derive(Default)]
struct Held {
    open: Option<Segment>,
    /// The last stamp that was tried.
    last: Option<Stamp>,
}

impl ServedQueue {
    /// Writes segments of `tenant` in `format`, by their names, with the records of the directory
    /// (tenant) id `directory`, into `store`.
    pub fn new(
        store: Arc<dyn Catalogue>,
        clock: Arc<dyn Clock>,
        tenant: &str,
        directory: &str,
        format: &str,
    ) -> Self {
        Self {
            store,
            clock,
            segments: Segments::of(tenant, directory, format),
            format: format.to_owned(),
            stamped: Stamped::of(format),
            settings: ServedSettings::default(),
            held: Mutex::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn with_settings(mut self, settings: ServedSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Whether another line of `bytes` is for the next segment.
    fn is_full(&self, open: &Segment, bytes: usize) -> bool {
        open.len().saturating_add(bytes) > self.settings.max_segment_bytes
            || open.age() >= Duration::from_secs(self.settings.max_segment_age_secs)
    }

    /// Writes the open segment. After an error it is still held.
    async fn write(&self, held: &mut Held) -> Result<(), QueueError> {
        let Some(open) = held.open.as_ref() else {
            return Ok(());
        };
        let (mut step_secs, mut times_late) = (1, 0);
        held.last = self.newest(held.last).await?;
        for _ in 0..MOST_STAMPS {
            let stamp = self.next_stamp(held.last)?;
            held.last = Some(stamp);
            let body = open.stamped(stamp).map_err(|_| self.not_compressed())?;
            match self.write_by(stamp, body).await? {
                Wrote::InTime => {
                    held.open = None;
                    return Ok(());
                }
                // A later stamp is needed, and the clock gives one.
                Wrote::TooLate => times_late += 1,
                // Somebody else writes at the same moment, or has written ahead: not one by one.
                Wrote::NotOurs => {
                    held.last = Some(stamp.later(step_secs - 1));
                    step_secs = (step_secs * 2).min(LONGEST_STEP_SECS);
                }
            }
            if times_late == MOST_TIMES_LATE {
                break;
            }
        }
        let place = self.segments.prefix().to_owned();
        let code = "no segment could be written before its time";
        Err(not_written(AccessError::unavailable(place, code).into()))
    }

    /// The second that lies the lead ahead, or the one behind the last: stamps rise also where the clock
    /// was set back.
    fn next_stamp(&self, last: Option<Stamp>) -> Result<Stamp, QueueError> {
        let ahead = self.ahead()?;
        Ok(last.map_or(ahead, |last| ahead.max(last.later(1))))
    }

    /// The second that lies the lead ahead.
    fn ahead(&self) -> Result<Stamp, QueueError> {
        let lead = SignedDuration::from_secs(self.settings.lead_secs.into());
        let ahead = self.clock.now().checked_add(lead).ok();
        let ahead = ahead.and_then(Stamp::not_after);
        ahead.ok_or_else(|| self.failed("the clock is wrong", "set the clock"))
    }

    /// The last stamp in the store from the one on that the clock gives, or the last one that was tried,
    /// if the next one is to follow it.
    async fn newest(&self, tried: Option<Stamp>) -> Result<Option<Stamp>, QueueError> {
        let ahead = self.ahead()?;
        let is_followed = |stamp: &Stamp| *stamp <= ahead.later(FOLLOWED_SECS);
        let before = self.segments.key(ahead.later(-1));
        let keys = self.store.list_after(self.segments.prefix(), &before);
        let keys = keys.await.map_err(not_written)?;
        let stamps = keys.iter().filter_map(|key| self.segments.stamp(key));
        let (followed, wrong): (Vec<_>, Vec<_>) = stamps.partition(|stamp| is_followed(stamp));
        if !wrong.is_empty() {
            tracing::warn!(
                place = self.segments.prefix(),
                segments = wrong.len(),
                "a clock was wrong: segments lie more than an hour ahead, and are shown only then"
            );
        }
        Ok(followed.into_iter().chain(tried.filter(is_followed)).max())
    }

    async fn write_by(&self, stamp: Stamp, body: bytes::Bytes) -> Result<Wrote, QueueError> {
        let key = self.segments.key(stamp);
        let Ok(most) = Duration::try_from(self.left(stamp)) else {
            return Ok(Wrote::TooLate);
        };
        let put = self.store.put_if(&key, body.clone(), CONTENT_TYPE, None);
        match tokio::time::timeout(most, put).await {
            // Whether it is carried out after all nobody knows.
            Err(_) => return Ok(Wrote::TooLate),
            Ok(Ok(_)) => {}
            Ok(Err(StoreError::Conflict { .. })) => {
                // A first try whose answer was lost makes the second one meet what it wrote.
                let found = self.store.get(&key).await.map_err(not_written)?;
                if found.is_none_or(|found| found.body != body) {
                    return Ok(Wrote::NotOurs);
                }
            }
            Ok(Err(error)) => return Err(not_written(error)),
        }
        // The clock decides, which may have been set meanwhile.
        Ok(match self.left(stamp).is_negative() {
            true => Wrote::TooLate,
            false => Wrote::InTime,
        })
    }

    /// How long there is to write what is shown from `stamp` on; negative if it is too late.
    fn left(&self, stamp: Stamp) -> SignedDuration {
        let ahead = SignedDuration::from_secs(self.settings.ahead_secs.into());
        stamp.time().duration_since(self.clock.now()) - ahead
    }

    fn not_compressed(&self) -> QueueError {
        self.failed("gzip", "give the function more memory")
    }

    fn failed(&self, code: &str, fix: &'static str) -> QueueError {
        let error = AccessError::Failed {
            place: self.segments.prefix().to_owned(),
            code: code.to_owned(),
            fix: fix.into(),
        };
        error.into()
    }
}

/// What became of a write.
enum Wrote {
    InTime,
    TooLate,
    /// There is another segment with that stamp.
    NotOurs,
}

fn not_written(source: StoreError) -> QueueError {
    QueueError::Object { source }
}

#[async_trait]
impl Queue for ServedQueue {
    async fn begin(&self) {
        self.held.lock().await.open = None;
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let mut held = self.held.lock().await;
        let mut refused = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let mut refuse = |code: &str| {
                refused.push(Refused {
                    index,
                    code: code.to_owned(),
                    retryable: false,
                });
            };
            let line = match escape::for_queue(&message.body) {
                Ok(line) if line.is_empty() => {
                    refuse(code::EMPTY);
                    continue;
                }
                Ok(line) if line.len() > self.settings.max_record_bytes => {
                    refuse(code::TOO_LONG);
                    continue;
                }
                Ok(line) => line,
                Err(escape::ControlCharacter) => {
                    refuse(code::INVALID_CONTENTS);
                    continue;
                }
            };
            let line = severity::accepted(&self.format, &line);
            let is_full = |open: &Segment| self.is_full(open, line.len() + 1);
            if held.open.as_ref().is_some_and(is_full) {
                // Nothing more is taken while the store does not take what is there.
                self.write(&mut held).await?;
            }
            let open = held.open.get_or_insert_with(Segment::new);
            if let Err(NotStamped) = open.push(&line, self.stamped.as_ref()) {
                refuse(code::INVALID_CONTENTS);
            }
        }
        if held.open.as_ref().is_some_and(|open| open.len() == 0) {
            held.open = None;
        }
        Ok(refused)
    }

    async fn flush(&self) -> Result<(), QueueError> {
        let mut held = self.held.lock().await;
        self.write(&mut held).await
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
