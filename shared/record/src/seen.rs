use std::collections::HashSet;
use std::hash::Hash;

use smallvec::SmallVec;

/// From this many values on, a hash table is used instead of a linear search.
const MANY: usize = 8;

/// What was seen already. Nearly all alerts have a handful of each thing, which is found faster in a
/// list; one of many must not take time that grows with their square.
pub(crate) struct Seen<T> {
    few: SmallVec<[T; MANY]>,
    many: HashSet<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self {
            few: SmallVec::new(),
            many: HashSet::new(),
        }
    }
}

impl<T: Hash + Eq> Seen<T> {
    /// Whether it was not seen before.
    pub(crate) fn insert(&mut self, what: T) -> bool {
        if self.contains(&what) {
            return false;
        }
        if self.few.len() < MANY {
            self.few.push(what);
        } else {
            self.many.insert(what);
        }
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    pub(crate) fn contains(&self, what: &T) -> bool {
        self.few.contains(what) || self.many.contains(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_once() {
        let mut seen = Seen::default();
        for n in (0..100).chain(0..100) {
            assert_eq!(seen.contains(&n), !seen.insert(n));
        }
        let new = (0..200).filter(|n| seen.insert(*n)).count();
        assert_eq!(new, 100);
    }
}
