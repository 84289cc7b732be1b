//! Reads the records of an answer segment by segment and, if wanted, whatever is shown until it ends.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_time::Clock;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;

use crate::ahead::Ahead;
use crate::filter::Filter;
use crate::newest::Newest;
use crate::query::Window;
use crate::segments::{Listed, Seen, SegmentError, Source, without};

/// An answer may end if its last listing is at most this old.
const SHORT: Duration = Duration::from_millis(500);

/// How often an answer looks for what was shown meanwhile: a store that is slow each time, or segments
/// that come as fast as they are read, would have it go on for ever.
const MOST_LOOKS: u32 = 5;

/// Reads the records of one answer.
pub(crate) struct AnswerReader {
    source: Source,
    filter: Arc<Filter>,
    /// The search for the newest records, as long as it goes on.
    newest: Option<Newest>,
    ahead: Ahead,
    /// How many records of the first segment to be read are left out.
    too_many: u64,
    until_its_end: Option<UntilItsEnd>,
}

/// What it takes to read on up to the moment of the answer's end.
struct UntilItsEnd {
    clock: Arc<dyn Clock>,
    /// The time that it does not go beyond, if one was given.
    until: Option<Timestamp>,
    seen: Seen,
    looks: u32,
}

/// What comes of reading.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Records, one per line.
    Lines(Vec<u8>),
    /// It goes on with what was shown meanwhile, up to the end of this window.
    GoesOn(Window),
    /// It ends, although more may have been shown for a while.
    Behind,
}

impl AnswerReader {
    /// Reads these segments.
    pub(crate) fn of(source: Source, filter: Arc<Filter>, listed: Vec<Listed>) -> Self {
        Self {
            ahead: Ahead::new(source.clone(), listed),
            source,
            filter,
            newest: None,
            too_many: 0,
            until_its_end: None,
        }
    }

    /// Reads the `limit` newest records of these segments.
    pub(crate) fn newest(
        source: Source,
        filter: Arc<Filter>,
        listed: Vec<Listed>,
        limit: u64,
    ) -> Self {
        let newest = Newest::new(source.clone(), listed, limit);
        Self {
            newest: Some(newest),
            ..Self::of(source, filter, Vec::new())
        }
    }

    /// Goes on with what is shown before the answer ends. A client that notes the time only then would not
    /// ask for those records again.
    pub(crate) fn until_its_end(
        self,
        clock: Arc<dyn Clock>,
        until: Option<Timestamp>,
        seen: Seen,
    ) -> Self {
        Self {
            until_its_end: Some(UntilItsEnd {
                clock,
                until,
                seen,
                looks: 0,
            }),
            ..self
        }
    }

    /// Its pieces, in order.
    pub(crate) fn pieces(self) -> BoxStream<'static, Result<Piece, SegmentError>> {
        stream::try_unfold(self, |mut reading| async move {
            Ok(reading.next().await?.map(|piece| (piece, reading)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Piece>, SegmentError> {
        while let Some(newest) = &mut self.newest {
            if let Some(found) = newest.next(&self.filter).await? {
                self.newest = None;
                self.too_many = found.too_many;
                self.ahead.extend(found.listed);
            }
        }
        while let Some(next) = self.ahead.next().await.transpose()? {
            // The first one may have expired since it was counted, and the next ones are wanted whole.
            let too_many = std::mem::take(&mut self.too_many);
            if let Some(packed) = next {
                let lines = self.source.lines(&packed, &self.filter).await?;
                return Ok(Some(Piece::Lines(without(too_many, lines))));
            }
        }
        self.look().await
    }

    /// Looks for what was shown meanwhile.
    async fn look(&mut self) -> Result<Option<Piece>, SegmentError> {
        let Some(on) = &mut self.until_its_end else {
            return Ok(None);
        };
        let window = on.seen.window.next(on.until, on.clock.now());
        if on.seen.at.elapsed() < SHORT || window.is_empty() {
            return Ok(None);
        }
        if on.looks == MOST_LOOKS {
            self.until_its_end = None;
            return Ok(Some(Piece::Behind));
        }
        on.looks += 1;
        let list = self.source.list(window, on.until, on.clock.as_ref());
        let (listed, seen) = list.await?;
        on.seen = seen;
        self.ahead.extend(listed);
        Ok(Some(Piece::GoesOn(seen.window)))
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_queue::{Message, Queue as _, Segments, ServedQueue};
    use drawbridge_store::testing::FaultyStore;
    use drawbridge_time::testing::ManualClock;

    use super::*;

    #[tokio::test]
    async fn what_is_too_many_is_left_out_of_the_first_segment_alone_also_where_that_has_expired() {
        let (store, clock) = (
            Arc::new(FaultyStore::default()),
            Arc::new(ManualClock::at("2026-03-02T12:00:00Z")),
        );
        let queue = ServedQueue::new(store.clone(), clock.clone(), "contoso", "d", "native");
        let message = |body: &str| Message {
            key: body.into(),
            group: String::new(),
            time: None,
            body: body.into(),
            attributes: Vec::new(),
        };
        for bodies in [["1", "2"], ["3", "4"]] {
            queue.send(&bodies.map(message)).await.unwrap();
            queue.flush().await.unwrap();
        }
        let segments = Segments::of("contoso", "d", "native");
        let stamps: Vec<_> = store
            .objects()
            .keys()
            .filter_map(|key| segments.stamp(key))
            .collect();
        for (is_expired, expected) in [(false, &["2", "3", "4"][..]), (true, &["3", "4"])] {
            if is_expired {
                store.take(|key| segments.stamp(key) == stamps.first().copied());
            }
            let source = Source {
                store: store.clone(),
                segments: segments.clone(),
                kept: Arc::default(),
            };
            let listed = stamps.iter().map(|stamp| Listed {
                stamp: *stamp,
                bytes: None,
            });
            let listed = listed.collect();
            let reading = AnswerReader {
                too_many: 1,
                ..AnswerReader::of(source, Arc::default(), listed)
            };
            let pieces: Vec<_> = reading.pieces().collect().await;
            let lines: Vec<u8> = pieces
                .into_iter()
                .flat_map(|piece| match piece.unwrap() {
                    Piece::Lines(lines) => lines,
                    other => panic!("{other:?}"),
                })
                .collect();
            let lines: Vec<&str> = str::from_utf8(&lines).unwrap().lines().collect();
            assert_eq!(lines, expected);
        }
    }
}
