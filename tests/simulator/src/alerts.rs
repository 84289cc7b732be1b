use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use crate::generate::{GenerateOptions, Generated, generate};
use crate::input::{self, InputError};

/// The alerts that a simulator serves.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    pub(crate) rows: Vec<Row>,
}

/// An alert: as it is in the end, and perhaps as it was shown before its last update.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    first: Option<Box<Version>>,
    last: Version,
}

/// An alert as it is served, and what it can be filtered by.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) json: Bytes,
    pub(crate) fields: Fields,
}

/// The filterable fields that hold words, in the order of [`Fields::words`].
pub(crate) const WORD_FIELDS: [&str; 6] = [
    "assignedTo",
    "classification",
    "determination",
    "severity",
    "serviceSource",
    "status",
];

/// What an alert can be filtered by.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields {
    pub(crate) id: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) last_update: Option<Timestamp>,
    /// The fields of [`WORD_FIELDS`].
    pub(crate) words: [String; WORD_FIELDS.len()],
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Served {
    id: Option<String>,
    created_date_time: Option<String>,
    last_update_date_time: Option<String>,
    assigned_to: Option<String>,
    classification: Option<String>,
    determination: Option<String>,
    severity: Option<String>,
    service_source: Option<String>,
    status: Option<String>,
}

impl Alerts {
    /// Generated alerts over all 48 evidence types; the same options give the same alerts. Some
    /// are shown with less until their last update.
    #[must_use]
    pub fn generate(options: &GenerateOptions) -> Self {
        Self {
            rows: generate(options).map(|it| Row::of(&it)).collect(),
        }
    }

    /// The alerts of a text in any of the shapes of [`input::split`], byte for byte.
    ///
    /// # Errors
    /// [`InputError`] when it holds none, or a line that is not JSON.
    pub fn parse(text: &[u8]) -> Result<Self, InputError> {
        let mut rows = Vec::new();
        for element in input::split(text)? {
            match element.json {
                Ok(json) => rows.push(Row::new(json)),
                Err(_) => {
                    return Err(InputError::NotJson {
                        line: element.position,
                        column: 1,
                    });
                }
            }
        }
        Ok(Self { rows })
    }

    /// Their JSON texts, as they are served in the end.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.texts_at(Timestamp::MAX)
    }

    /// Their JSON texts, as they are served at that time.
    pub fn texts_at(&self, now: Timestamp) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(move |row| &*row.at(now).json)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// When the one that was not updated for the longest was last updated; `None` if no alert says it.
    #[must_use]
    pub fn oldest_update(&self) -> Option<Timestamp> {
        let updates = self.rows.iter();
        updates.filter_map(|row| row.last.fields.last_update).min()
    }

    /// The `serviceSource` of each; empty where an alert has none.
    pub fn service_sources(&self) -> impl Iterator<Item = &str> {
        let at = WORD_FIELDS.iter().position(|name| *name == "serviceSource");
        let words = self.rows.iter().map(|row| &row.last.fields.words);
        words.filter_map(move |words| Some(words.get(at?)?.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Row {
    /// Takes an alert; one that has no readable fields is served to filters that ask for none.
    pub(crate) fn new(json: &str) -> Self {
        Self {
            first: None,
            last: Version::new(json),
        }
    }

    fn of(generated: &Generated) -> Self {
        let first = generated.first.as_deref();
        Self {
            first: first.map(|json| Box::new(Version::new(json))),
            last: Version::new(&generated.last),
        }
    }

    /// What is shown at that time: the first version is, until the last one's update.
    pub(crate) fn at(&self, now: Timestamp) -> &Version {
        match &self.first {
            Some(first) if self.last.fields.last_update > Some(now) => first,
            _ => &self.last,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.last.fields.id
    }

    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.last.fields.created
    }
}

impl Version {
    fn new(json: &str) -> Self {
        let served: Served = serde_json::from_str(json).unwrap_or_default();
        let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let words = [
            served.assigned_to,
            served.classification,
            served.determination,
            served.severity,
            served.service_source,
            served.status,
        ];
        Self {
            json: Bytes::copy_from_slice(json.as_bytes()),
            fields: Fields {
                id: served.id.unwrap_or_default(),
                created: time(served.created_date_time),
                last_update: time(served.last_update_date_time),
                words: words.map(Option::unwrap_or_default),
            },
        }
    }
}
