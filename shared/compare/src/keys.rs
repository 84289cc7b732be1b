//! What is known of the record's keys beside their table in `drawbridge-record`: other names that
//! exports have for them, and what the new value is where that is another one on purpose.

use std::collections::HashMap;
use std::sync::LazyLock;

use drawbridge_record::siem::{KEYS, Source};
use serde_json::{Map, Value};

/// Names that the retired API, its documentation or its readers had for a key, and the key.
/// Source: the records of 2017 and 2018 of Microsoft's pages, and its migration table.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("IoaDefinitiondId", "IoaDefinitionId"),
    ("ThreatFamilyName", "ThreatFamily"),
    ("BuiltInMachineTags", "DeviceCreatedMachineTags"),
    ("UserDefinedMachineTags", "CloudCreatedMachineTags"),
];

/// What Splunk says of where an event came from.
pub(crate) const SPLUNK_METADATA: &[&str] = &[
    "source",
    "host",
    "index",
    "sourcetype",
    "linecount",
    "splunk_server",
    "splunk_server_group",
    "punct",
    "eventtype",
    "timestamp",
    "timestartpos",
    "timeendpos",
    "tag",
    "tag::eventtype",
];

/// The keys that hold lists.
const LISTS: &[&str] = &[
    "ThreatCategory",
    "LogOnUsers",
    "InternalIPv4List",
    "InternalIPv6List",
    "DeviceCreatedMachineTags",
    "CloudCreatedMachineTags",
];

/// What a key holds now where that differs from the retired API on purpose; `docs/record.md` has all
/// of it.
const NOTES: &[(&str, &str)] = &[
    (
        "AlertTime",
        "it is when the alert was created, not when its event occurred",
    ),
    (
        "LastProcessedTimeUtc",
        "it is the last activity of the alert, not when the event arrived",
    ),
    (
        "ThreatCategory",
        "it holds MITRE techniques, as Microsoft's migration table says",
    ),
    ("LinkToWDATP", "it is the alert's link in today's portal"),
    ("LinkToMTP", "it is the alert's link in today's portal"),
    (
        "IncidentLinkToWDATP",
        "it is the incident's link in today's portal",
    ),
    (
        "IncidentLinkToMTP",
        "it is the incident's link in today's portal",
    ),
    (
        "DeviceCreatedMachineTags",
        "Graph keeps one list of tags, so both keys of tags hold all of it",
    ),
    (
        "CloudCreatedMachineTags",
        "Graph keeps one list of tags, so both keys of tags hold all of it",
    ),
];

static PLACES: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let own = KEYS.iter().enumerate().map(|(n, key)| (key.name, n));
    let others = OTHER_NAMES.iter().filter_map(|&(other, name)| {
        let n = KEYS.iter().position(|key| key.name == name)?;
        Some((other, n))
    });
    own.chain(others)
        .map(|(name, n)| (name.to_ascii_lowercase(), n))
        .collect()
});

/// The place of a key in the record, under its own name, another, or either in other letters.
pub(crate) fn place(name: &str) -> Option<usize> {
    PLACES.get(&name.to_ascii_lowercase()).copied()
}

/// Whether an object is a record: it has some of the keys, and those that tell which alert it is of.
pub(crate) fn is_record(map: &Map<String, Value>) -> bool {
    are_of_record(map.keys().map(String::as_str))
}

/// Whether names are those of a record's keys.
pub(crate) fn are_of_record<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let places: Vec<usize> = names.filter_map(place).collect();
    let has = |name: &str| places.iter().any(|&n| KEYS[n].name == name);
    places.len() >= 3
        && (has("AlertId")
            || has("FullId")
            || has("AlertTime") && (has("IoaDefinitionId") || has("AlertTitle")))
}

/// Whether a key has no source in Graph and is made up from what identifies the record.
pub(crate) fn is_synthesised(n: usize) -> bool {
    matches!(KEYS[n].source, Source::Synthesised(_))
}

pub(crate) fn is_list(n: usize) -> bool {
    LISTS.contains(&KEYS[n].name)
}

pub(crate) fn note(n: usize) -> Option<&'static str> {
    if let Source::Never(why) = KEYS[n].source {
        return Some(why);
    }
    let mut notes = NOTES.iter();
    notes
        .find(|(name, _)| *name == KEYS[n].name)
        .map(|(_, note)| *note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_a_key() {
        let notes = NOTES.iter().map(|(name, _)| *name);
        let others = OTHER_NAMES.iter().map(|(_, name)| *name);
        for name in notes.chain(others).chain(LISTS.iter().copied()) {
            assert!(KEYS.iter().any(|key| key.name == name), "{name}");
        }
        assert_eq!(
            place("BuiltInMachineTags"),
            place("devicecreatedmachinetags")
        );
        assert_eq!(place("Url"), place("URL"));
        assert_eq!(place("nothing"), None);
    }

    #[test]
    fn five_keys_are_made_up() {
        let made_up = (0..KEYS.len()).filter(|&n| is_synthesised(n));
        let names: Vec<&str> = made_up.map(|n| KEYS[n].name).collect();
        assert_eq!(
            names,
            [
                "AlertPart",
                "FullId",
                "ReportID",
                "ExternalId",
                "IocUniqueId"
            ]
        );
    }
}
