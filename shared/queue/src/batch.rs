//! Which messages go into which batch, and which batches may be on their way at once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The most entries a `SendMessageBatch` takes.
pub(crate) const MAX_ENTRIES: usize = 10;

/// The most bytes a message and a whole batch may have: bodies and attributes (names, types and
/// values). Documentation of `SendMessageBatch`, since August 2025.
pub(crate) const MAX_BYTES: usize = 1_048_576;

/// What packing needs to know of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    /// Its size as SQS counts it, [`MAX_BYTES`] at most.
    pub(crate) bytes: usize,
    /// The group whose order counts, if the queue keeps order.
    pub(crate) group: &'a str,
}

/// Positions in the slice of items, in their order.
pub(crate) type Batch = Vec<usize>;

/// Batches that go one after the other.
pub(crate) type Lane = Vec<Batch>;

/// Packs `items` for a queue without order: every batch may go at any time.
pub(crate) fn unordered(items: &[Item<'_>]) -> Vec<Lane> {
    pack(items, 0..items.len())
        .into_iter()
        .map(|batch| vec![batch])
        .collect()
}

/// Packs `items` for a queue that keeps the order within a group: a group stays in one lane.
/// Where each group has one message, as the jobs of a tick, there is no order to keep.
///
/// No more lanes than `max_lanes`, nor than full batches: a call costs the same for one message
/// as for ten.
pub(crate) fn ordered(items: &[Item<'_>], max_lanes: usize) -> Vec<Lane> {
    let mut groups = HashSet::with_capacity(items.len());
    if items.iter().all(|item| groups.insert(item.group)) {
        return spread(pack(items, 0..items.len()), max_lanes);
    }
    let count = items.len().div_ceil(MAX_ENTRIES).min(max_lanes).max(1);
    let mut lanes = vec![Vec::new(); count];
    for (position, item) in items.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        item.group.hash(&mut hasher);
        // Below `count`, which is a `usize`.
        let lane = (hasher.finish() % count as u64) as usize;
        lanes[lane].push(position);
    }
    lanes
        .into_iter()
        .filter(|positions| !positions.is_empty())
        .map(|positions| pack(items, positions))
        .collect()
}

/// Deals batches that may go in any order out to lanes.
fn spread(batches: Vec<Batch>, max_lanes: usize) -> Vec<Lane> {
    let mut lanes = vec![Vec::new(); batches.len().min(max_lanes.max(1))];
    let count = lanes.len();
    for (n, batch) in batches.into_iter().enumerate() {
        lanes[n % count].push(batch);
    }
    lanes
}

/// Next-fit, which keeps the order.
fn pack(items: &[Item<'_>], positions: impl IntoIterator<Item = usize>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut bytes = 0;
    for position in positions {
        let size = items[position].bytes;
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_ENTRIES && bytes + size <= MAX_BYTES => {
                batch.push(position);
                bytes += size;
            }
            _ => {
                batches.push(vec![position]);
                bytes = size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(sizes: &[usize]) -> Vec<Item<'static>> {
        sizes
            .iter()
            .map(|&bytes| Item { bytes, group: "g" })
            .collect()
    }

    #[test]
    fn ten_small_messages_fill_a_batch() {
        let lanes = unordered(&items(&[1000; 25]));
        assert_eq!(
            lanes.iter().map(|lane| lane[0].len()).collect::<Vec<_>>(),
            [10, 10, 5]
        );
    }

    #[test]
    fn the_limit_itself_fits_and_one_byte_more_does_not() {
        let half = MAX_BYTES / 2;
        assert_eq!(unordered(&items(&[half, half])).len(), 1);
        assert_eq!(unordered(&items(&[half, half + 1])).len(), 2);
        assert_eq!(unordered(&items(&[MAX_BYTES, 1])).len(), 2);
    }

    #[test]
    fn nothing_makes_no_batch() {
        assert!(unordered(&[]).is_empty());
        assert!(ordered(&[], 8).is_empty());
    }

    #[test]
    fn few_messages_of_many_groups_share_a_batch() {
        let names: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let few: Vec<_> = names
            .iter()
            .map(|name| Item {
                bytes: 1,
                group: name,
            })
            .collect();
        assert_eq!(ordered(&few, 8), [[(0..10).collect::<Vec<_>>()]]);
    }

    #[test]
    fn many_groups_of_one_message_fill_their_batches() {
        let names: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
        let many: Vec<_> = names.iter().map(|group| Item { bytes: 1, group }).collect();
        let lanes = ordered(&many, 8);
        assert_eq!((lanes.len(), lanes.iter().flatten().count()), (8, 300));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_message_is_lost_order_is_kept_and_limits_hold(
            given in prop::collection::vec(
                (prop_oneof![1..3000_usize, 1..=MAX_BYTES], "[a-e]"), 0..120),
            max_lanes in 1..10_usize,
            keep_order: bool,
        ) {
            let items: Vec<_> =
                given.iter().map(|(bytes, group)| Item { bytes: *bytes, group }).collect();
            let lanes =
                if keep_order { ordered(&items, max_lanes) } else { unordered(&items) };

            let mut seen: Vec<usize> = lanes.iter().flatten().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..items.len()).collect::<Vec<_>>());

            for lane in &lanes {
                prop_assert!(lane.iter().flatten().is_sorted());
                for batch in lane {
                    prop_assert!((1..=MAX_ENTRIES).contains(&batch.len()));
                    let bytes: usize = batch.iter().map(|&at| items[at].bytes).sum();
                    prop_assert!(bytes <= MAX_BYTES);
                }
            }
            if keep_order {
                prop_assert!(lanes.len() <= max_lanes);
                for group in ["a", "b", "c", "d", "e"] {
                    let has = |lane: &&Lane| {
                        lane.iter().flatten().any(|&at| items[at].group == group)
                    };
                    prop_assert!(lanes.iter().filter(has).count() <= 1);
                }
            }
        }
    }
}
