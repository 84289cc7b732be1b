//! What a rule on a key will do after the switch, in words.

use drawbridge_record::siem::KEYS;
use serde::Serialize;

use crate::advice::{
    FEW, advice, between_releases, by_design, count, how_sure, of, of_ours, renamed_to,
    spelling_advice,
};
use crate::keys;
use crate::spelling::Spelling;
use crate::tally::Tally;
use crate::value::Outcome;

/// What a rule on a key will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It never matches again.
    Never,
    /// It matches some of what it matched.
    Partly,
    /// It matches if it looks past the spelling.
    Spelling,
    /// The value is made up here; the old ones never come again.
    MadeUp,
    /// It matches as before, and where it found nothing before.
    More,
    /// It matches as before.
    AsBefore,
    /// Nothing can be said: no record has a value.
    NoValue,
    /// Nothing can be said: the old export has no such key.
    NotExported,
}

impl Verdict {
    /// The verdict in two or three words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Never => "never matches again",
            Self::Partly => "matches in part",
            Self::Spelling => "check the spelling",
            Self::MadeUp => "made up here",
            Self::More => "matches more",
            Self::AsBefore => "matches as before",
            Self::NoValue => "no value seen",
            Self::NotExported => "not in the old export",
        }
    }
}

/// The verdict on key `n`, and what the author of a rule should know.
pub(crate) fn verdict(n: usize, tally: &Tally, is_exported: bool) -> (Verdict, String) {
    let name = KEYS[n].name;
    let (had, lost) = (tally.had(), tally.lost());
    let filled = tally.count(Outcome::Filled);
    if !is_exported {
        let text = format!("The old export has no {name}: nothing can be said about rules on it.");
        return (Verdict::NotExported, text);
    }
    let (ours_lost, _) = tally.counted(n);
    let has_old_parts = tally.longer_lists + tally.other_lists > 0;
    if keys::is_synthesised(n) && lost > 0 && ours_lost == 0 {
        return (Verdict::MadeUp, made_up(name));
    }
    let unread = tally.count(Outcome::Spelling(Spelling::TimeUnread));
    if had == 0 && unread > 0 {
        let text = format!(
            "Nothing can be said of a rule on {name}.{}",
            spelling_advice(tally)
        );
        return (Verdict::Spelling, text);
    }
    if had == 0 && filled == 0 {
        let text = format!(
            "{name} is empty in every record on both sides: nothing can be said.{}",
            spelling_advice(tally)
        );
        return (Verdict::NoValue, text);
    }
    let renamed: u64 = tally.renamed_to.values().sum();
    let mut text = if lost == 0 {
        kept(name, tally)
    } else if lost == had && has_old_parts {
        let of = of(lost, had);
        format!("A rule on {name} that compares the whole list never matches again ({of}).")
    } else if lost == had {
        let why = if renamed == lost {
            "no new record has a key of this name"
        } else if tally.count(Outcome::Different) == 0 {
            "it is always empty now"
        } else {
            "no old value came again"
        };
        format!(
            "A rule on {name} never matches again: {why} ({}).",
            of(lost, had)
        )
    } else {
        let ways = [
            (tally.count(Outcome::Different), "another value now"),
            (tally.count(Outcome::Emptied), "none"),
        ];
        let ways = ways.iter().filter(|(n, _)| *n > 0);
        let ways: Vec<String> = ways
            .map(|(n, what)| format!("{} {what}", count(*n, "has", "have")))
            .collect();
        format!(
            "A rule on {name} matches in {} that had a value; {}.",
            of(had - lost, had),
            ways.join(" and ")
        )
    };
    text.push_str(&renamed_to(tally));
    if keys::is_synthesised(n) && lost > 0 {
        text.push_str(between_releases(name, tally));
    } else if lost > renamed {
        text.push_str(&advice(tally));
        // What is so by design holds for few records, too.
        match by_design(n, tally) {
            Some(note) => text.push_str(&format!(" By design: {note}.")),
            None => {
                text.push_str(&of_ours(tally));
                text.push_str(&how_sure(tally));
            }
        }
    }
    text.push_str(&spelling_advice(tally));
    if filled > 0 {
        let (are, were) = (
            count(filled, "record has", "records have"),
            "where it was empty",
        );
        text.push_str(&format!(
            " {are} a value {were}: a rule that wants it empty no longer finds those."
        ));
    }
    let has_spelling = tally.spellings().next().is_some();
    let verdict = match (lost, has_spelling) {
        (0, true) => Verdict::Spelling,
        (0, false) if filled > 0 => Verdict::More,
        (0, false) => Verdict::AsBefore,
        _ if lost == had && !has_old_parts => Verdict::Never,
        _ => Verdict::Partly,
    };
    (verdict, text)
}

/// The first sentence on a key of which no value is lost.
fn kept(name: &str, tally: &Tally) -> String {
    let had = tally.had();
    if had == 0 {
        return format!("{name} was always empty, and no longer is.");
    }
    let few = match had {
        0..FEW => format!(" Only {} had a value.", count(had, "record", "records")),
        _ => String::new(),
    };
    let respelt: u64 = tally.spellings().map(|(_, n)| n).sum();
    if respelt == 0 {
        return format!("A rule on {name} will match as before.{few}");
    }
    format!(
        "A rule on {name} matches as before only if it looks past the spelling, which differs in {}.{few}",
        of(respelt, had)
    )
}

fn made_up(name: &str) -> String {
    let use_it = match name {
        "AlertPart" => {
            "It counts the records of an alert from 0, as the old one did, in another order."
        }
        "ReportID" => "It is made of the alert's id, so that all records of an alert share it.",
        _ => {
            "It stays the same for the same entity of the same alert: deduplicate on it as before."
        }
    };
    format!(
        "{name} is made up here, and no old value comes again. {use_it} A list or rule that names old values never matches."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::row::Row;
    use crate::tally::Pair;

    fn on(name: &str, pairs: &[(&Value, &Value)]) -> (Verdict, String) {
        let n = KEYS.iter().position(|key| key.name == name).unwrap();
        let row =
            |value: &Value| Row::of(Map::from_iter([(name.into(), value.clone())]), |_, _| {});
        let mut tally = Tally::default();
        for (old, new) in pairs {
            tally.add(n, &Pair::new(&row(old), &row(new)));
        }
        verdict(n, &tally, true)
    }

    #[test]
    fn each_verdict_says_what_to_do() {
        let (a, b, low, none) = (&json!("High"), &json!("Low"), &json!("high"), &json!(""));
        for (name, pairs, expected, words) in [
            (
                "Severity",
                vec![(a, a)],
                Verdict::AsBefore,
                "will match as before",
            ),
            (
                "Severity",
                vec![(a, low), (b, b)],
                Verdict::Spelling,
                "ignore case",
            ),
            (
                "Source",
                vec![(a, b)],
                Verdict::Never,
                "Only 1 record had a value: compare more",
            ),
            (
                "DeviceCreatedMachineTags",
                vec![(a, &json!("high; vip"))],
                Verdict::Partly,
                "In 1 record all old parts are in the new list",
            ),
            (
                "LogOnUsers",
                vec![(&json!("a;b"), a), (&json!("a;b"), &json!("b"))],
                Verdict::Partly,
                "In 1 record some of the old parts are in the new list",
            ),
            (
                "Severity",
                vec![(a, a), (a, none)],
                Verdict::Partly,
                "1 of 2 records",
            ),
            (
                "Md5",
                vec![(a, a), (none, a)],
                Verdict::More,
                "a rule that wants it empty",
            ),
            (
                "Md5",
                vec![(none, none)],
                Verdict::NoValue,
                "nothing can be said",
            ),
            (
                "IocName",
                vec![(a, none)],
                Verdict::Never,
                "Graph has nothing like it",
            ),
            (
                "InternalIPv4List",
                vec![(a, none)],
                Verdict::Never,
                "filled wherever Graph sends a value for it",
            ),
            (
                "InternalIPv4List",
                vec![(a, none)],
                Verdict::Never,
                "Only 1 record had a value: compare more",
            ),
            (
                "AlertTime",
                vec![(
                    &json!("9/10/2020 2:09:20 PM"),
                    &json!("2020-09-30T14:09:20Z"),
                )],
                Verdict::Spelling,
                "Nothing can be said of a rule on AlertTime. 1 record has a time that cannot be read",
            ),
            ("FullId", vec![(a, b)], Verdict::MadeUp, "deduplicate on it"),
            ("FullId", vec![(a, a)], Verdict::AsBefore, "as before"),
            ("ThreatCategory", vec![(a, b)], Verdict::Never, "MITRE"),
        ] {
            let (verdict, text) = on(name, &pairs);
            assert_eq!(verdict, expected, "{text}");
            assert!(text.contains(words), "{text}");
        }
        // By design, or seen often enough: then the number of records says nothing against it.
        for (name, pairs) in [("IocName", vec![(a, none)]), ("Md5", vec![(a, b); 10])] {
            let (_, text) = on(name, &pairs);
            assert!(!text.contains("Only"), "{text}");
        }
        // Another severity is no other word, however often it is seen.
        let (_, text) = on("Severity", &[(a, b); 10]);
        assert!(!text.contains("Replace"), "{text}");
    }
}
