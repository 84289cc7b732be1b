//! The tables of the pages that are worked out.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

use crate::bill::{Service, requests_gb};
use crate::choices::CHOICES;
use crate::facts::{ASSUMED, MEASURED, PRICES, parse};
use crate::situation::{HUNDRED, IDLE, ONE};
use crate::{Assumption, Bill, Count, Facts, FactsError, Price, SITUATIONS, Situation};

/// The situations whose arithmetic is shown.
const SHOWN: [(&str, Situation); 3] = [
    ("3,000 idle", IDLE),
    ("100 tenants", HUNDRED),
    ("one tenant", ONE),
];

/// A page that is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `docs/costs.md`, for who wants to know what a stack costs.
    Costs,
    /// `tests/costs/arithmetic.md`, for who wants to check it.
    Arithmetic,
}

impl Page {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Costs, Self::Arithmetic];

    /// Where it is in the repository.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Costs => "docs/costs.md",
            Self::Arithmetic => "tests/costs/arithmetic.md",
        }
    }

    /// The page with its tables written anew; nothing if it lacks the place of one.
    ///
    /// # Errors
    /// What is wrong with a file of facts.
    pub fn renewed(self, page: &str, facts: &Facts) -> Result<Option<String>, FactsError> {
        let mut renewed = page.to_owned();
        for (name, table) in self.tables(facts)? {
            let (begin, end) = (
                format!("<!-- {name}: begin -->\n"),
                format!("<!-- {name}: end -->"),
            );
            let Some((before, rest)) = renewed.split_once(&begin) else {
                return Ok(None);
            };
            let Some((_, after)) = rest.split_once(&end) else {
                return Ok(None);
            };
            renewed = format!("{before}{begin}{table}{end}{after}");
        }
        Ok(Some(renewed))
    }

    fn tables(self, facts: &Facts) -> Result<Vec<(&'static str, String)>, FactsError> {
        Ok(match self {
            Self::Costs => vec![
                ("situations", situations(facts)),
                ("choices", choices(facts)),
            ],
            Self::Arithmetic => vec![
                ("arithmetic", arithmetic(facts)),
                ("measured", measured()?),
                ("assumed", assumed()?),
                ("prices", prices()?),
            ],
        })
    }
}

fn situations(facts: &Facts) -> String {
    let mut head = vec![String::new()];
    head.extend(Service::ALL.iter().map(|service| service.name().to_owned()));
    head.push("**$ per month**".to_owned());
    head.push("limit".to_owned());
    let rows = SITUATIONS.iter().map(|situation| {
        let bill = Bill::of(facts, situation);
        let mut row = vec![situation.name.to_owned()];
        row.extend(Service::ALL.map(|service| dollars(bill.of_service(service))));
        row.push(format!("**{}**", dollars(bill.total())));
        row.push(dollars(situation.goal));
        row
    });
    table(&head, rows)
}

fn arithmetic(facts: &Facts) -> String {
    let bills = SHOWN.map(|(_, situation)| Bill::of(facts, &situation));
    let mut head = vec![String::new(), String::new(), "price".to_owned()];
    head.extend(SHOWN.iter().map(|(name, _)| (*name).to_owned()));
    let [first, ..] = &bills;
    let rows = first.lines.iter().enumerate().map(|(n, line)| {
        let mut row = vec![
            line.service.name().to_owned(),
            line.what.to_owned(),
            price(line.price),
        ];
        let of_each = bills.iter().filter_map(|bill| bill.lines.get(n));
        row.extend(of_each.map(|line| match line.quantity > 0.0 {
            true => format!("{}: {}", quantity(line.quantity), dollars(line.dollars())),
            false => String::new(),
        }));
        row
    });
    let totals = bills
        .iter()
        .map(|bill| format!("**{}**", dollars(bill.total())));
    let mut total = vec!["**total**".to_owned(), String::new(), String::new()];
    total.extend(totals);
    let mut out = vec![
        "not included".to_owned(),
        "requests to Graph, which leave AWS; the first 100 GB per account are free".to_owned(),
        price(&facts.prices.gb_out),
    ];
    out.extend(SHOWN.iter().map(|(_, situation)| {
        let gb = requests_gb(facts, situation);
        format!(
            "{} GB: {}",
            quantity(gb),
            dollars(facts.prices.gb_out.of(gb))
        )
    }));
    table(&head, rows.chain([total, out]))
}

fn choices(facts: &Facts) -> String {
    let mut head = vec![String::new()];
    head.extend(SHOWN.iter().map(|(name, _)| (*name).to_owned()));
    let rows = CHOICES.iter().map(|choice| {
        let mut row = vec![choice.name.to_owned()];
        let more = SHOWN.map(|(_, situation)| choice.difference(facts, &situation));
        row.extend(more.map(signed));
        row
    });
    let mut out = vec!["traffic to Graph, once the account's free 100 GB are used up".to_owned()];
    out.extend(SHOWN.map(|(_, situation)| {
        let gb = requests_gb(facts, &situation);
        signed(facts.prices.gb_out.of(gb))
    }));
    table(&head, rows.chain([out]))
}

/// What a month costs more or less; nothing where that is no cent.
fn signed(more: f64) -> String {
    match more {
        more if more.abs() < 0.005 => String::new(),
        more if more < 0.0 => format!("−{}", dollars(-more)),
        more => format!("+{}", dollars(more)),
    }
}

fn measured() -> Result<String, FactsError> {
    let sections: BTreeMap<String, BTreeMap<String, Count>> = parse("measured.toml", MEASURED)?;
    let mut rows: Vec<(Option<usize>, Vec<String>)> = Vec::new();
    for (section, counts) in sections {
        let start = MEASURED.find(&format!("[{section}]"));
        let title = section.replace('_', " ");
        for (name, count) in counts {
            let at = start.and_then(|start| {
                let after = MEASURED.get(start..)?;
                Some(start + after.find(&format!("\n{name} = "))?)
            });
            let number = count.count.to_string();
            rows.push((at, vec![title.clone(), count.what, number, count.by]));
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let head = ["", "what", "count", "asserted by"].map(str::to_owned);
    Ok(table(&head, rows.into_iter().map(|(_, row)| row)))
}

fn assumed() -> Result<String, FactsError> {
    let head = ["", "", "why"].map(str::to_owned);
    let rows = in_order::<Assumption>("assumed.toml", ASSUMED)?;
    let rows = rows.into_iter().map(|(name, it)| {
        let value = format!("{} {}", it.value, it.unit);
        vec![format!("`{name}`"), value, it.why]
    });
    Ok(table(&head, rows))
}

fn prices() -> Result<String, FactsError> {
    let head = ["price", "free each month", "of", "as quoted by"].map(str::to_owned);
    let rows = in_order::<Price>("prices.toml", PRICES)?;
    let rows = rows.into_iter().map(|(_, it)| {
        let free = match it.free > 0.0 {
            true => quantity(it.free),
            false => String::new(),
        };
        let host = it.source.split('/').nth(2).unwrap_or(&it.source);
        let source = format!("[{host}]({})", it.source);
        vec![format!("{} {}", price(&it), it.unit), free, it.date, source]
    });
    Ok(table(&head, rows))
}

/// The tables of a file in its own order.
fn in_order<T: DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<Vec<(String, T)>, FactsError> {
    let all: BTreeMap<String, T> = parse(file, text)?;
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|(name, _)| text.find(&format!("\n[{name}]\n")));
    Ok(all)
}

fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

fn dollars(dollars: f64) -> String {
    let cents = (dollars * 100.0).round() / 100.0;
    let whole = cents.trunc();
    format!("{}.{:02.0}", thousands(whole), (cents - whole) * 100.0)
}

fn price(price: &Price) -> String {
    let per = match price.per {
        1_000_000.0 => " / million",
        10_000.0 => " / 10,000",
        1_000.0 => " / 1,000",
        _ => "",
    };
    // As it is written: 0.20, but 0.0000166667.
    let two = format!("{:.2}", price.dollars);
    let is_all = two.parse().is_ok_and(|two: f64| two == price.dollars);
    let dollars = if is_all {
        two
    } else {
        price.dollars.to_string()
    };
    format!("${dollars}{per}")
}

fn quantity(quantity: f64) -> String {
    match quantity {
        _ if quantity >= 1e6 => format!("{:.1} million", quantity / 1e6),
        _ if quantity >= 10.0 || quantity.fract() == 0.0 => thousands(quantity.round()),
        _ => format!("{quantity:.2}"),
    }
}

/// A whole number with commas.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(dollars(1325.345), "1,325.35");
        assert_eq!(dollars(0.999), "1.00");
        assert_eq!(dollars(0.004), "0.00");
        assert_eq!(quantity(129_600_000.0), "129.6 million");
        assert_eq!(quantity(43_200.0), "43,200");
        assert_eq!(quantity(0.256), "0.26");
        assert_eq!(quantity(2.0), "2");
    }

    #[test]
    fn a_page_without_a_place_for_a_table_is_told() {
        let facts = Facts::read().unwrap();
        for page in Page::ALL {
            assert!(page.renewed("# Costs\n", &facts).unwrap().is_none());
        }
    }
}
