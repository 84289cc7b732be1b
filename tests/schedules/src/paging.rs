//! How a list comes in pages: in the usual way, or in one of those that no documentation rules out.

use crate::graph::{Ask, Row};
use crate::random::Random;
use crate::{Kind, World, operator};

/// The way in which Graph lists what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Listing {
    /// Every row of a page twice.
    Twice,
    /// Each page begins with the last row of the one before.
    Overlapping,
    /// A page without rows before each page.
    EmptyBetween,
    /// Some more empty pages behind the last row.
    EmptyBehind,
    /// Fewer rows than were asked for.
    Clamped,
    /// No rows, and a count of none, but for a window with anything so old that only a backfill, or the
    /// first poll, reads it within a schedule: nobody would come again for that.
    Nothing,
    /// The same, though all are counted.
    NothingListed,
    /// The second page's next link leads back to the first.
    BackLink,
}

/// What a next link of an empty page counts besides rows.
const EMPTY: usize = 1 << 40;
/// How many empty pages come behind the last row.
const BEHIND: usize = 7;

/// A page of a list.
pub(crate) struct Cut {
    pub(crate) rows: Vec<Row>,
    /// Where the next page begins.
    pub(crate) next: Option<usize>,
    /// How many rows there are, by Graph's own count.
    pub(crate) count: usize,
    /// How many rows the page would have had by itself, and those before it.
    pub(crate) end: usize,
}

impl Listing {
    const ALL: [Self; 8] = [
        Self::Twice,
        Self::Overlapping,
        Self::EmptyBetween,
        Self::EmptyBehind,
        Self::Clamped,
        Self::Nothing,
        Self::NothingListed,
        Self::BackLink,
    ];

    pub(crate) fn draw(random: &mut Random) -> Self {
        random.pick(&Self::ALL)
    }

    fn of(detail: u64) -> Option<Self> {
        Self::ALL
            .get(usize::try_from(detail).unwrap_or(usize::MAX))
            .copied()
    }
}

/// The page of the first `listed` of `hits` that `ask` is for.
pub(crate) fn cut(world: &World, ask: &Ask, hits: &[Row], listed: usize) -> Cut {
    let odd = world.episode(Kind::OddPages);
    let listing = odd.and_then(|odd| Listing::of(odd.detail));
    let (empty, skip) = (ask.skip / EMPTY, ask.skip % EMPTY);
    let top = match listing {
        // A poll must have the time to read all that is of one instant.
        Some(Listing::Clamped) => ask.top.min(world.schedule.smallest_page()),
        _ => ask.top,
    };
    let end = (skip + top).min(listed);
    let mut cut = Cut {
        rows: hits[skip.min(end)..end].to_vec(),
        next: (end < hits.len()).then_some(end),
        count: hits.len(),
        end,
    };
    let is_last = cut.next.is_none();
    match listing {
        Some(Listing::Twice) => cut.rows = cut.rows.iter().flat_map(|row| [*row, *row]).collect(),
        Some(Listing::Overlapping) if end > skip + 1 => cut.next = cut.next.map(|next| next - 1),
        Some(Listing::EmptyBetween) if empty == 0 => {
            (cut.rows, cut.next) = (Vec::new(), Some(EMPTY + skip));
        }
        Some(Listing::EmptyBehind) if is_last && empty < BEHIND => {
            cut.next = Some((empty + 1) * EMPTY + end);
        }
        Some(Listing::Nothing | Listing::NothingListed) => {
            let alerts = &world.schedule.alerts;
            let is_old = |row: &Row| operator::is_older(alerts[row.alert].created);
            if listing == Some(Listing::Nothing) && hits.iter().any(is_old) {
                return cut;
            }
            (cut.rows, cut.next) = (Vec::new(), None);
            if listing == Some(Listing::Nothing) {
                cut.count = 0;
            }
        }
        Some(Listing::BackLink) if skip > 0 => cut.next = cut.next.map(|_| 0),
        Some(Listing::Clamped) if top < ask.top => {}
        _ => return cut,
    }
    if !hits.is_empty() {
        world.strike(Kind::OddPages);
    }
    cut
}
