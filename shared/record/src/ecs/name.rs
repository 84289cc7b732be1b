//! Names of members that are not known: Elasticsearch takes a dot for a step into an object, and
//! refuses a name twice in one object.

use std::borrow::Cow;
use std::collections::HashMap;

use super::convert::ODATA_TYPE;

/// The names of an object's members so far, each with the number of the last one like it.
#[derive(Default)]
pub(super) struct Names<'n>(HashMap<Cow<'n, str>, u32>);

impl<'n> Names<'n> {
    /// The name to write one under: without dots, and with a number after it, `_2` and so on, where
    /// it is used or taken.
    pub(super) fn free(&mut self, name: &'n str, is_taken: impl Fn(&str) -> bool) -> Cow<'n, str> {
        let wanted = match name {
            ODATA_TYPE => Cow::Borrowed("odata_type"),
            name if name.trim().is_empty() => Cow::Borrowed("_"),
            name if name.contains('.') => Cow::Owned(name.replace('.', "_")),
            name => Cow::Borrowed(name),
        };
        let mut free = wanted.clone();
        while is_taken(&free) || self.0.contains_key(&free) {
            // Counts on, so that a name that comes a thousand times costs a thousand steps.
            let number = self.0.entry(wanted.clone()).or_insert(1);
            *number += 1;
            free = format!("{wanted}_{number}").into();
        }
        self.0.insert(free.clone(), 1);
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        let mut name = |name| names.free(name, |name| name == "taken").into_owned();
        assert_eq!(name("a.b"), "a_b");
        assert_eq!(name("a_b_2"), "a_b_2");
        assert_eq!(name("a_b"), "a_b_3");
        assert_eq!(name("a_b"), "a_b_4");
        assert_eq!(name("taken"), "taken_2");
        assert_eq!(name("taken"), "taken_3");
        assert_eq!(name("@odata.type"), "odata_type");
        assert_eq!(name(" "), "_");
    }
}
