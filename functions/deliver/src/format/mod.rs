//! What delivery knows of each format: one row per format. Whatever depends on a format asks here.

mod members;

pub(crate) use members::Members;
use members::Notation;

/// One format.
pub(crate) struct Format {
    /// Its name, as messages and settings have it.
    pub(crate) name: &'static str,
    notation: Notation,
    /// Its sourcetype in Splunk, unless the settings name one.
    pub(crate) sourcetype: &'static str,
    /// Where its time is, in the order in which the places are tried.
    pub(crate) times: &'static [(&'static str, TimeIs)],
    /// Where its deduplication key is, if it has one.
    key: Option<&'static str>,
    /// What the key ends in that the line leaves out.
    key_ends_in: &'static str,
    /// Where the list of the keys is whose values were cut, if any can be: a key that was cut is
    /// none.
    cut: Option<&'static str>,
    /// Where the alert's id is; else it is what stands before the last colon of the key.
    alert_id: Option<&'static str>,
    /// Where the severity is.
    severity: &'static str,
}

/// How a time is written.
#[derive(Clone, Copy)]
pub(crate) enum TimeIs {
    /// In RFC 3339.
    Text,
    /// In milliseconds since 1970.
    Millis,
    /// As `leef` writes it: `MMM dd yyyy HH:mm:ss.SSS zzz`.
    Date,
}

use TimeIs::{Date, Millis, Text};

/// Every format. `native` has the sourcetype of the Splunk Add-on for Microsoft Security, whose
/// searches read Graph's alerts; the others are our own.
const FORMATS: &[Format] = &[
    Format {
        name: "siem",
        notation: Notation::Json,
        sourcetype: "drawbridge:siem",
        times: &[("LastProcessedTimeUtc", Text), ("AlertTime", Text)],
        key: Some("FullId"),
        key_ends_in: "",
        cut: None,
        alert_id: Some("AlertId"),
        severity: "Severity",
    },
    Format {
        name: "native",
        notation: Notation::Json,
        sourcetype: "ms365:defender:incident:alerts",
        times: &[("lastUpdateDateTime", Text), ("createdDateTime", Text)],
        key: None,
        key_ends_in: "",
        cut: None,
        alert_id: Some("id"),
        severity: "severity",
    },
    Format {
        name: "ocsf",
        notation: Notation::Json,
        sourcetype: "drawbridge:ocsf",
        times: &[("time", Millis)],
        key: Some("metadata.uid"),
        key_ends_in: "",
        cut: None,
        alert_id: Some("metadata.original_event_uid"),
        severity: "severity",
    },
    Format {
        name: "ecs",
        notation: Notation::Json,
        sourcetype: "drawbridge:ecs",
        times: &[("@timestamp", Text)],
        key: None,
        key_ends_in: "",
        cut: None,
        alert_id: Some("event.id"),
        severity: "m365_defender.alert.severity",
    },
    Format {
        name: "cef",
        notation: Notation::Cef,
        sourcetype: "drawbridge:cef",
        times: &[("rt", Millis), ("end", Millis)],
        key: Some("cs2"),
        key_ends_in: "=",
        cut: Some("MicrosoftDefenderTruncated"),
        // `externalId` has its first 40 characters only.
        alert_id: None,
        severity: "MicrosoftDefenderSeverity",
    },
    Format {
        name: "leef",
        notation: Notation::Leef,
        sourcetype: "drawbridge:leef",
        times: &[("devTime", Date)],
        key: Some("FullId"),
        key_ends_in: "=",
        cut: None,
        alert_id: Some("AlertId"),
        severity: "Severity",
    },
];

/// What a record says of itself; empty where it does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key: String,
    pub(crate) alert_id: String,
    pub(crate) severity: String,
}

/// The format of that name.
pub(crate) fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The names of all.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// The name of the format that a line is of, as far as it can be told.
pub(crate) fn format_of(line: &str) -> Option<&'static str> {
    let found = FORMATS.iter().find(|format| format.is_of(line));
    found.map(|format| format.name)
}

impl Format {
    /// Whether a line is of this format to all appearance.
    pub(crate) fn is_of(&self, line: &str) -> bool {
        match self.notation {
            Notation::Json => {
                let known = self.known(line);
                !known.key.is_empty() || !known.alert_id.is_empty()
            }
            // A key that was cut is none, but the line is one all the same.
            Notation::Cef => line.starts_with("CEF:"),
            Notation::Leef => line.starts_with("LEEF:"),
        }
    }

    /// Whether a record is a JSON object; else it is a line of text.
    pub(crate) fn is_json(&self) -> bool {
        self.notation == Notation::Json
    }

    /// The members of a record of this format.
    pub(crate) fn members<'t>(&self, body: &'t str) -> Members<'t> {
        Members::read(self.notation, body)
    }

    /// What the record says of itself.
    pub(crate) fn known(&self, body: &str) -> Known {
        let members = self.members(body);
        let text = |path| members.text(path).unwrap_or_default().into_owned();
        let was_cut = |path: &str| {
            let list = self.cut.and_then(|list| members.text(list));
            list.is_some_and(|list| list.split(',').any(|cut| cut == path))
        };
        let key = match self.key {
            Some(path) if !was_cut(path) => match text(path) {
                none if none.is_empty() => none,
                key => key + self.key_ends_in,
            },
            _ => String::new(),
        };
        let alert_id = match self.alert_id {
            Some(path) => text(path),
            None => key.rsplit_once(':').map_or("", |(id, _)| id).to_owned(),
        };
        Known {
            key,
            alert_id,
            severity: text(self.severity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_alert::Alert;
    use drawbridge_record::{Record, formats};
    use serde_json::json;

    /// Of what looks like a key, a delimiter or an escape, everywhere that a line has a text of an
    /// attacker's.
    const HOSTILE: &str =
        r"x cs2=forged:key MicrosoftDefenderSeverity=Low|FullId=f\= rt=1 \\| Severity=Low";

    fn records(name: &str, alert: &serde_json::Value) -> Vec<Record> {
        let text = alert.to_string();
        let alert = Alert::decode(&text).unwrap();
        let format = drawbridge_record::format(name).unwrap();
        let records: Vec<_> = drawbridge_record::records(format, &alert).collect();
        assert!(!records.is_empty());
        records
    }

    /// Whoever adds a format adds a row: without it, it has no time, no sourcetype and no key here.
    #[test]
    fn every_format_has_a_row() {
        assert!(names().eq(formats().iter().map(|format| format.name())));
        let mut sourcetypes: Vec<_> = FORMATS.iter().map(|format| format.sourcetype).collect();
        sourcetypes.sort_unstable();
        sourcetypes.dedup();
        assert_eq!(sourcetypes.len(), FORMATS.len());
    }

    /// A line says the same of a record as its message's attributes.
    #[test]
    fn a_line_says_what_the_record_says() {
        let tab = format!("{HOSTILE}\tFullId=f\tSeverity=Low\n\tcs2=x");
        for alert in [
            json!({"id": "da1_1", "severity": "high", "title": "t"}),
            json!({"id": "da1_1", "severity": "informational"}),
            json!({"id": "da1_1"}),
            json!({"id": "a:b=c|d\\e f", "severity": "medium", "title": HOSTILE,
                "description": tab, "category": HOSTILE, "detectorId": HOSTILE,
                "evidence": [{"@odata.type": "#microsoft.graph.security.processEvidence",
                    "processCommandLine": tab, "imageFile": {"fileName": HOSTILE}}]}),
            json!({"id": "x".repeat(5000), "severity": "low"}),
        ] {
            for format in FORMATS {
                for record in records(format.name, &alert) {
                    let known = format.known(&record.body);
                    let is_cut = format.name == "cef" && record.key.len() > 4000;
                    let key = match format.key {
                        Some(_) if !is_cut => record.key.as_str(),
                        _ => "",
                    };
                    let alert_id = if is_cut { "" } else { &record.alert_id };
                    assert_eq!(known.key, key, "{}", format.name);
                    assert_eq!(known.alert_id, alert_id, "{}", format.name);
                    assert_eq!(known.severity, record.severity, "{}", format.name);
                    assert_eq!(format_of(&record.body), Some(format.name));
                }
            }
        }
    }

    #[test]
    fn what_is_no_record_says_nothing() {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "CEF:0|x",
            "LEEF:2.0|",
            "cs2=a:b",
            "{\"metadata\":7}",
        ] {
            for format in FORMATS {
                assert_eq!(format.known(body), Known::default(), "{}", format.name);
            }
        }
    }
}
