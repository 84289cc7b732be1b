use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Backfill, Due, Ranges, State, Window};

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
                second: backfill.second.without(&known.second),
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
                .filter(|(_, backfill)| !backfill.is_done())
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
                .or_insert_with(|| backfill.clone());
            ours.ranges.add_all(&backfill.ranges);
            ours.second.add_all(&backfill.second);
        }
    }

    /// Adds a window that was put aside, for it to be read after all.
    ///
    /// A poll may have put it aside just now and not saved that: then the window is still unread here, and the poll would
    /// take it out. That it was asked for at `now` tells it otherwise.
    pub fn replay(&mut self, window: Window, now: Timestamp) {
        self.unread.renew(window, Due::after(now, 0));
    }

    /// Takes over what others changed in what is to be read while it was `before` to `after`: what
    /// they added is added, and what they took out is taken out. What is only counted is theirs.
    pub fn take_over(&mut self, before: &Wanted, after: &Wanted) {
        self.want(&Wanted {
            unread: after.unread.changed_since(&before.unread),
            ..after.without(before)
        });
        let gone = before.without(after);
        self.unread = self.unread.without(&gone.unread);
        self.again = self.again.without(&gone.again);
        for (id, gone) in &gone.backfills {
            if let Some(ours) = self.backfills.get_mut(id) {
                ours.ranges = ours.ranges.without(&gone.ranges);
                ours.second = ours.second.without(&gone.second);
            }
        }
        // One that was taken out whole is to be read no more, whatever is to be read again of it.
        let is_gone =
            |id: &str| before.backfills.contains_key(id) && !after.backfills.contains_key(id);
        self.backfills.retain(|id, _| !is_gone(id));
        for (id, theirs) in &after.backfills {
            if theirs.dry_run {
                self.backfills.insert(id.clone(), theirs.clone());
            }
            let known = before.backfills.get(id);
            if known.is_some_and(|known| known.suspended != theirs.suspended) {
                self.suspend_as(id, theirs);
            }
        }
        self.backfills.retain(|_, backfill| !backfill.is_over());
    }

    /// Adopts that an operator suspended a backfill, or resumed one that may have been forgotten here meanwhile. A
    /// backfill that was read to its end meanwhile stays done.
    fn suspend_as(&mut self, id: &str, theirs: &Backfill) {
        match self.backfills.get_mut(id) {
            Some(ours) => ours.suspended = theirs.suspended,
            None if theirs.suspended.is_none() => {
                self.backfills.insert(id.to_owned(), theirs.clone());
            }
            None => {}
        }
    }

    /// Whether there is anything that another poll should not be late for: what was never read, and
    /// what operators want written. What is read again has time until the next tick.
    #[must_use]
    pub fn is_anything_due(&self, now: Timestamp) -> bool {
        let mut backfills = self.backfills.values();
        self.unread.next(now).is_some()
            || backfills.any(|backfill| !backfill.dry_run && backfill.next(now).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ListSummary, WindowSettings};

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
        ours.take_over(&loaded.wanted(), &theirs.wanted());
        let unread: Vec<_> = ours.unread.iter().map(|range| range.window).collect();
        assert_eq!(unread, [window(20, 30)]);
        assert_eq!(ours.backfills, theirs.backfills);
        assert!(ours.is_anything_due(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn a_gap_that_is_replayed_before_its_poll_has_saved_stays_unread() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for due in [Due::default(), Due::after(at(50), 60)] {
            let mut loaded = State::default();
            loaded.unread.add(window(0, 20), due);
            let mut theirs = loaded.clone();
            theirs.replay(window(5, 10), at(100));
            // The poll has put all of it aside.
            let mut ours = loaded.clone();
            ours.read(window(0, 20), &[], at(90));
            ours.take_over(&loaded.wanted(), &theirs.wanted());
            let unread: Vec<_> = ours.unread.iter().map(|range| range.window).collect();
            assert_eq!(unread, [window(5, 10)]);
        }
    }

    #[test]
    fn what_was_taken_out_meanwhile_stays_out() {
        let mut loaded = State::default();
        for id in ["cancelled", "counted", "read"] {
            let backfill = loaded.backfills.entry(id.to_owned()).or_default();
            backfill.ranges.add(window(0, 100), Due::default());
            backfill.dry_run = id == "counted";
        }
        let (mut theirs, mut ours) = (loaded.clone(), loaded.clone());
        theirs.backfills.remove("cancelled");
        let counted = theirs.backfills.get_mut("counted").unwrap();
        counted
            .ranges
            .narrow(window(0, 50), &[], Timestamp::UNIX_EPOCH);
        counted
            .ranges
            .put_off(window(50, 60), Timestamp::UNIX_EPOCH);
        let read = ours.backfills.get_mut("read").unwrap();
        read.ranges
            .narrow(window(0, 70), &[], Timestamp::UNIX_EPOCH);
        let read = read.clone();
        ours.take_over(&loaded.wanted(), &theirs.wanted());
        assert_eq!(ours.backfills.len(), 2);
        assert_eq!(ours.backfills["counted"], theirs.backfills["counted"]);
        assert_eq!(ours.backfills["read"], read);
    }
    #[test]
    fn a_backfill_that_was_suspended_or_resumed_meanwhile_is_so() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut running = State::default();
        let backfill = running.backfills.entry("b".to_owned()).or_default();
        backfill.ranges.add(window(0, 100), Due::default());
        let mut suspended = running.clone();
        suspended.backfills.get_mut("b").unwrap().suspended = Some(at(5));

        // A poll has read half of it meanwhile.
        let mut ours = running.clone();
        let read = ours.backfills.get_mut("b").unwrap();
        read.read(
            window(0, 100),
            &[window(50, 100)],
            ListSummary::default(),
            at(5),
            &WindowSettings::default(),
        );
        let left = read.left();
        ours.take_over(&running.wanted(), &suspended.wanted());
        assert_eq!(ours.backfills["b"].suspended, Some(at(5)));
        assert_eq!(ours.backfills["b"].left(), left);
        assert!(!ours.is_anything_due(at(10)));
        // Or all of it: then there is nothing to suspend.
        let mut ours = running.clone();
        ours.backfills.clear();
        ours.take_over(&running.wanted(), &suspended.wanted());
        assert!(ours.backfills.is_empty());

        let mut ours = suspended.clone();
        ours.take_over(&suspended.wanted(), &running.wanted());
        assert_eq!(ours.backfills, running.backfills);
        // Or a poll has forgotten it meanwhile.
        let mut ours = suspended.clone();
        ours.backfills.clear();
        ours.take_over(&suspended.wanted(), &running.wanted());
        assert_eq!(ours.backfills, running.backfills);
        assert!(ours.is_anything_due(at(10)));
    }
}
