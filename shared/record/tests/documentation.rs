//! `docs/record.md` holds the table in code, key by key.
//!
//! After a change of the table: `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-record`.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::fmt::Write as _;
use std::fs;

use drawbridge_record::siem::{KEYS, Source};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/record.md");
const BEGIN: &str = "<!-- keys: written by the tests of shared/record from the table in code -->\n";
const END: &str = "<!-- end of keys -->";

#[test]
fn the_page_holds_the_table() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(
        written, table,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew docs/record.md"
    );
}

fn table() -> String {
    let mut table = String::from("\n| # | key | type | from | rule |\n|---|---|---|---|---|\n");
    for (number, key) in KEYS.iter().enumerate() {
        let (name, kind) = (key.name, key.kind.json_type());
        let row = format!(
            "| {} | {name} | {kind} | {} | {} |\n",
            number + 1,
            source(key.source),
            key.rule
        );
        table.push_str(&row);
    }
    table.push('\n');
    table
}

fn source(source: Source) -> String {
    match source {
        Source::Alert(properties) => list(properties.iter().map(|p| format!("`{p}`"))),
        Source::Device(properties) => list(properties.iter().map(|p| format!("device `{p}`"))),
        Source::Entity(properties) => {
            let shown = properties.iter().map(|(of, path)| format!("{of} `{path}`"));
            list(shown)
        }
        Source::Account(property) => {
            format!(
                "process `userAccount.{property}`, else that of the first `userEvidence` with a name"
            )
        }
        Source::Synthesised(how) => format!("synthesised: {how}"),
        Source::Never(why) => format!("always empty: {why}"),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let mut list = String::new();
    for part in parts {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{comma}{part}");
    }
    list
}
