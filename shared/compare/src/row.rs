//! One record as it is compared: its values in the order of the keys, under whatever names they came.

use std::collections::BTreeMap;

use drawbridge_record::siem::{self, KEYS};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::instant::{self, Instant};
use crate::keys;
use crate::text::text;

/// A record. A key that it has not is absent; one that is empty is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    values: Vec<(u8, Value)>,
    /// The names of those that came under another one than the key's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_names: Vec<(u8, String)>,
}

/// A name of an export that is not the record's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Another name of this key.
    Of(usize),
    /// Another name of this key, which holds something else in the same record. That is passed over.
    Against(usize),
    /// No key at all, and whether it held something.
    Unknown {
        /// Whether it held something.
        is_filled: bool,
    },
}

/// A value that a key has under one of its names.
struct Named {
    name: String,
    value: Value,
}

impl Row {
    /// Takes the values out of a record, and tells each name that is not one of the 50. Of a key that
    /// has several names, the first value that is filled is taken, that of its own name before others:
    /// a table has columns for the names of all its records.
    pub(crate) fn of(map: Map<String, Value>, mut foreign: impl FnMut(&str, Foreign)) -> Self {
        let mut found: BTreeMap<usize, Vec<Named>> = BTreeMap::new();
        for (name, value) in map {
            match keys::place(&name) {
                Some(n) => found.entry(n).or_default().push(Named {
                    name,
                    value: single(value),
                }),
                None => {
                    let is_filled = !is_empty(Some(&value));
                    foreign(&name, Foreign::Unknown { is_filled });
                }
            }
        }
        let mut row = Self {
            values: Vec::with_capacity(found.len()),
            other_names: Vec::new(),
        };
        for (n, mut all) in found {
            all.sort_by_key(|named| named.name != KEYS[n].name);
            let is_filled = |named: &Named| !is_empty(Some(&named.value));
            let has_own = all[0].name == KEYS[n].name;
            let taken = all.iter().position(is_filled).unwrap_or(0);
            for named in &all {
                let is_own = named.name == KEYS[n].name;
                if !is_own && (is_filled(named) || !has_own) {
                    foreign(&named.name, Foreign::Of(n));
                }
                if is_filled(named) && named.value != all[taken].value {
                    foreign(&named.name, Foreign::Against(n));
                }
            }
            let Named { name, value } = all.swap_remove(taken);
            if name != KEYS[n].name {
                row.other_names.push((place(n), name));
            }
            row.values.push((place(n), value));
        }
        row
    }

    /// The value of a key, if the record has it.
    pub(crate) fn get(&self, n: usize) -> Option<&Value> {
        let found = self
            .values
            .binary_search_by_key(&place(n), |(n, _)| *n)
            .ok()?;
        Some(&self.values[found].1)
    }

    /// The other name under which the value of a key came.
    fn other_name(&self, n: usize) -> Option<&str> {
        let mut names = self.other_names.iter();
        let (_, name) = names.find(|(other, _)| *other == place(n))?;
        Some(name)
    }

    /// The name under which this new record has a filled key where a rule that finds it in `old` looks
    /// in vain: neither the key's own nor that of `old`.
    pub(crate) fn renamed(&self, n: usize, old: &Self) -> Option<&str> {
        let name = self.other_name(n)?;
        let is_found = old.other_name(n) == Some(name) || is_empty(self.get(n));
        (!is_found).then_some(name)
    }

    /// The value of a key as a rule that finds it in `old` finds it in this new record.
    pub(crate) fn get_as_in(&self, n: usize, old: &Self) -> Option<&Value> {
        match self.renamed(n, old) {
            Some(_) => None,
            None => self.get(n),
        }
    }

    /// The value of a key by its name.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.get(KEYS.iter().position(|key| key.name == name)?)
    }

    /// The text of a key by its name, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        let text = self.value(name).and_then(Value::as_str);
        text.unwrap_or_default().trim()
    }

    /// The time that a key holds, as text or as a number.
    pub(crate) fn time(&self, name: &str) -> Option<Instant> {
        instant::read(&text(self.value(name)?))
    }

    /// The places of the keys that it has.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.values.iter().map(|(n, _)| usize::from(*n))
    }

    /// Whether it is one of our records and not one of the retired API. A release that builds identities
    /// differently is recognised by what that API never wrote: the same link under both of its names, to
    /// `/alerts/` and not to `/alert/`, and the same list of tags under both of its names.
    pub(crate) fn is_ours(&self) -> bool {
        if siem::are_of_one_digest(self.text("ExternalId"), self.text("IocUniqueId")) {
            return true;
        }
        let alike = |a, b| self.text(a) == self.text(b);
        self.values.len() == KEYS.len()
            && self.text("LinkToWDATP").contains("/alerts/")
            && alike("LinkToWDATP", "LinkToMTP")
            && alike("IncidentLinkToWDATP", "IncidentLinkToMTP")
            && alike("DeviceCreatedMachineTags", "CloudCreatedMachineTags")
    }

    /// The id of the alert: `AlertId`, or the beginning of `FullId` if that is empty.
    pub(crate) fn alert_id(&self) -> &str {
        match self.text("AlertId") {
            "" => self
                .text("FullId")
                .rsplit_once(':')
                .map_or("", |(id, _)| id),
            id => id,
        }
    }
}

fn place(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

/// Elastic's `fields` are lists of one, and Splunk makes a list of a value that it took twice.
fn single(value: Value) -> Value {
    match value {
        Value::Array(mut values) if values.windows(2).all(|two| two[0] == two[1]) => {
            values.pop().unwrap_or(Value::Null)
        }
        value => value,
    }
}

/// Whether a value is empty, in any of the notations that exports use for that.
pub(crate) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => matches!(text.trim(), "" | "null"),
        Some(Value::Array(values)) => values.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_under_their_other_names() {
        let Value::Object(map) = json!({
            "alertid": "da1", "AlertTitle": ["A", "A"], "BuiltInMachineTags": "x", "IoaDefinitionId": "i",
            "IoaDefinitiondId": "not this one", "new": "", "LogOnUsers": ["a", "b"],
        }) else {
            panic!("no object")
        };
        let mut names = Vec::new();
        let row = Row::of(map, |name, foreign| names.push((name.to_owned(), foreign)));
        assert_eq!(row.alert_id(), "da1");
        assert_eq!(row.text("AlertTitle"), "A");
        assert_eq!(row.text("DeviceCreatedMachineTags"), "x");
        assert_eq!(row.text("IoaDefinitionId"), "i");
        let users = KEYS
            .iter()
            .position(|key| key.name == "LogOnUsers")
            .unwrap();
        assert_eq!(row.get(users), Some(&json!(["a", "b"])));
        let unknown = Foreign::Unknown { is_filled: false };
        assert!(
            names.contains(&("new".into(), unknown)) && names.len() == 5,
            "{names:?}"
        );
        let again: Row = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
        assert_eq!(again, row);
    }
}
