//! The pages say what the arithmetic yields.
//!
//! After a change of a count, a price or an assumption:
//! `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-costs page`.

use std::fs;
use std::path::Path;

use drawbridge_costs::{Facts, Page};

/// What a reader has time for: one page.
const MOST_WORDS: usize = 1000;

#[test]
fn the_pages_are_what_the_arithmetic_yields() {
    let facts = Facts::read().unwrap();
    for page in Page::ALL {
        let name = page.path();
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(name);
        let text = fs::read_to_string(&path).unwrap();
        let renewed = page.renewed(&text, &facts).unwrap();
        let renewed =
            renewed.unwrap_or_else(|| panic!("{name} has no place for one of its tables"));
        assert!(
            !renewed.contains("NaN"),
            "a table has a number that is none"
        );
        if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
            fs::write(&path, renewed).unwrap();
            continue;
        }
        assert!(
            text == renewed,
            "run the tests with DRAWBRIDGE_BLESS=1 to renew {name}"
        );
    }
}

/// It had grown to three thousand words.
#[test]
fn the_page_for_readers_is_short() {
    let words = include_str!("../../../../docs/costs.md").split_whitespace();
    let words = words.count();
    assert!(words <= MOST_WORDS, "docs/costs.md has {words} words");
}
