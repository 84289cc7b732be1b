//! What the compared records say of one key, counted, with a few examples.

use std::collections::BTreeMap;

use drawbridge_record::siem::KEYS;
use serde::Serialize;

use crate::keys;
use crate::row::Row;
use crate::value::{Outcome, Spelling, compare, parts, text};

/// How many examples there are of each outcome.
pub const MAX_EXAMPLES: usize = 3;

/// The most characters of a value that a report shows.
pub const MAX_SHOWN_CHARS: usize = 300;

/// How many words of a key are counted; a key with more has values of its own each time.
const MAX_WORDS: usize = 12;

/// The keys that hold one of a few words, so that another one is a new word for the same. A severity is
/// another one where an alert was graded anew, and an old category may be several tactics now.
const WITH_WORDS: &[&str] = &["Source"];

/// In how many alerts an old word must have become the same new one: one alert has many records, and
/// may have been looked at anew.
const ALERTS_OF_A_WORD: u64 = 3;

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

/// An old word and the one that stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) old: String,
    pub(crate) new: String,
    /// In how many alerts.
    pub(crate) alerts: u64,
}

/// What the old words of a key became, be it themselves.
#[derive(Debug, Clone, Default)]
struct Words {
    changes: Vec<Change>,
    has_more: bool,
    /// The alert that was counted last: the records of one come one after the other.
    last_alert: String,
}

impl Words {
    fn count(&mut self, old: &str, new: &str, alert: &str) {
        let (old, new) = (cut(old), cut(new));
        let is_same_alert = self.last_alert == alert;
        if !is_same_alert {
            alert.clone_into(&mut self.last_alert);
        }
        let known = self.changes.iter();
        let mut known = known.map(|change| change.old == old && change.new == new);
        match known.position(|is_this| is_this) {
            // Of an alert with two changes each is counted at least once.
            Some(n) => self.changes[n].alerts += u64::from(!is_same_alert),
            None if self.changes.len() < MAX_WORDS => self.changes.push(Change {
                old,
                new,
                alerts: 1,
            }),
            None => self.has_more = true,
        }
    }
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
    /// Where the old record is one of ours: how many values there were, and how many are lost.
    ours: u64,
    pub(crate) ours_lost: u64,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) examples: Vec<Example>,
    /// Of what is lost or changed: which other key of the new record holds the old value, how often.
    elsewhere: BTreeMap<usize, u64>,
    words: Words,
    /// Of the lists that are others now: how many have all old parts and more, and how many some of them.
    pub(crate) longer_lists: u64,
    pub(crate) other_lists: u64,
}

impl Tally {
    /// Counts what became of key `n`.
    pub(crate) fn add(&mut self, n: usize, pair: &Pair<'_>) {
        let Pair { old, new, .. } = *pair;
        let mut outcome = compare(n, old, new);
        let is_respelt = || old.get(n).map(text) != new.get(n).map(text);
        if pair.is_old_ours
            && keys::is_synthesised(n)
            && matches!(outcome, Outcome::Spelling(_))
            && is_respelt()
        {
            // What deduplicates on it compares texts.
            outcome = Outcome::Different;
        }
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
        }
        if WITH_WORDS.contains(&KEYS[n].name)
            && !matches!(outcome, Outcome::Empty | Outcome::Filled)
        {
            let [was, is] = [old, new].map(|row| value(row).unwrap_or_default());
            self.words.count(was.trim(), is.trim(), new.alert_id());
        }
        if outcome == Outcome::Different && keys::is_list(n) {
            let [was, is] = [old, new].map(|row| value(row).unwrap_or_default().to_lowercase());
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

    /// The words that are others now, the most frequent first, if each old word always became the same
    /// one, in enough alerts.
    pub(crate) fn renamed(&self) -> Vec<&Change> {
        let all = &self.words.changes;
        let is_known = |change: &&Change| {
            let of_old = all.iter().filter(|other| other.old == change.old).count();
            of_old == 1 && !change.new.is_empty() && change.alerts >= ALERTS_OF_A_WORD
        };
        let is_other = |change: &&Change| !change.old.eq_ignore_ascii_case(&change.new);
        let mut renamed: Vec<&Change> = all.iter().filter(is_other).collect();
        if self.words.has_more || !renamed.iter().all(is_known) {
            return Vec::new();
        }
        renamed.sort_by_key(|change| std::cmp::Reverse(change.alerts));
        renamed
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
            assert!(sources(none).renamed().is_empty(), "{none:?}");
        }
    }

    #[test]
    fn no_other_key_has_words() {
        let tally = tally("Severity", &vec![(json!("High"), json!("Low")); 9]);
        assert!(tally.renamed().is_empty());
    }

    #[test]
    fn the_key_that_has_the_value_now_is_found() {
        let new = json!({"UserName": "", "UserDomain": "CORP"});
        let tally = tally("UserName", &[(json!("corp"), new)]);
        assert_eq!(tally.instead(), Some(("UserDomain", 1)));
    }
}
