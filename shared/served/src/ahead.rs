//! Segments in order, several of which are fetched while one is looked at.

use std::collections::VecDeque;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;

use crate::segments::{Listed, Packed, SegmentError, Source};

/// The most segments that are fetched at once,
const MOST: usize = 32;

/// and so many until it is known how large they are.
const MOST_AT_FIRST: usize = 8;

/// The most bytes that are fetched ahead. Where a listing does not tell them, a segment counts as the
/// largest so far.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Segments on their way.
pub(crate) struct Ahead {
    source: Source,
    /// The segments that are still to be fetched.
    listed: VecDeque<Listed>,
    fetched: FuturesOrdered<BoxFuture<'static, Result<Option<Packed>, SegmentError>>>,
    /// The segments that `fetched` is about, in the same order.
    in_flight: VecDeque<Listed>,
    largest: usize,
}

impl Ahead {
    pub(crate) fn new(source: Source, listed: impl IntoIterator<Item = Listed>) -> Self {
        Self {
            source,
            listed: listed.into_iter().collect(),
            fetched: FuturesOrdered::new(),
            in_flight: VecDeque::new(),
            largest: 0,
        }
    }

    /// Adds segments behind the others.
    pub(crate) fn extend(&mut self, listed: impl IntoIterator<Item = Listed>) {
        self.listed.extend(listed);
    }

    /// The next segment, `None` in its place if it has expired since it was listed; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Option<Packed>, SegmentError>> {
        while let Some(listed) = self
            .listed
            .pop_front_if(|listed| has_room(&self.in_flight, self.largest, listed))
        {
            let source = self.source.clone();
            let packed = async move { source.packed(listed.stamp).await };
            self.fetched.push_back(Box::pin(packed));
            self.in_flight.push_back(listed);
        }
        let next = self.fetched.next().await?;
        self.in_flight.pop_front();
        if let Ok(Some(packed)) = &next {
            self.largest = self.largest.max(packed.len());
        }
        Some(next)
    }
}

/// Whether one more may be fetched beside others.
fn has_room(in_flight: &VecDeque<Listed>, largest: usize, next: &Listed) -> bool {
    let bytes = |listed: &Listed| listed.bytes.unwrap_or(largest);
    let most = match bytes(next) {
        0 => MOST_AT_FIRST,
        _ => MOST,
    };
    let taken: usize = in_flight.iter().map(bytes).sum();
    in_flight.is_empty() || in_flight.len() < most && taken + bytes(next) <= MOST_BYTES
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use drawbridge_queue::{Segments, Stamp};
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    /// How many are under way behind the first one, and behind the second one.
    async fn under_way(sizes: impl IntoIterator<Item = Option<usize>>) -> [usize; 2] {
        let store = Arc::new(FaultyStore::default());
        let source = Source {
            store: store.clone(),
            segments: Segments::of("contoso", "d", "siem"),
            kept: Arc::default(),
        };
        let first: Stamp = "20260302T120000Z".parse().unwrap();
        let listed = (0..).zip(sizes).map(|(secs, bytes)| Listed {
            stamp: first.later(secs),
            bytes,
        });
        let listed: Vec<_> = listed.collect();
        store.insert(&source.segments.key(first), "tiny");
        let mut ahead = Ahead::new(source, listed);
        let mut counts = [0; 2];
        for count in &mut counts {
            ahead.next().await.unwrap().unwrap();
            *count = ahead.fetched.len();
        }
        counts
    }

    #[tokio::test]
    async fn as_many_are_fetched_at_once_as_there_is_room_for() {
        const MIB: usize = 1024 * 1024;
        let many = |bytes| std::iter::repeat_n(bytes, 100);
        // A large one behind a small one is not fetched with thirty others.
        let tiny_and_large = std::iter::once(Some(4)).chain(many(Some(6 * MIB)));
        assert_eq!(under_way(tiny_and_large).await, [2, 1]);
        assert_eq!(under_way(many(Some(1000))).await, [31, 31]);
        assert_eq!(under_way(many(Some(64 * MIB))).await, [0, 0]);
        // As of a folder.
        assert_eq!(under_way(many(None)).await, [7, 31]);
    }
}
