//! What holds for any records of one alert.

use drawbridge_record::siem::KEYS;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use super::pair;
use crate::keys;
use crate::row::Row;
use crate::value;

/// Keys and few values for each, so that records have most of them in common.
const VALUES: &[(&str, &[&str])] = &[
    ("Sha1", &["", "aa", "bb"]),
    ("FileName", &["", "x.exe", "y.exe"]),
    ("FilePath", &["", "C:\\W", "C:\\T"]),
    ("CommandLine", &["", "p 1", "P 1"]),
    ("IpAddress", &["", "", "2001:db8::1", "192.0.2.1"]),
    ("Url", &["", "", "http://x.test/a", "http://x.test/A"]),
    ("UserName", &["", "ann", "bob"]),
    ("MachineName", &["", "a", "b"]),
    ("ComputerDnsName", &["", "a.corp.test", "b.corp.test"]),
    ("Severity", &["High", "Low"]),
];

type Record = Vec<(&'static str, String)>;

fn record() -> impl Strategy<Value = Record> {
    let values = VALUES.iter().map(|(key, values)| {
        let value = select(*values);
        value.prop_map(|value| (*key, value.to_owned()))
    });
    values.collect::<Vec<_>>()
}

/// The record as another writer spells it, by the bits of `how`.
fn respelt(record: &Record, how: u32) -> Record {
    let file = record[1].1.clone();
    let spelt = record.iter().enumerate().map(|(n, (key, value))| {
        let value = match *key {
            _ if value.is_empty() || how >> n & 1 == 0 => value.clone(),
            "FilePath" if file.is_empty() => format!("{value}\\"),
            "FilePath" => format!("{value}\\{file}"),
            "UserName" => format!("CORP\\{value}"),
            "CommandLine" => format!("{value} "),
            "Url" => value.replace("http://x", "HTTP://X"),
            "ComputerDnsName" => value.split('.').next().unwrap_or_default().to_owned(),
            _ => value.to_uppercase(),
        };
        (*key, value)
    });
    spelt.collect()
}

fn row(record: &Record) -> Row {
    let filled = record.iter().filter(|(_, value)| !value.is_empty());
    let map: Map<String, Value> = filled
        .map(|(key, value)| ((*key).into(), json!(value)))
        .collect();
    Row::of(map, |_, _| {})
}

fn rows(records: &[Record]) -> Vec<Row> {
    records.iter().map(row).collect()
}

/// Whether two records are the same but for their spelling.
fn are_duplicates(old: &Row, new: &Row) -> bool {
    let mut keys = (0..KEYS.len()).filter(|n| !keys::is_synthesised(*n));
    keys.all(|n| value::alike(n, old, new))
}

/// The pairs by what the records hold.
fn pairs_by_content(old: &[Row], new: &[Row]) -> Vec<String> {
    let found = pair(old, new, true);
    let pairs = found
        .pairs
        .iter()
        .map(|(o, n, by)| format!("{:?} {:?} {by:?}", old[*o], new[*n]));
    let olds = found
        .only_old
        .iter()
        .map(|o| format!("only old {:?}", old[*o]));
    let news = found
        .only_new
        .iter()
        .map(|n| format!("only new {:?}", new[*n]));
    let mut all: Vec<String> = pairs.chain(olds).chain(news).collect();
    all.sort();
    all
}

/// Records of both sides, some of them the same in another spelling.
fn sides() -> impl Strategy<Value = (Vec<Record>, Vec<Record>)> {
    let olds = proptest::collection::vec(record(), 1..9).prop_map(|mut records| {
        records.sort();
        records.dedup();
        records
    });
    let others = proptest::collection::vec(record(), 0..5);
    (olds, others, any::<u32>()).prop_flat_map(|(olds, others, how)| {
        let left = subsequence(olds.clone(), 0..=olds.len());
        left.prop_map(move |left| {
            let left = left
                .iter()
                .zip(0..)
                .map(|(record, n)| respelt(record, how.rotate_left(n)));
            (olds.clone(), left.chain(others.clone()).collect())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, rng_seed: RngSeed::Fixed(19), ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_records_changes_nothing(
        (olds, news, shuffled_olds, shuffled_news) in sides().prop_flat_map(|(olds, news)| {
            let shuffled = (Just(olds.clone()).prop_shuffle(), Just(news.clone()).prop_shuffle());
            (Just(olds), Just(news), shuffled.0, shuffled.1)
        })
    ) {
        let [olds, news, shuffled_olds, shuffled_news] =
            [olds, news, shuffled_olds, shuffled_news].map(|records| rows(&records));
        let expected = pairs_by_content(&olds, &news);
        prop_assert_eq!(&expected, &pairs_by_content(&shuffled_olds, &news));
        prop_assert_eq!(&expected, &pairs_by_content(&olds, &shuffled_news));
    }

    /// A record that is there on both sides is never put to another one. Only duplicates of it may take its
    /// partner, and then it gets theirs as long as there are enough.
    #[test]
    fn what_is_equal_up_to_spelling_is_a_pair((olds, news) in sides()) {
        let (olds, news) = (rows(&olds), rows(&news));
        let found = pair(&olds, &news, true);
        for old in &olds {
            let duplicates = |rows: &[Row]| rows.iter().filter(|row| are_duplicates(old, row)).count();
            let partners = found.pairs.iter().filter(|(o, n, _)| {
                are_duplicates(old, &olds[*o]) && are_duplicates(&olds[*o], &news[*n])
            });
            let (wanted, got) = (duplicates(&olds).min(duplicates(&news)), partners.count());
            prop_assert!(got >= wanted, "{} of {}: {:?} {:?}", got, wanted, old, &found);
        }
    }
}
