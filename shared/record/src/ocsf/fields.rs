//! The fields of a record, put together from the tables of its objects.

use std::sync::LazyLock;

use super::tables::{AFTER_DEVICE, ALERT, CLOUD, LAST, Line, MOUNTS, Mount, TOP_DEVICE};
use crate::Field;

/// One field: all that may stand at its path.
pub(super) struct Row {
    /// Its path, with `[]` for any place in a list.
    pub(super) path: String,
    kind: &'static str,
    pub(super) sources: Vec<Source>,
    pub(super) rule: &'static str,
}

/// Where a value comes from.
#[derive(PartialEq)]
pub(super) enum Source {
    /// A property of the alert.
    Alert(&'static str),
    /// A property of evidence of a type; of any where that is `*`.
    Evidence(&'static str, String),
    /// None of Graph's: what it is.
    Fixed(&'static str),
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    for lines in [ALERT, CLOUD] {
        mount(&mut rows, &("", lines, &[]));
    }
    mount(&mut rows, &TOP_DEVICE);
    mount(&mut rows, &("", AFTER_DEVICE, &[]));
    for object in MOUNTS {
        mount(&mut rows, object);
    }
    mount(&mut rows, &("", LAST, &[]));
    rows
});

/// Every field, in the order of the documentation.
pub(super) fn rows() -> &'static [Row] {
    &ROWS
}

/// Adds the lines of an object; a path that is there already gets their sources too.
fn mount(rows: &mut Vec<Row>, (at, lines, places): &Mount) {
    for line @ (name, kind, _, rule) in *lines {
        let path = match *at {
            "" => (*name).to_owned(),
            at => format!("{at}.{name}"),
        };
        let sources = sources(line, places);
        match rows.iter_mut().find(|row| row.path == path) {
            Some(row) => {
                for source in sources {
                    if !row.sources.contains(&source) {
                        row.sources.push(source);
                    }
                }
            }
            None => rows.push(Row {
                path,
                kind,
                sources,
                rule,
            }),
        }
    }
}

fn sources((_, _, from, _): &Line, places: &[&'static str]) -> Vec<Source> {
    if let Some(fixed) = from.strip_prefix('=') {
        return vec![Source::Fixed(fixed)];
    }
    let properties = || from.split(" | ");
    if places.is_empty() {
        let whole = properties().map(|property| match property.split_once(' ') {
            Some((of, property)) => Source::Evidence(of, property.to_owned()),
            None => Source::Alert(property),
        });
        return whole.collect();
    }
    let hung = places.iter().flat_map(|place| {
        let (of, inside) = place.split_once(' ').unwrap_or((place, ""));
        properties().map(move |property| {
            let property = match inside {
                "" => property.to_owned(),
                inside => format!("{inside}.{property}"),
            };
            Source::Evidence(of, property)
        })
    });
    hung.collect()
}

/// The fields for the documentation.
pub(super) fn documented() -> Vec<Field> {
    let documented = rows().iter().map(|row| {
        let from: Vec<String> = row.sources.iter().map(in_words).collect();
        Field {
            name: &row.path,
            kind: row.kind,
            from: from.join(", ").into(),
            rule: row.rule,
        }
    });
    documented.collect()
}

fn in_words(source: &Source) -> String {
    match source {
        Source::Alert(property) => format!("`{property}`"),
        Source::Evidence("*", property) if property.is_empty() => "any evidence".into(),
        Source::Evidence("*", property) => format!("any evidence's `{property}`"),
        Source::Evidence(of, property) => format!("{of} `{property}`"),
        Source::Fixed(what) => (*what).into(),
    }
}
