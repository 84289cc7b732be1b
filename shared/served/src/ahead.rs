//! Segments in order, several of which are fetched while one is looked at.

use std::collections::VecDeque;

use drawbridge_queue::Stamp;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;

use crate::segments::{Packed, SegmentError, Source};

/// The most segments that are fetched at once,
const MOST: usize = 32;

/// and so many until it is known how large they are.
const MOST_AT_FIRST: usize = 8;

/// The most bytes that are fetched ahead, where all segments are as large as the largest so far.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Segments on their way.
pub(crate) struct Ahead {
    source: Source,
    stamps: VecDeque<Stamp>,
    fetched: FuturesOrdered<BoxFuture<'static, Result<Option<Packed>, SegmentError>>>,
    largest: usize,
}

impl Ahead {
    pub(crate) fn new(source: Source, stamps: impl IntoIterator<Item = Stamp>) -> Self {
        Self {
            source,
            stamps: stamps.into_iter().collect(),
            fetched: FuturesOrdered::new(),
            largest: 0,
        }
    }

    /// Adds segments behind the others.
    pub(crate) fn extend(&mut self, stamps: impl IntoIterator<Item = Stamp>) {
        self.stamps.extend(stamps);
    }

    /// The next segment, `None` in its place if it has expired since it was listed; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Option<Packed>, SegmentError>> {
        let most = match self.largest {
            0 => MOST_AT_FIRST,
            largest => (MOST_BYTES / largest).clamp(1, MOST),
        };
        while self.fetched.len() < most
            && let Some(stamp) = self.stamps.pop_front()
        {
            let source = self.source.clone();
            let packed = async move { source.packed(stamp).await };
            self.fetched.push_back(Box::pin(packed));
        }
        let next = self.fetched.next().await?;
        if let Ok(Some(packed)) = &next {
            self.largest = self.largest.max(packed.len());
        }
        Some(next)
    }
}
