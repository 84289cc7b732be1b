//! Names of members that are not known. Elasticsearch takes a dot for a step into an object, refuses
//! a name twice in one object, and gives some names a type of their own.

use std::borrow::Cow;
use std::collections::HashMap;

/// The name of the member that tells the type of an object.
pub(super) const ODATA_TYPE: &str = "@odata.type";

/// The names that the component template `ecs@mappings` gives another type than a text's, wherever
/// they stand: <https://github.com/elastic/elasticsearch>, `ecs@mappings.json`.
const TYPED: &[&str] = &[
    "accessed",
    "created",
    "creation_date",
    "ctime",
    "end",
    "ingested",
    "installed",
    "ip",
    "location",
    "mtime",
    "not_after",
    "not_before",
    "start",
    "timestamp",
];

/// The same of names that end so.
const TYPED_ENDS: &[&str] = &["_ip", "_timestamp", "exports", "imports", "structured_data"];

/// The same of names with this in them.
const TYPED_PART: &str = "_score";

/// What stands behind a name whose field takes no text.
const AS_TEXT: &str = "_text";

/// The names of an object's members so far, each with the number of the last one like it.
#[derive(Default)]
pub(super) struct Names<'n>(HashMap<Cow<'n, str>, u32>);

impl<'n> Names<'n> {
    /// The name to write a text under: without dots, with `_text` after it where the field of that
    /// name takes something else, and with a number, `_2` and so on, where it is used or taken.
    pub(super) fn free(
        &mut self,
        name: &'n str,
        is_no_text: impl Fn(&str) -> bool,
        is_taken: impl Fn(&str) -> bool,
    ) -> Cow<'n, str> {
        let mut wanted = match name {
            ODATA_TYPE => Cow::Borrowed("odata_type"),
            name if name.trim().is_empty() => Cow::Borrowed("_"),
            name if name.contains('.') => Cow::Owned(name.replace('.', "_")),
            name => Cow::Borrowed(name),
        };
        if wanted.contains(TYPED_PART) {
            wanted = wanted.replace(TYPED_PART, "-score").into();
        }
        if is_typed(&wanted) || is_no_text(&wanted) {
            wanted.to_mut().push_str(AS_TEXT);
        }
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

/// Whether Elasticsearch may give a field of that name another type than a text's.
fn is_typed(name: &str) -> bool {
    TYPED.contains(&name) || TYPED_ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        let mut name = |name| {
            names
                .free(name, |name| name == "files", |name| name == "taken")
                .into_owned()
        };
        assert_eq!(name("a.b"), "a_b");
        assert_eq!(name("a_b_2"), "a_b_2");
        assert_eq!(name("a_b"), "a_b_3");
        assert_eq!(name("a_b"), "a_b_4");
        assert_eq!(name("taken"), "taken_2");
        assert_eq!(name("taken"), "taken_3");
        assert_eq!(name("@odata.type"), "odata_type");
        assert_eq!(name(" "), "_");
        assert_eq!(name("files"), "files_text");
        assert_eq!(name("files"), "files_text_2");
    }

    #[test]
    fn no_text_has_a_name_of_another_type() {
        let name = |name| {
            let mut names = Names::default();
            names.free(name, |_| false, |_| false).into_owned()
        };
        for (given, written) in [
            ("location", "location_text"),
            ("their.ip", "their_ip_text"),
            ("risk_score", "risk-score"),
            ("a_score_ip", "a-score_ip_text"),
            ("deviceLocation", "deviceLocation"),
            ("riskScore", "riskScore"),
        ] {
            assert_eq!(name(given), written);
        }
    }
}
