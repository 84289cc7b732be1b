//! Keys that hold one of a few words: what the old words are called now.

use crate::text::cut;

/// How many words of a key are counted; a key with more has values of its own each time.
const MAX_WORDS: usize = 12;

/// The keys that hold one of a few words, so that another one is a new word for the same. A severity is
/// another one where an alert was graded anew, and an old category may be several tactics now.
pub(crate) const WITH_WORDS: &[&str] = &["Source"];

/// In how many alerts an old word must have become the same new one: one alert has many records, and
/// may have been looked at anew.
const ALERTS_OF_A_WORD: u64 = 3;

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
pub(crate) struct Words {
    changes: Vec<Change>,
    has_more: bool,
    /// The alert that was counted last: the records of one come one after the other.
    last_alert: String,
}

impl Words {
    /// Counts a word of an alert.
    pub(crate) fn count(&mut self, old: &str, new: &str, alert: &str) {
        let (old, new) = (cut(old), cut(new));
        let is_same_alert = self.last_alert == alert;
        if !is_same_alert {
            alert.clone_into(&mut self.last_alert);
        }
        let known = self.changes.iter();
        let mut known = known.map(|change| change.old == old && change.new == new);
        match known.position(|is_this| is_this) {
            // If an alert has two changes, each is counted at least once.
            Some(n) => self.changes[n].alerts += u64::from(!is_same_alert),
            None if self.changes.len() < MAX_WORDS => self.changes.push(Change {
                old,
                new,
                alerts: 1,
            }),
            None => self.has_more = true,
        }
    }

    /// The words that are others now, the most frequent first, if each old word always became the same
    /// one, in enough alerts.
    pub(crate) fn renamed(&self) -> Vec<&Change> {
        let all = &self.changes;
        let is_known = |change: &&Change| {
            let of_old = all.iter().filter(|other| other.old == change.old).count();
            of_old == 1 && !change.new.is_empty() && change.alerts >= ALERTS_OF_A_WORD
        };
        let is_other = |change: &&Change| !change.old.eq_ignore_ascii_case(&change.new);
        let mut renamed: Vec<&Change> = all.iter().filter(is_other).collect();
        if self.has_more || !renamed.iter().all(is_known) {
            return Vec::new();
        }
        renamed.sort_by_key(|change| std::cmp::Reverse(change.alerts));
        renamed
    }
}
