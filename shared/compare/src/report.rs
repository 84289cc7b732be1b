//! The result of a comparison, for a person or as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::item::Position;
use crate::pair::PairedBy;
use crate::spelling::Spelling;
use crate::tally::Example;
use crate::value::Outcome;
use crate::verdict::Verdict;

/// What came of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this report's shape.
    pub version: u32,
    /// What was read of the old side.
    pub old: SideReport,
    /// What was read of the new side.
    pub new: SideReport,
    /// The alerts of both.
    pub alerts: Alerts,
    /// The records of the alerts that both have.
    pub records: Records,
    /// What rules lose.
    pub losses: Losses,
    /// Every key, in the order of the wire.
    pub keys: Vec<KeyReport>,
}

/// What was read of one side.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SideReport {
    /// Records, those that alerts were mapped to among them.
    pub records: u64,
    /// Alerts of Graph that were mapped.
    pub mapped_alerts: u64,
    /// Records that were there before with the same content, and are compared once.
    pub repeated: u64,
    /// Records with the `FullId` of one before them and another content. Each content is compared.
    pub repeated_otherwise: u64,
    /// Records of alerts that are too large to be compared.
    pub left_out: u64,
    /// Hits of a search of Elastic that were read.
    pub hits_read: u64,
    /// How many it says to have found.
    pub hits: u64,
    /// Previews and other lines of an export that are no records.
    pub passed_over: u64,
    /// JSON that is neither a record nor an alert.
    pub others: u64,
    /// What could not be read.
    pub broken: u64,
    /// The first of them.
    pub first_broken: Vec<BrokenPart>,
    /// The first that are neither a record nor an alert.
    pub first_others: Vec<BrokenPart>,
    /// Files of a folder that were not read, as they are of another kind or hold nothing to compare.
    pub files_passed_over: FilesPassedOver,
    /// The earliest and the latest `AlertTime`.
    pub times: Option<[String; 2]>,
    /// Names of keys that are not the record's own, the key that each is, and how many records have it.
    pub other_names: BTreeMap<String, (&'static str, u64)>,
    /// Those of these names that held another value than the key did under the name before, in the same
    /// record. That other value was not compared.
    pub other_values: BTreeMap<String, (&'static str, u64)>,
    /// Keys that the record has not, and in how many records they held something.
    pub unknown: BTreeMap<String, u64>,
}

/// Files of a folder that were not read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FilesPassedOver {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<String>,
}

/// A part of a file that could not be read.
#[derive(Debug, Clone, Serialize)]
pub struct BrokenPart {
    /// The file.
    pub file: String,
    /// Where it begins.
    #[serde(flatten)]
    pub position: Position,
    /// What is wrong with it.
    pub why: String,
}

/// How alerts were matched.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Alerts {
    /// By the same id.
    pub by_id: u64,
    /// By the id without the two letters before it on one side.
    pub by_id_without_prefix: u64,
    /// By detector, device and a time at most ten minutes apart.
    pub by_detector_device_time: u64,
    /// Those that only the old side has.
    pub only_old: OnlyOne,
    /// Those that only the new side has.
    pub only_new: OnlyOne,
    /// The zone that old times without one seem to be of, where nothing matched them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_zone: Option<InZone>,
}

/// Alerts whose old times name no zone and that would match if it were this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InZone {
    /// The minutes by which its clocks are before those of UTC.
    pub offset_minutes: i64,
    /// How many alerts.
    pub alerts: u64,
}

impl SideReport {
    /// The places of what could not be read and of what is neither a record nor an alert.
    pub fn places(&self) -> impl Iterator<Item = &BrokenPart> {
        self.first_broken.iter().chain(&self.first_others)
    }
}

impl Alerts {
    /// How many both sides have.
    #[must_use]
    pub fn shared(&self) -> u64 {
        self.by_id + self.by_id_without_prefix + self.by_detector_device_time
    }
}

/// What only one side has.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OnlyOne {
    /// How many.
    pub count: u64,
    /// How many of them are of a time that the other side does not reach.
    pub outside_the_others_times: u64,
    /// The first of them.
    pub first: Vec<Shown>,
}

/// What is shown of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The id of its alert.
    pub alert_id: String,
    /// The alert's title.
    pub title: String,
    /// The alert's time.
    pub time: String,
    /// The device.
    pub device: String,
    /// What it is a record of: a file's name, an address, a user.
    pub entity: String,
}

/// How the records of shared alerts were matched.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Records {
    /// How many pairs there are, by what they were matched by.
    pub pairs: BTreeMap<PairedBy, u64>,
    /// Those that only the old side has.
    pub only_old: OnlyOne,
    /// Those that only the new side has.
    pub only_new: OnlyOne,
}

/// What rules lose; of the made-up keys, what they lose from one release of ours to the next.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Losses {
    /// Values that are empty now or others, and alerts and records that only the old side has.
    pub count: u64,
    /// All old values that were compared, and those alerts and records.
    pub of: u64,
}

impl Losses {
    /// The losses per hundred.
    #[must_use]
    pub fn percent(&self) -> f64 {
        // Both are far below 2^52.
        #[allow(clippy::cast_precision_loss, reason = "a count of values")]
        let share = self.count as f64 / self.of.max(1) as f64;
        share * 100.0
    }
}

/// One key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyReport {
    /// Its name.
    pub key: &'static str,
    /// What a rule on it will do.
    pub verdict: Verdict,
    /// The same in words.
    pub text: String,
    /// Whether it is one of the five that have no source in Graph.
    pub synthesised: bool,
    /// Both are empty.
    pub empty: u64,
    /// The same value.
    pub same: u64,
    /// The same, otherwise written, by what differs.
    pub spelling: BTreeMap<Spelling, u64>,
    /// It was empty and no longer is.
    pub filled: u64,
    /// It was filled and is empty.
    pub emptied: u64,
    /// Another value.
    pub different: u64,
    /// Up to three of each.
    pub examples: Vec<Example>,
}

impl KeyReport {
    /// The counts in the order of a bar: same, spelling, filled, emptied, different, and empty on both
    /// sides.
    #[must_use]
    pub fn counts(&self) -> [u64; 6] {
        let spelling = self.spelling.values().sum();
        [
            self.same,
            spelling,
            self.filled,
            self.emptied,
            self.different,
            self.empty,
        ]
    }
}

impl Outcome {
    /// The outcome in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Empty => "empty on both sides".into(),
            Self::Same => "same".into(),
            Self::Spelling(spelling) => format!("same but for {}", spelling.words().0),
            Self::Filled => "filled, was empty".into(),
            Self::Emptied => "empty, was filled".into(),
            Self::Different => "different".into(),
        }
    }
}
