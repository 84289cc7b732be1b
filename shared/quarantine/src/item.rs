use std::borrow::Cow;
use std::collections::BTreeMap;

use drawbridge_cursor::Window;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What an item is about; each kind has a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An alert that could not be read.
    Alert,
    /// A record that an output's queue refused.
    Record,
    /// A record that the target of the deliver function refused.
    Undeliverable,
    /// A window that Graph did not answer.
    Gap,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Alert, Self::Record, Self::Undeliverable, Self::Gap];

    /// The name of its folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Alert => "alerts",
            Self::Record => "records",
            Self::Undeliverable => "undeliverable",
            Self::Gap => "gaps",
        }
    }

    /// What kind of item it is, in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Record => "record",
            Self::Undeliverable => "undeliverable",
            Self::Gap => "gap",
        }
    }
}

/// What the object of an item says, in the order in which it says it. Without `Debug`: it holds an
/// alert.
///
/// The fields that are empty are left out. Items of older releases lack `output`, `group` and
/// `attributes`.
#[derive(Default, Serialize, Deserialize)]
pub struct Item<'a> {
    /// The tenant. A reader goes by the folder instead.
    #[serde(default)]
    pub tenant: Cow<'a, str>,
    /// The target that refused the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Cow<'a, str>>,
    /// Why it was quarantined.
    pub reason: Cow<'a, str>,
    /// The id of the alert, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_id: Option<Cow<'a, str>>,
    /// The record's deduplication key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Cow<'a, str>>,
    /// The format of what a target refused, which is the name of the output that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Cow<'a, str>>,
    /// The alert, exactly as Graph sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<Cow<'a, RawValue>>,
    /// An alert that is not even JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Cow<'a, str>>,
    /// Whether that is no record of its format, or only a part of one, and is never to be sent as one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_no_record: bool,
    /// The output that the record was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Cow<'a, str>>,
    /// The group of the record's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Cow<'a, str>>,
    /// The attributes of the record's message.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// The window that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}
