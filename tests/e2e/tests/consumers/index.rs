//! The table of `docs/consumers/README.md`, which says what is tested here.

use std::fs;
use std::path::PathBuf;

/// The folder of the consumers' pages.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/consumers")
}

/// One row: somebody who reads one format in one shape.
pub(crate) struct Row {
    /// The product.
    pub(crate) consumer: String,
    /// Its page, such as `splunk.md`.
    pub(crate) page: String,
    pub(crate) format: String,
    pub(crate) shape: Shape,
    /// The parameter of the stack or the target of `deliver`.
    pub(crate) setting: String,
    /// The tests that hold it, such as `consumers objects::name`.
    pub(crate) verified_by: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Messages,
    Objects,
    /// `deliver` puts it there.
    Deliver,
}

/// Every row of the table.
pub(crate) fn rows() -> Vec<Row> {
    let page = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows: Vec<Row> = page
        .lines()
        .filter(|line| line.starts_with("| ["))
        .map(row)
        .collect();
    assert!(rows.len() > 15, "the table has {} rows", rows.len());
    rows
}

/// The row in which `deliver` puts a format there, with that setting as its target.
pub(crate) fn delivered(consumer: &str, format: &str, target: &str) -> Row {
    let is_it = |row: &Row| {
        row.shape == Shape::Deliver
            && (
                row.consumer.as_str(),
                row.format.as_str(),
                row.setting.as_str(),
            ) == (consumer, format, target)
    };
    let found = rows().into_iter().find(is_it);
    found.unwrap_or_else(|| panic!("no row has {format} put into {consumer} by {target}"))
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [consumer, _reader, format, shape, setting, verified_by] = cells[..] else {
        panic!("{} cells: {line}", cells.len());
    };
    let (name, page) = consumer[1..].split_once("](").unwrap();
    Row {
        consumer: name.to_owned(),
        page: page.trim_end_matches(')').to_owned(),
        format: ticked(format).remove(0),
        shape: match shape {
            "messages" => Shape::Messages,
            "objects" => Shape::Objects,
            "deliver" => Shape::Deliver,
            _ => panic!("no shape is called {shape}"),
        },
        setting: ticked(setting).remove(0),
        verified_by: ticked(verified_by),
    }
}

/// What stands between backticks.
pub(crate) fn ticked(text: &str) -> Vec<String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}
