//! What the compared records say of one key, counted, with a few examples.

use std::collections::BTreeMap;

use drawbridge_record::siem::KEYS;
use serde::Serialize;
use serde_json::Value;

use crate::instant::Apart;
use crate::row::Row;
use crate::spelling::Spelling;
use crate::text::{cut, parts, text};
use crate::value::{Outcome, compare};
use crate::words::{self, Words};
use crate::{keys, zone};

/// How many examples there are of each outcome.
pub const MAX_EXAMPLES: usize = 3;

/// How many other names of a key are counted.
const MAX_OTHER_NAMES: usize = 12;

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

/// An old record and the new one that stands in its place.
pub(crate) struct Pair<'r> {
    old: &'r Row,
    new: &'r Row,
    is_old_ours: bool,
    is_new_ours: bool,
}

impl<'r> Pair<'r> {
    pub(crate) fn new(old: &'r Row, new: &'r Row) -> Self {
        Self {
            old,
            new,
            is_old_ours: old.is_ours(),
            is_new_ours: new.is_ours(),
        }
    }
}

/// Times that are the same if the old ones are of some zone.
#[derive(Debug, Clone, Default)]
struct Undecided {
    count: u64,
    /// How many of the old records are ours.
    ours: u64,
    examples: Vec<Example>,
}

/// The counts of a key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Where the old record is one of ours: how many values there were, and how many are lost.
    ours: u64,
    pub(crate) ours_lost: u64,
    /// Whether any of the new records that were compared with records of ours is one of ours, too.
    pub(crate) is_new_ours: bool,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) examples: Vec<Example>,
    /// For values that were lost or changed: which other key of the new record holds the old value, and how
    /// often.
    elsewhere: BTreeMap<usize, u64>,
    pub(crate) words: Words,
    /// For empty values: the other names under which the new records have them.
    pub(crate) renamed_to: BTreeMap<String, u64>,
    /// How many changed lists have all old parts and more, and how many have some of them.
    pub(crate) longer_lists: u64,
    pub(crate) other_lists: u64,
    /// What is decided when the zone of the old times is known, by their minutes before UTC.
    undecided: BTreeMap<i64, Undecided>,
}

impl Tally {
    /// Counts what became of key `n`.
    pub(crate) fn add(&mut self, n: usize, pair: &Pair<'_>) {
        let Pair { old, new, .. } = *pair;
        let mut outcome = compare(n, old, new);
        self.is_new_ours |= pair.is_old_ours && pair.is_new_ours;
        let is_respelt = || old.get(n).map(text) != new.get(n).map(text);
        if pair.is_old_ours
            && keys::is_synthesised(n)
            && matches!(outcome, Outcome::Spelling(_))
            && is_respelt()
        {
            // What deduplicates on it compares texts.
            outcome = Outcome::Different;
        }
        let filled = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(text);
        let (was, is) = (filled(old.get(n)), filled(new.get_as_in(n, old)));
        let example = || Example {
            outcome,
            alert_id: cut(new.alert_id()),
            old: was.as_deref().map(cut),
            new: is.as_deref().map(cut),
        };
        if outcome == Outcome::Spelling(Spelling::TimeZone)
            && let Apart::Minutes(minutes) = zone::compare(KEYS[n].name, old, new)
        {
            let same = self.undecided.entry(minutes).or_default();
            same.count += 1;
            same.ours += u64::from(pair.is_old_ours);
            show(&mut same.examples, outcome, example);
            self.ours += u64::from(pair.is_old_ours);
            return;
        }
        *self.outcomes.entry(outcome).or_default() += 1;
        if outcome != Outcome::Empty {
            show(&mut self.examples, outcome, example);
        }
        if matches!(outcome, Outcome::Emptied | Outcome::Different) {
            self.look_elsewhere(n, was.as_deref().unwrap_or_default(), new);
        }
        if outcome == Outcome::Emptied
            && let Some(name) = new.renamed(n, old)
            && (self.renamed_to.contains_key(name) || self.renamed_to.len() < MAX_OTHER_NAMES)
        {
            *self.renamed_to.entry(cut(name)).or_default() += 1;
        }
        let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
        if words::WITH_WORDS.contains(&KEYS[n].name)
            && !matches!(outcome, Outcome::Empty | Outcome::Filled)
        {
            self.words.count(was.trim(), is.trim(), new.alert_id());
        }
        if outcome == Outcome::Different && keys::is_list(n) {
            let (was, is) = (was.to_lowercase(), is.to_lowercase());
            let (was, is) = (parts(&was), parts(&is));
            let left = was.iter().filter(|part| is.contains(part)).count();
            self.longer_lists += u64::from(left == was.len());
            self.other_lists += u64::from(left > 0 && left < was.len());
        }
        if pair.is_old_ours {
            self.ours += u64::from(!matches!(outcome, Outcome::Empty | Outcome::Filled));
            self.ours_lost += u64::from(matches!(outcome, Outcome::Emptied | Outcome::Different));
        }
    }

    /// Counts the times that are the same in one of these zones as such, and the others as others.
    pub(crate) fn decide(&mut self, zones: &[i64]) {
        for (minutes, same) in std::mem::take(&mut self.undecided) {
            let outcome = match zones.contains(&minutes) {
                true => Outcome::Spelling(Spelling::TimeZone),
                false => Outcome::Different,
            };
            *self.outcomes.entry(outcome).or_default() += same.count;
            if outcome == Outcome::Different {
                self.ours_lost += same.ours;
            }
            for example in same.examples {
                show(&mut self.examples, outcome, || Example {
                    outcome,
                    ..example
                });
            }
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

    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// The spellings of values that were compared, not of nothing.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = (Spelling, u64)> {
        self.outcomes
            .iter()
            .filter_map(|(outcome, &count)| match outcome {
                Outcome::Spelling(Spelling::Nothing | Spelling::TimeUnread) => None,
                Outcome::Spelling(spelling) => Some((*spelling, count)),
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
    /// ours, as the retired API's were never to come again.
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
}

/// Adds an example of this outcome, unless there are enough of it or it is there.
fn show(examples: &mut Vec<Example>, outcome: Outcome, example: impl FnOnce() -> Example) {
    let of_it = examples.iter().filter(|example| example.outcome == outcome);
    if of_it.count() < MAX_EXAMPLES {
        let example = example();
        if !examples.contains(&example) {
            examples.push(example);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    /// Records of alerts whose source was `old` and is `new`.
    fn sources(records: &[(&str, &str, &str)]) -> Tally {
        let n = KEYS.iter().position(|key| key.name == "Source").unwrap();
        let mut tally = Tally::default();
        for (alert, old, new) in records {
            let row = |source: &str| {
                let Value::Object(map) = json!({"AlertId": alert, "Source": source}) else {
                    panic!("no object")
                };
                Row::of(map, |_, _| {})
            };
            tally.add(n, &Pair::new(&row(old), &row(new)));
        }
        tally
    }

    #[test]
    fn another_word_for_the_same_is_told_from_another_value() {
        let edr = |alert| (alert, "Windows Defender ATP", "EDR");
        let av = |alert| (alert, "Windows Defender AV", "Antivirus");
        let three = [
            edr("1"),
            edr("2"),
            edr("3"),
            edr("4"),
            av("5"),
            av("6"),
            av("7"),
            av("7"),
        ];
        let counted: Vec<(String, u64)> = sources(&three)
            .words
            .renamed()
            .iter()
            .map(|change| (change.new.clone(), change.alerts))
            .collect();
        assert_eq!(
            counted,
            [("EDR".to_owned(), 4), ("Antivirus".to_owned(), 3)]
        );
        // The records of one alert are one; a word that also stays, or becomes two, is not another one.
        let one_alert = vec![edr("1"); 5];
        let stays = [
            edr("1"),
            edr("2"),
            edr("3"),
            ("4", "Windows Defender ATP", "Windows Defender ATP"),
        ];
        let two = [
            edr("1"),
            edr("2"),
            edr("3"),
            ("4", "Windows Defender ATP", "x"),
        ];
        let once = [edr("1"), edr("2"), edr("3"), av("4")];
        for none in [&one_alert[..], &stays, &two, &once] {
            assert!(sources(none).words.renamed().is_empty(), "{none:?}");
        }
    }

    #[test]
    fn no_other_key_has_words() {
        let tally = tally("Severity", &vec![(json!("High"), json!("Low")); 9]);
        assert!(tally.words.renamed().is_empty());
    }

    #[test]
    fn the_key_that_has_the_value_now_is_found() {
        let new = json!({"UserName": "", "UserDomain": "CORP"});
        let tally = tally("UserName", &[(json!("corp"), new)]);
        assert_eq!(tally.instead(), Some(("UserDomain", 1)));
    }
}
