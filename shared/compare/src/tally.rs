//! What the compared records say of one key, counted, with a few examples.

use std::collections::BTreeMap;

use drawbridge_record::siem::KEYS;
use serde::Serialize;

use crate::keys;
use crate::row::Row;
use crate::value::{Outcome, Spelling, compare, text};

/// How many examples there are of each outcome.
pub const MAX_EXAMPLES: usize = 3;

/// The most characters of a value that a report shows.
pub const MAX_SHOWN_CHARS: usize = 300;

/// How many pairs of an old and a new value are counted; a key with more has values of its own each time.
const MAX_CHANGES: usize = 12;

/// A value in the old and in the new record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// What became of it.
    pub outcome: Outcome,
    /// The id of the alert in the new records.
    pub alert_id: String,
    /// The old value; `null` where the record has none.
    pub old: Option<String>,
    /// The new one.
    pub new: Option<String>,
}

/// An old value and the one that stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The old value.
    pub old: String,
    /// The new one.
    pub new: String,
    /// How often.
    pub count: u64,
}

/// An old record and the new one that stands in its place.
pub(crate) struct Pair<'r> {
    old: &'r Row,
    new: &'r Row,
    is_old_ours: bool,
}

impl<'r> Pair<'r> {
    pub(crate) fn new(old: &'r Row, new: &'r Row) -> Self {
        let is_old_ours = old.is_ours();
        Self {
            old,
            new,
            is_old_ours,
        }
    }
}

/// The counts of a key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Of a key that is made up here: how many values of ours there were, and how many are lost. The
    /// retired API's were never to come again.
    ours: u64,
    ours_lost: u64,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) examples: Vec<Example>,
    /// Of what is lost or changed: which other key of the new record holds the old value, how often.
    elsewhere: BTreeMap<usize, u64>,
    changes: BTreeMap<(String, String), u64>,
    has_more_changes: bool,
}

impl Tally {
    /// Counts what became of key `n`.
    pub(crate) fn add(&mut self, n: usize, pair: &Pair<'_>) {
        let Pair { old, new, .. } = *pair;
        let outcome = compare(n, old, new);
        *self.outcomes.entry(outcome).or_default() += 1;
        let examples = self
            .examples
            .iter()
            .filter(|example| example.outcome == outcome);
        let is_shown = !matches!(outcome, Outcome::Empty) && examples.count() < MAX_EXAMPLES;
        let value = |row: &Row| row.get(n).filter(|value| !value.is_null()).map(text);
        if is_shown {
            let example = Example {
                outcome,
                alert_id: cut(new.alert_id()),
                old: value(old).map(|text| cut(&text)),
                new: value(new).map(|text| cut(&text)),
            };
            if !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
        if matches!(outcome, Outcome::Emptied | Outcome::Different) {
            let was = value(old).unwrap_or_default();
            self.look_elsewhere(n, &was, new);
            self.count_change(&was, &value(new).unwrap_or_default());
        }
        if keys::is_synthesised(n) && pair.is_old_ours {
            self.ours += u64::from(!matches!(outcome, Outcome::Empty | Outcome::Filled));
            self.ours_lost += u64::from(matches!(outcome, Outcome::Emptied | Outcome::Different));
        }
    }

    fn look_elsewhere(&mut self, n: usize, was: &str, new: &Row) {
        let was = was.trim();
        // Two letters or a digit are found everywhere.
        if was.chars().count() < 3 {
            return;
        }
        for other in (0..KEYS.len()).filter(|&other| other != n) {
            let Some(value) = new.get(other) else {
                continue;
            };
            if text(value).trim().to_lowercase() == was.to_lowercase() {
                *self.elsewhere.entry(other).or_default() += 1;
            }
        }
    }

    fn count_change(&mut self, old: &str, new: &str) {
        let change = (cut(old), cut(new));
        if self.changes.len() >= MAX_CHANGES && !self.changes.contains_key(&change) {
            self.has_more_changes = true;
            return;
        }
        *self.changes.entry(change).or_default() += 1;
    }

    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// The spellings of values, not of nothing.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = (Spelling, u64)> {
        self.outcomes
            .iter()
            .filter_map(|(outcome, &count)| match outcome {
                Outcome::Spelling(spelling) if *spelling != Spelling::Nothing => {
                    Some((*spelling, count))
                }
                _ => None,
            })
    }

    /// How many values are empty now or others.
    pub(crate) fn lost(&self) -> u64 {
        self.count(Outcome::Emptied) + self.count(Outcome::Different)
    }

    /// How many old values there were.
    pub(crate) fn had(&self) -> u64 {
        self.count(Outcome::Same) + self.spellings().map(|(_, n)| n).sum::<u64>() + self.lost()
    }

    /// How many lost values of key `n` count, and of how many: of a key that is made up here, those of
    /// ours.
    pub(crate) fn counted(&self, n: usize) -> (u64, u64) {
        match keys::is_synthesised(n) {
            true => (self.ours_lost, self.ours),
            false => (self.lost(), self.had()),
        }
    }

    /// The key that holds the old value instead, and how often, if nearly always.
    pub(crate) fn instead(&self) -> Option<(&'static str, u64)> {
        let best = self
            .elsewhere
            .iter()
            .max_by_key(|(n, count)| (**count, usize::MAX - **n))?;
        let is_usual = *best.1 * 5 >= self.lost() * 4;
        is_usual.then(|| (KEYS[*best.0].name, *best.1))
    }

    /// What became of each old value, the most frequent first, if each always became the same one and
    /// they are few: then it is another word for the same. Where `is_word` is not known to be so, that
    /// has to be seen twice of each.
    pub(crate) fn renamed(&self, is_word: bool) -> Vec<Change> {
        let mut olds: Vec<&str> = self.changes.keys().map(|(old, _)| &**old).collect();
        let count = olds.len();
        olds.dedup();
        let is_one_to_one = olds.len() == count && !self.has_more_changes;
        let mut changes = self.changes.iter();
        let are_seen = changes.all(|((_, new), &n)| !new.trim().is_empty() && (is_word || n > 1));
        if !(is_one_to_one && are_seen) {
            return Vec::new();
        }
        let mut changes: Vec<Change> = self
            .changes
            .iter()
            .map(|((old, new), &count)| Change {
                old: old.clone(),
                new: new.clone(),
                count,
            })
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.count));
        changes
    }
}

/// The beginning of a text, and how much there is more of it.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            format!("{}… ({more} characters more)", &text[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tally(name: &str, pairs: &[(Value, Value)]) -> Tally {
        let n = KEYS.iter().position(|key| key.name == name).unwrap();
        let row = |value: &Value| match value {
            Value::Object(map) => Row::of(map.clone(), |_, _| {}),
            value => Row::of(
                serde_json::Map::from_iter([(name.into(), value.clone())]),
                |_, _| {},
            ),
        };
        let mut tally = Tally::default();
        for (old, new) in pairs {
            tally.add(n, &Pair::new(&row(old), &row(new)));
        }
        tally
    }

    #[test]
    fn examples_are_three_of_each_and_cut() {
        let long = "x".repeat(1 << 20);
        let mut pairs: Vec<_> = (0..9)
            .map(|n| (json!(format!("a{n}")), json!("b")))
            .collect();
        pairs.push((json!(long), json!("")));
        let tally = tally("AlertTitle", &pairs);
        assert_eq!(
            (
                tally.count(Outcome::Different),
                tally.count(Outcome::Emptied)
            ),
            (9, 1)
        );
        assert_eq!(tally.examples.len(), 4);
        let shown = tally.examples[3].old.as_ref().unwrap();
        assert!(
            shown.len() < 400 && shown.ends_with("(1048276 characters more)"),
            "{shown}"
        );
    }

    #[test]
    fn another_word_for_the_same_is_told_from_another_value() {
        let edr = (json!("Windows Defender ATP"), json!("EDR"));
        let av = (json!("Windows Defender AV"), json!("Antivirus"));
        let words = tally(
            "Source",
            &[edr.clone(), av.clone(), edr.clone(), av.clone()],
        )
        .renamed(true);
        assert_eq!(words.len(), 2);
        assert_eq!((&*words[0].new, words[0].count), ("EDR", 2));
        let both = [edr.clone(), av.clone(), (edr.0.clone(), json!("x")), av];
        assert!(tally("Source", &both).renamed(true).is_empty());
        let each: Vec<_> = (0..4)
            .map(|n| (json!(format!("a{n}")), json!("b")))
            .collect();
        assert!(tally("Source", &each).renamed(false).is_empty());
    }

    #[test]
    fn the_key_that_has_the_value_now_is_found() {
        let new = json!({"UserName": "", "UserDomain": "CORP"});
        let tally = tally("UserName", &[(json!("corp"), new)]);
        assert_eq!(tally.instead(), Some(("UserDomain", 1)));
    }
}
