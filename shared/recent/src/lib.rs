//! What a process keeps by name, of which it forgets what was used least recently.
//!
//! A process of the poll function lives for hours and may meet any number of tenants, whose documents,
//! tokens and secrets others write. So each table by their names is bounded, by count and by bytes.

use std::num::NonZero;

use lru::LruCache;

/// What a name takes beside its own bytes and its value's: two nodes and a slot of the table.
const NAME_BYTES: usize = 160;

/// Values by name: the ones that were used last, as many as fit.
#[derive(Debug)]
pub struct Recent<V> {
    kept: LruCache<String, Weighed<V>>,
    /// What all of them take together.
    bytes: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Weighed<V> {
    value: V,
    bytes: usize,
}

impl<V> Recent<V> {
    /// At most so many values, of so many bytes together. One alone is kept whatever it takes.
    #[must_use]
    pub fn new(most: NonZero<usize>, most_bytes: usize) -> Self {
        // It takes room for what is in it, and not for what may come.
        let mut kept = LruCache::unbounded();
        kept.resize(most);
        Self {
            kept,
            bytes: 0,
            most_bytes,
        }
    }

    /// The value of a name, which counts as used.
    pub fn get(&mut self, name: &str) -> Option<&mut V> {
        self.kept.get_mut(name).map(|weighed| &mut weighed.value)
    }

    /// The value of a name, without counting it as used.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&V> {
        self.kept.peek(name).map(|weighed| &weighed.value)
    }

    /// The value of a name, which counts as used. If there is no value, a new one is made.
    pub fn get_or_default(&mut self, name: &str) -> &mut V
    where
        V: Default,
    {
        if !self.kept.contains(name) {
            self.insert(name, V::default());
        }
        let weighed = self.kept.get_or_insert_mut_ref(name, Weighed::<V>::default);
        &mut weighed.value
    }

    /// Keeps a value, which takes no bytes beside its name's until it is [weighed](Self::weigh).
    pub fn insert(&mut self, name: &str, value: V) {
        let bytes = NAME_BYTES + name.len();
        let new = Weighed { value, bytes };
        self.bytes += bytes;
        if let Some((_, old)) = self.kept.push(name.to_owned(), new) {
            // Of the same name, or the one that was used least recently.
            self.bytes -= old.bytes;
        }
        self.shrink();
    }

    /// Notes how many bytes a name's value takes, if it has one. The least recently used values are
    /// forgotten until the rest fits.
    pub fn weigh(&mut self, name: &str, bytes: usize) {
        if let Some(weighed) = self.kept.peek_mut(name) {
            let bytes = NAME_BYTES + name.len() + bytes;
            self.bytes = self.bytes - weighed.bytes + bytes;
            weighed.bytes = bytes;
        }
        self.shrink();
    }

    /// Forgets a name.
    pub fn remove(&mut self, name: &str) {
        if let Some(gone) = self.kept.pop(name) {
            self.bytes -= gone.bytes;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What all of them take, as they were weighed.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn shrink(&mut self) {
        while self.bytes > self.most_bytes && self.kept.len() > 1 {
            let Some((_, gone)) = self.kept.pop_lru() else {
                return;
            };
            self.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(most: usize, most_bytes: usize) -> Recent<u32> {
        Recent::new(NonZero::new(most).unwrap(), most_bytes)
    }

    fn names(recent: &Recent<u32>) -> String {
        ["a", "b", "c", "d"]
            .into_iter()
            .filter(|name| recent.peek(name).is_some())
            .collect()
    }

    const ONE: usize = NAME_BYTES + 1;

    #[test]
    fn what_was_used_least_recently_goes_when_there_are_too_many() {
        let mut recent = recent(2, usize::MAX);
        assert!(recent.is_empty());
        *recent.get_or_default("a") = 1;
        recent.insert("b", 2);
        assert_eq!(recent.get("a"), Some(&mut 1));
        recent.insert("c", 3);
        assert_eq!((names(&recent).as_str(), recent.bytes()), ("ac", 2 * ONE));
        // Once more, which makes no second one; and looking at one is no use of it.
        recent.insert("a", 4);
        assert_eq!(recent.peek("c"), Some(&3));
        assert_eq!(*recent.get_or_default("d"), 0);
        assert_eq!((names(&recent).as_str(), recent.bytes()), ("ad", 2 * ONE));
        recent.remove("a");
        recent.remove("a");
        assert_eq!((recent.len(), recent.bytes()), (1, ONE));
    }

    #[test]
    fn it_goes_as_well_when_the_others_grow_too_heavy_and_one_alone_stays() {
        let mut recent = recent(10, 3 * ONE + 100);
        for name in ["a", "b", "c"] {
            recent.insert(name, 1);
        }
        recent.weigh("b", 100);
        assert_eq!(names(&recent), "abc");
        recent.weigh("b", 101);
        assert_eq!(
            (names(&recent).as_str(), recent.bytes()),
            ("bc", 2 * ONE + 101)
        );
        recent.weigh("b", 10);
        recent.weigh("a", 1_000_000);
        assert_eq!(
            (names(&recent).as_str(), recent.bytes()),
            ("bc", 2 * ONE + 10)
        );
        recent.weigh("c", 1_000_000);
        assert_eq!(names(&recent), "c");
        recent.insert("d", 1);
        assert_eq!((names(&recent).as_str(), recent.bytes()), ("d", ONE));
    }
}
