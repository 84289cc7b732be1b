//! What delivery reads out of a record, by the layout that its format declares.

mod members;

use drawbridge_record::{Layout, Notation, formats};

pub(crate) use members::Members;

/// A format, as delivery sees it.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    /// Its name, as messages and settings have it.
    pub(crate) name: &'static str,
    /// Where its records have what.
    pub(crate) layout: &'static Layout,
}

/// What a record says of itself; empty where it says nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key: String,
    pub(crate) alert_id: String,
    pub(crate) severity: String,
}

/// The format of that name.
pub(crate) fn format(name: &str) -> Option<Format> {
    drawbridge_record::format(name).map(Format::from)
}

/// The names of all formats.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    drawbridge_record::names().into_iter()
}

/// The name of the format that a line appears to be of.
pub(crate) fn format_of(line: &str) -> Option<&'static str> {
    let mut all = formats().iter().map(|format| Format::from(*format));
    all.find(|format| format.is_of(line))
        .map(|format| format.name)
}

impl From<&'static dyn drawbridge_record::Format> for Format {
    fn from(format: &'static dyn drawbridge_record::Format) -> Self {
        Self {
            name: format.name(),
            layout: format.layout(),
        }
    }
}

impl Format {
    /// Whether a line appears to be of this format.
    pub(crate) fn is_of(self, line: &str) -> bool {
        match self.layout.notation {
            Notation::Json => {
                let known = self.known(line);
                !known.key.is_empty() || !known.alert_id.is_empty()
            }
            // A truncated key counts as missing, but the line is still CEF.
            Notation::Cef | Notation::Leef => self.begins(line),
        }
    }

    /// Whether a text begins as the records of this format do. The rest of a line does not.
    pub(crate) fn begins(self, text: &str) -> bool {
        text.starts_with(match self.layout.notation {
            Notation::Json => "{",
            Notation::Cef => "CEF:",
            Notation::Leef => "LEEF:",
        })
    }

    /// Whether a record is a JSON object; otherwise it is a line of text.
    pub(crate) fn is_json(self) -> bool {
        self.layout.notation == Notation::Json
    }

    /// The members of a record of this format.
    pub(crate) fn members(self, body: &str) -> Members<'_> {
        Members::read(self.layout.notation, body)
    }

    /// What the record says of itself.
    pub(crate) fn known(self, body: &str) -> Known {
        let members = self.members(body);
        let layout = self.layout;
        let text = |path| members.text(path).unwrap_or_default().into_owned();
        let is_truncated = |path: &str| {
            let list = layout.truncated.and_then(|list| members.text(list));
            list.is_some_and(|list| list.split(',').any(|name| name == path))
        };
        let key = match layout.key {
            Some(path) if !is_truncated(path) => match text(path) {
                none if none.is_empty() => none,
                key => key + layout.key_suffix,
            },
            _ => String::new(),
        };
        let alert_id = match layout.alert_id {
            Some(path) => text(path),
            None => key.rsplit_once(':').map_or("", |(id, _)| id).to_owned(),
        };
        Known {
            key,
            alert_id,
            severity: text(layout.severity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_alert::Alert;
    use drawbridge_record::Record;
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
            for format in names().filter_map(super::format) {
                for record in records(format.name, &alert) {
                    let known = format.known(&record.body);
                    let is_cut = format.name == "cef" && record.key.len() > 4000;
                    let key = match format.layout.key {
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
            for format in names().filter_map(super::format) {
                assert_eq!(format.known(body), Known::default(), "{}", format.name);
            }
        }
    }
}
