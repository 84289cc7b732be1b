//! One record as it is compared: its values in the order of the keys, under whatever names they came.

use drawbridge_record::siem::{self, KEYS};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::instant::{self, Instant};
use crate::{keys, value};

/// A record. A key that it has not is absent; one that is empty is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row(Vec<(u8, Value)>);

/// A name of an export that is not the record's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Another name of this key.
    Of(usize),
    /// No key at all, and whether it held something.
    Unknown {
        /// Whether it held something.
        is_filled: bool,
    },
}

impl Row {
    /// Takes the values out of a record, and tells each name that is not one of the 50.
    pub(crate) fn of(map: Map<String, Value>, mut foreign: impl FnMut(&str, Foreign)) -> Self {
        let mut row: Vec<(u8, Value)> = Vec::with_capacity(map.len());
        let mut others = Vec::new();
        for (name, value) in map {
            match keys::place(&name) {
                Some(n) if KEYS[n].name == name => row.push((place(n), single(value))),
                Some(n) => others.push((n, name, value)),
                None => {
                    let is_filled = !is_empty(Some(&value));
                    foreign(&name, Foreign::Unknown { is_filled });
                }
            }
        }
        for (n, name, value) in others {
            foreign(&name, Foreign::Of(n));
            if !row.iter().any(|(other, _)| *other == place(n)) {
                row.push((place(n), single(value)));
            }
        }
        row.sort_by_key(|(n, _)| *n);
        Self(row)
    }

    /// The value of a key, if the record has it.
    pub(crate) fn get(&self, n: usize) -> Option<&Value> {
        let found = self.0.binary_search_by_key(&place(n), |(n, _)| *n).ok()?;
        Some(&self.0[found].1)
    }

    /// The text of a key by its name, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        let n = KEYS.iter().position(|key| key.name == name);
        let value = n.and_then(|n| self.get(n)).and_then(Value::as_str);
        value.unwrap_or_default().trim()
    }

    /// The time that a key holds, as text or as a number.
    pub(crate) fn time(&self, name: &str) -> Option<Instant> {
        let n = KEYS.iter().position(|key| key.name == name)?;
        instant::read(&value::text(self.get(n)?))
    }

    /// The places of the keys that it has.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(n, _)| usize::from(*n))
    }

    /// Whether it is a record of ours and not one of the retired API. A release whose identities are
    /// made otherwise is told by what that API never did: one link, to `/alerts/` and not to `/alert/`,
    /// under both names of it, and one list of tags under both.
    pub(crate) fn is_ours(&self) -> bool {
        if siem::are_of_one_digest(self.text("ExternalId"), self.text("IocUniqueId")) {
            return true;
        }
        let alike = |a, b| self.text(a) == self.text(b);
        self.0.len() == KEYS.len()
            && self.text("LinkToWDATP").contains("/alerts/")
            && alike("LinkToWDATP", "LinkToMTP")
            && alike("IncidentLinkToWDATP", "IncidentLinkToMTP")
            && alike("DeviceCreatedMachineTags", "CloudCreatedMachineTags")
    }

    /// The id of the alert, from `FullId` where there is none.
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

/// Whether a value is none, in any of the notations that exports have for that.
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
            names.contains(&("new".into(), unknown)) && names.len() == 4,
            "{names:?}"
        );
        let again: Row = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
        assert_eq!(again, row);
    }
}
