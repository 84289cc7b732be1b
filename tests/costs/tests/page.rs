//! `docs/costs.md` says what the arithmetic yields.
//!
//! After a change of a count, a price or an assumption:
//! `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-costs`.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::fs;

use drawbridge_costs::{Facts, page};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/costs.md");

#[test]
fn the_page_is_what_the_arithmetic_yields() {
    let facts = Facts::read().unwrap();
    let text = fs::read_to_string(PAGE).unwrap();
    let renewed = page::renewed(&text, &facts).unwrap();
    let renewed = renewed.expect("docs/costs.md has a place for each table");
    assert!(
        !renewed.contains("NaN"),
        "a table has a number that is none"
    );
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(PAGE, renewed).unwrap();
        return;
    }
    assert!(
        text == renewed,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew docs/costs.md"
    );
}
