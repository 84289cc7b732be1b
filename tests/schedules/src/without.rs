use std::collections::BTreeSet;

use crate::{Kind, Kinds};

/// What is left out of a schedule: what remains is the same as with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Without {
    /// Kinds of fault.
    pub kinds: Kinds,
    /// Alerts, by their place: they never turn up.
    pub alerts: BTreeSet<usize>,
    /// Episodes, by their place.
    pub episodes: BTreeSet<usize>,
    /// Deaths, by their place.
    pub deaths: BTreeSet<usize>,
}

impl From<Kinds> for Without {
    fn from(kinds: Kinds) -> Self {
        Self {
            kinds,
            ..Self::default()
        }
    }
}

impl Without {
    /// Reads what [`Self::text`] writes; the first word that it does not know is the error.
    ///
    /// # Errors
    /// That word.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut without = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            if let Some(kind) = Kind::named(word) {
                without.kinds = without.kinds.with(kind);
                continue;
            }
            let (letter, number) = word.split_at_checked(1).ok_or(word)?;
            let number = number.parse().map_err(|_| word)?;
            match letter {
                "a" => without.alerts.insert(number),
                "e" => without.episodes.insert(number),
                "d" => without.deaths.insert(number),
                _ => return Err(word.to_owned()),
            };
        }
        Ok(without)
    }

    /// As the command line takes it: kinds by their names, alerts, episodes and deaths as `a3`,
    /// `e3` and `d3`.
    #[must_use]
    pub fn text(&self) -> String {
        let kinds = self.kinds.iter().map(Kind::name);
        let numbered = |letter: &'static str, numbers: &BTreeSet<usize>| {
            let numbers = numbers.iter().map(move |n| format!("{letter}{n}"));
            numbers.collect::<Vec<_>>()
        };
        let words = kinds
            .chain(numbered("a", &self.alerts))
            .chain(numbered("e", &self.episodes))
            .chain(numbered("d", &self.deaths));
        words.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_the_command_line() {
        let text = "Late,Death,a1,a12,e0,d2";
        let without = Without::parse(text).unwrap();
        assert_eq!(without.text(), text);
        assert_eq!(Without::parse("").unwrap(), Without::default());
        for bad in ["Lat", "x1", "a", "é"] {
            assert_eq!(Without::parse(bad), Err(bad.to_owned()));
        }
    }
}
