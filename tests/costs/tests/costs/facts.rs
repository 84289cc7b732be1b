//! Each number of the three files counts: one that changed nothing would be told and not meant.

use drawbridge_costs::{Facts, Page};

const MEASURED: &str = include_str!("../../measured.toml");
const ASSUMED: &str = include_str!("../../assumed.toml");
const PRICES: &str = include_str!("../../prices.toml");
const PAGES: [(Page, &str); 2] = [
    (Page::Costs, include_str!("../../../../docs/costs.md")),
    (Page::Arithmetic, include_str!("../../arithmetic.md")),
];

/// The tables that are worked out of these texts.
fn worked_out(measured: &str, assumed: &str, prices: &str) -> [String; 2] {
    let facts = Facts::of(measured, assumed, prices).unwrap();
    PAGES.map(|(page, text)| page.renewed(text, &facts).unwrap().unwrap())
}

/// The texts in which one number behind `key` is another one, with the line that it is in.
fn changed<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = (&'t str, String)> {
    text.match_indices(key).map(move |(at, _)| {
        let start = at + key.len();
        let number: &str = text[start..].split([',', '\n', ' ']).next().unwrap();
        let is: f64 = number.replace('_', "").parse().unwrap();
        let other = match number.contains('.') {
            true => format!("{:?}", is * 300.0),
            false => format!("{:.0}", is * 300.0 + 300.0),
        };
        let end = start + number.len();
        let line = text[..at].lines().count();
        let line = text
            .lines()
            .nth(line - usize::from(!text[..at].ends_with('\n')));
        let changed = format!("{}{other}{}", &text[..start], &text[end..]);
        (line.unwrap(), changed)
    })
}

#[test]
fn every_number_counts() {
    let before = worked_out(MEASURED, ASSUMED, PRICES);
    let mut seen = 0;
    let mut check = |line: &str, after: [String; 2]| {
        assert!(before != after, "nothing follows from {line}");
        seen += 1;
    };
    for (line, text) in changed(MEASURED, "{ count = ") {
        check(line, worked_out(&text, ASSUMED, PRICES));
    }
    for (line, text) in changed(ASSUMED, "\nvalue = ") {
        check(line, worked_out(MEASURED, &text, PRICES));
    }
    for (line, text) in changed(PRICES, "\ndollars = ") {
        check(line, worked_out(MEASURED, ASSUMED, &text));
    }
    assert!(seen > 60, "{seen} numbers");
}
