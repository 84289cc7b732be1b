use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Backfill, Ranges, State};

/// All that a state says is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    unread: Ranges,
    again: Ranges,
    /// Whose turn it is, if there is any choice.
    rest_is_next: bool,
    backfills: BTreeMap<String, Backfill>,
}

impl Wanted {
    /// Whether anything of it was never read.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// What of it is not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let rest = |id: &String, backfill: &Backfill| match other.backfills.get(id) {
            Some(known) => Backfill {
                ranges: backfill.ranges.without(&known.ranges),
                ..backfill.clone()
            },
            None => backfill.clone(),
        };
        let backfills = self.backfills.iter();
        Self {
            unread: self.unread.without(&other.unread),
            again: self.again.without(&other.again),
            rest_is_next: self.rest_is_next,
            backfills: backfills
                .map(|(id, backfill)| (id.clone(), rest(id, backfill)))
                .filter(|(_, backfill)| !backfill.ranges.is_empty())
                .collect(),
        }
    }
}

impl State {
    /// All that is to be read.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted {
            unread: self.unread.clone(),
            again: self.again.clone(),
            rest_is_next: self.rest_is_next && !self.unread.is_empty(),
            backfills: self.backfills.clone(),
        }
    }

    /// Adds what is to be read besides.
    pub fn want(&mut self, more: &Wanted) {
        self.unread.add_all(&more.unread);
        self.again.add_all(&more.again);
        for (id, backfill) in &more.backfills {
            let ours = self
                .backfills
                .entry(id.clone())
                .or_insert_with(|| Backfill {
                    ranges: Ranges::default(),
                    ..backfill.clone()
                });
            ours.ranges.add_all(&backfill.ranges);
        }
    }

    /// Whether there is anything that another poll should not be late for: what was never read, and
    /// what operators want written. What is read again has time until the next tick.
    #[must_use]
    pub fn is_anything_due(&self, now: Timestamp) -> bool {
        let backfills = self.backfills.values();
        let writing = backfills.filter(|backfill| !backfill.dry_run);
        let mut all = writing
            .map(|backfill| &backfill.ranges)
            .chain([&self.unread]);
        all.any(|ranges| ranges.next(now).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Due, Window};

    fn window(from: i64, to: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn what_was_asked_for_meanwhile_is_added_and_nothing_else() {
        let mut loaded = State::default();
        loaded.unread.add(window(0, 10), Due::default());
        let mut theirs = loaded.clone();
        theirs.unread.add(window(20, 30), Due::default());
        let backfill = theirs.backfills.entry("b".to_owned()).or_default();
        backfill.ranges.add(window(40, 50), Due::default());
        let mut ours = loaded.clone();
        ours.read(window(0, 10), &[], Timestamp::UNIX_EPOCH);
        ours.want(&theirs.wanted().without(&loaded.wanted()));
        let unread: Vec<_> = ours.unread.iter().map(|range| range.window).collect();
        assert_eq!(unread, [window(20, 30)]);
        assert_eq!(ours.backfills, theirs.backfills);
        assert!(ours.is_anything_due(Timestamp::UNIX_EPOCH));
    }
}
