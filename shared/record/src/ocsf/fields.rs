//! The fields of a record, for the documentation. The tests find out which there are and what they
//! come from, and keep `fields.tsv`; the last two of its columns are written by hand.

use crate::Field;

/// A field on each line: its path with `[]` for any place in a list, its type, the properties that
/// it comes from, what it is where it comes from none, and what happens on the way.
const FIELDS: &str = include_str!("fields.tsv");

fn rows() -> impl Iterator<Item = [&'static str; 5]> {
    FIELDS.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some([next()?, next()?, next()?, next()?, next()?])
    })
}

/// The fields for the documentation.
pub(super) fn documented() -> Vec<Field> {
    let documented = rows().map(|[name, kind, from, fixed, rule]| Field {
        name,
        kind,
        from: match (from, fixed) {
            ("", fixed) => fixed.into(),
            (from, "") => from.into(),
            (from, fixed) => format!("{from}, {fixed}").into(),
        },
        rule,
    });
    documented.collect()
}

/// What a value is that comes from no property of the alert; its path is without numbers.
pub(super) fn fixed(path: &str) -> Option<&'static str> {
    let [.., fixed, _] = rows().find(|[name, ..]| *name == path)?;
    Some(fixed).filter(|fixed| !fixed.is_empty())
}
