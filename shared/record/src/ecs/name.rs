//! Names of members that are not known: Elasticsearch takes a dot for a step into an object, and
//! refuses a name twice in one object.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::convert::ODATA_TYPE;

/// The name to write one under, and takes it: without dots, and with `_` after it until it is
/// neither used nor taken.
pub(super) fn free<'n>(
    name: &'n str,
    used: &mut BTreeSet<Cow<'n, str>>,
    is_taken: impl Fn(&str) -> bool,
) -> Cow<'n, str> {
    let mut free = match name {
        ODATA_TYPE => Cow::Borrowed("odata_type"),
        name if name.trim().is_empty() => Cow::Borrowed("_"),
        name if name.contains('.') => Cow::Owned(name.replace('.', "_")),
        name => Cow::Borrowed(name),
    };
    while is_taken(&free) || !used.insert(free.clone()) {
        free.to_mut().push('_');
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut used = BTreeSet::new();
        let mut name = |name| free(name, &mut used, |name| name == "taken").into_owned();
        assert_eq!(name("a.b"), "a_b");
        assert_eq!(name("a_b"), "a_b_");
        assert_eq!(name("a_b"), "a_b__");
        assert_eq!(name("taken"), "taken_");
        assert_eq!(name("@odata.type"), "odata_type");
        assert_eq!(name(" "), "_");
    }
}
