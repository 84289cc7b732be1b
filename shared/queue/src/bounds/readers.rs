//! Who reads objects, and how much of a record they take: the objects of the table in
//! `docs/consumers/README.md`, by the names of its pages.

use super::{Measure, ReaderBound};

/// A product that reads objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The name of its page in `docs/consumers`, without the ending.
    pub name: &'static str,
    /// The formats that its page sets up as objects.
    pub formats: &'static [&'static str],
    /// The bound that its documentation or source shows, or `None` if it has no bound or its page says
    /// how to raise it.
    pub bound: Option<ReaderBound>,
}

/// Every reader of objects that has a page.
pub const READERS: &[Reader] = &[
    // Log Analytics. Logs Ingestion API, service limits.
    Reader {
        name: "sentinel",
        formats: &["siem"],
        bound: Some(ReaderBound {
            reader: "sentinel",
            measure: Measure::Field,
            bytes: 64 * 1024,
            beyond: "is cut off",
        }),
    },
    unbounded("qradar", &["leef", "native"]),
    unbounded("splunk", &["native", "siem"]),
    // `max_bytes` of Filebeat's aws-s3 input, by default.
    Reader {
        name: "elastic",
        formats: &["native", "ecs"],
        bound: Some(ReaderBound {
            reader: "elastic",
            measure: Measure::Record,
            bytes: 10 * 1024 * 1024,
            beyond: "is cut off",
        }),
    },
    unbounded("google-secops", &["native"]),
    // One datagram on a Unix socket; wodles/aws.
    Reader {
        name: "wazuh",
        formats: &["siem"],
        bound: Some(ReaderBound {
            reader: "wazuh",
            measure: Measure::Record,
            bytes: 65_535,
            beyond: "may be lost",
        }),
    },
    unbounded("cribl", &["native"]),
    unbounded("security-lake", &["ocsf"]),
    unbounded("others", &["ocsf"]),
];

const fn unbounded(name: &'static str, formats: &'static [&'static str]) -> Reader {
    Reader {
        name,
        formats,
        bound: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_readers_are_those_of_the_table_of_consumers() {
        let table = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/consumers/README.md"
        );
        let table = std::fs::read_to_string(table).unwrap();
        let row = |line: &str| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let page = cells[1].split_once("](")?.1.strip_suffix(".md)")?;
            let format = cells[3].trim_matches('`');
            (cells[4] == "objects").then(|| (page.to_owned(), format.to_owned()))
        };
        let rows = table.lines().filter(|line| line.starts_with("| ["));
        let told: BTreeSet<_> = rows.filter_map(row).collect();
        let known = READERS.iter().flat_map(|reader| {
            let formats = reader.formats.iter();
            formats.map(|format| (reader.name.to_owned(), (*format).to_owned()))
        });
        assert_eq!(known.collect::<BTreeSet<_>>(), told);
        for Reader { name, bound, .. } in READERS {
            assert!(bound.is_none_or(|bound| bound.reader == *name), "{name}");
        }
    }
}
