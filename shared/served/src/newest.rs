//! The newest records, where a limit says how many: which segments have them is found from the last one
//! back.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ahead::Ahead;
use crate::filter::Filter;
use crate::segments::{Listed, SegmentError, Source, records};

/// A search.
pub(crate) struct Newest {
    source: Source,
    /// The segments that were not searched yet.
    left: Vec<Listed>,
    ahead: Ahead,
    limit: u64,
    count: u64,
    /// The segments that have some of the records, in order.
    found: VecDeque<Listed>,
}

/// The segments that a search has found.
pub(crate) struct NewestSegments {
    pub(crate) listed: VecDeque<Listed>,
    /// How many records of the first of them are too many.
    pub(crate) too_many: u64,
}

impl Newest {
    /// Searches `listed` for the segments with the newest `limit` records that a filter takes.
    pub(crate) fn new(source: Source, listed: Vec<Listed>, limit: u64) -> Self {
        Self {
            ahead: Ahead::new(source.clone(), listed.iter().rev().copied()),
            source,
            left: listed,
            limit,
            count: 0,
            found: VecDeque::new(),
        }
    }

    /// Looks at one more segment; what was found, if that was the last one to be looked at.
    pub(crate) async fn next(
        &mut self,
        filter: &Arc<Filter>,
    ) -> Result<Option<NewestSegments>, SegmentError> {
        let next = self.ahead.next().await.transpose()?;
        if let (Some(listed), Some(packed)) = (self.left.pop(), next.flatten()) {
            let lines = self.source.lines(&packed, filter).await?;
            let count = records(&lines).count() as u64;
            if count > 0 {
                self.found.push_front(listed);
            }
            self.count += count;
        }
        let is_enough = self.count >= self.limit;
        Ok((is_enough || self.left.is_empty()).then(|| NewestSegments {
            listed: std::mem::take(&mut self.found),
            too_many: self.count.saturating_sub(self.limit),
        }))
    }
}
