//! The records of one alert in a format that has one per entity, in steps: what was written before, and what
//! later, as far as the file tells.

use std::collections::{HashMap, HashSet};

use drawbridge_telemetry::shown;
use drawbridge_view::{changes, clipped};
use maud::{Markup, html};
use serde_json::{Map, Value as Json};

use super::record_file::Line;
use super::versions_page::{MAX_PATHS, MAX_VERSIONS, changed, text_of};
use crate::progress::counted;

/// The most records of one step that are shown, with what is in them.
const MAX_RECORDS: usize = 20;

const TIME: &str = "LastProcessedTimeUtc";

/// What tells a record from each other one, and is no news of the alert.
const OF_THE_RECORD: [&str; 5] = ["AlertPart", "FullId", "ExternalId", "IocUniqueId", TIME];

/// What records of one reading of the alert have in common: of two that differ here, one came later.
const OF_THE_ALERT: [&str; 14] = [
    TIME,
    "AlertTime",
    "AlertTitle",
    "Category",
    "Severity",
    "Actor",
    "LinkToWDATP",
    "IoaDefinitionId",
    "ThreatCategory",
    "ThreatFamily",
    "ThreatName",
    "Source",
    "Description",
    "IncidentLinkToWDATP",
];

/// What a record is of, in the words for it and the keys that name it, the best first.
const ENTITIES: [(&str, &[&str]); 5] = [
    (
        "file",
        &["FileName", "FilePath", "Sha256", "Sha1", "Md5", "FileHash"],
    ),
    ("URL", &["Url"]),
    ("IP address", &["IpAddress"]),
    ("device", &["ComputerDnsName", "MachineName", "DeviceID"]),
    ("user", &["UserName"]),
];

/// What one moment wrote, or several between which nothing in the file tells.
struct Step {
    time: String,
    /// What its records say of [`OF_THE_ALERT`].
    of_alert: Vec<String>,
    records: Vec<Shown>,
    /// How many records there are, including those that are not shown.
    count: usize,
    /// The line of its last record, and which records it has.
    last_line: usize,
    ids: HashSet<String>,
}

/// A record and how it differs from earlier ones.
struct Shown {
    entity: String,
    line: String,
    news: News,
}

enum News {
    /// It is of the first step.
    None,
    /// It came after others, with these keys and values that none of them had.
    Late(Vec<(String, String)>),
    /// The same record was there before, as this line.
    Again(String),
}

/// The records of an alert in their order, which say what came later and what is new in it.
#[derive(Default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    /// How many steps are not kept.
    left: usize,
    /// What the records before the last step, and those with it, have.
    known: HashSet<(String, String)>,
    /// The last line of each record.
    latest: HashMap<String, String>,
    has_first_part: bool,
}

impl Steps {
    /// Reads the records of an alert.
    pub(super) fn of(id: &str, lines: impl Iterator<Item = Line>) -> Self {
        let mut steps = Self::default();
        for line in lines.filter(|line| line.may_name(id)) {
            let Line { number, text } = line;
            let record: Option<Map<String, Json>> = serde_json::from_str(&text).ok();
            let record = record.filter(|record| {
                let of = record.get("AlertId").and_then(Json::as_str);
                of == Some(id)
            });
            if let Some(record) = record {
                steps.take(number, &record, text);
            }
        }
        steps
    }

    fn take(&mut self, number: usize, record: &Map<String, Json>, line: String) {
        let (id, time) = (text_of(record.get("FullId")), text_of(record.get(TIME)));
        self.has_first_part |= record.get("AlertPart").is_some_and(|part| *part == 0);
        let of_alert = OF_THE_ALERT.map(|key| text_of(record.get(key))).to_vec();
        // A poll writes what it has of an alert without a line of another between. The next one may do so
        // right behind it, and neither a record's part nor the state tells them apart.
        let is_with_last = self.steps.last().is_some_and(|step| {
            step.last_line + 1 == number && step.of_alert == of_alert && !step.ids.contains(&id)
        });
        let is_first = self.steps.is_empty() || (is_with_last && self.steps.len() == 1);
        let values = values(record);
        let news = match self.latest.insert(id.clone(), line.clone()) {
            Some(before) => News::Again(before),
            None if is_first => News::None,
            None => {
                let new = values.iter().filter(|value| !self.known.contains(*value));
                News::Late(new.cloned().collect())
            }
        };
        self.known.extend(values);
        if !is_with_last {
            if self.steps.len() == MAX_VERSIONS {
                self.left += 1;
                return;
            }
            self.steps.push(Step {
                time,
                of_alert,
                records: Vec::new(),
                count: 0,
                last_line: number,
                ids: HashSet::new(),
            });
        }
        let Some(step) = self.steps.last_mut() else {
            return;
        };
        (step.last_line, step.count) = (number, step.count + 1);
        step.ids.insert(id);
        if step.records.len() < MAX_RECORDS {
            step.records.push(Shown {
                entity: entity(record),
                line,
                news,
            });
        }
    }

    /// As a list, the first that was written first.
    pub(super) fn markup(&self) -> Markup {
        html! {
            @if self.steps.is_empty() {
                p { "It has nothing of this alert." }
            } @else {
                p.note {
                    "A record does not say when it was written: the time is its " (TIME) ", the alert's last activity "
                    "or update at Graph. The order is the file's."
                }
                @if self.steps.iter().any(Step::is_several) {
                    p.note {
                        "Records that stand in it without a line of another alert between, and say the same of the alert, "
                        "are one step. Whether they were written together or came one after another cannot be told apart; "
                        "an output " code { "native" } " keeps the alert's versions, which tell it."
                    }
                }
                @if !self.has_first_part {
                    p.note { "The first record of the alert (AlertPart 0) is not in what was read, so that these came after others." }
                }
            }
            ol.timeline {
                @for (n, step) in self.steps.iter().enumerate() { (step.markup(n == 0)) }
            }
            @if self.left > 0 {
                p.note { "The first " (MAX_VERSIONS) " steps are shown; " (counted(self.left, "record", "records")) " came after them." }
            }
        }
    }
}

impl Step {
    fn is_several(&self) -> bool {
        self.count > 1
    }

    fn markup(&self, is_first: bool) -> Markup {
        let later = if is_first { "" } else { ", later" };
        html! {
            li data-time=(shown(&self.time)) data-records=(self.count) {
                b { (shown(&self.time)) } " " (counted(self.count, "record", "records")) (later)
                @if self.is_several() { span.note { " (together or one after another: cannot be told apart)" } } ":"
                ul {
                    @for record in &self.records { (record.markup()) }
                    @if self.count > self.records.len() { li { "and " (self.count - self.records.len()) " more" } }
                }
            }
        }
    }
}

impl Shown {
    fn markup(&self) -> Markup {
        html! {
            li data-news=(self.news.word()) {
                (clipped(&self.entity))
                @match &self.news {
                    News::None => {},
                    News::Late(new) => { ": came later" (new_values(new)) },
                    News::Again(before) => {
                        ": written again"
                        @match changes(before, &self.line) {
                            Some(changes) if changes == Default::default() => { ", the same" },
                            Some(changes) => (changed(&changes)),
                            None => { ", and cannot be taken apart" },
                        }
                    },
                }
                details { summary { "As it is written" } (clipped(&self.line)) }
            }
        }
    }
}

impl News {
    fn word(&self) -> &'static str {
        match self {
            Self::None => "first",
            Self::Late(_) => "late",
            Self::Again(_) => "again",
        }
    }
}

fn new_values(new: &[(String, String)]) -> Markup {
    html! {
        @if new.is_empty() {
            ", and has no value that the records before it do not have"
        } @else {
            div data-change="New" {
                "New in it: "
                @for (n, (key, value)) in new.iter().take(MAX_PATHS).enumerate() {
                    @if n > 0 { ", " }
                    (clipped(key)) " " (clipped(value))
                }
                @if new.len() > MAX_PATHS { " and " (new.len() - MAX_PATHS) " more" }
            }
        }
    }
}

/// What a record says of the alert.
fn values(record: &Map<String, Json>) -> Vec<(String, String)> {
    let keys = record
        .keys()
        .filter(|key| !OF_THE_RECORD.contains(&&***key));
    let values = keys.filter_map(|key| Some((key.clone(), some_text(record, key)?)));
    values.collect()
}

/// What a record is of, as far as it says so.
fn entity(record: &Map<String, Json>) -> String {
    let named = ENTITIES.iter().filter_map(|(word, keys)| {
        let name = keys.iter().find_map(|key| some_text(record, key))?;
        Some(format!("{word} {name}"))
    });
    let named: Vec<String> = named.collect();
    match named.is_empty() {
        true => "the alert alone".to_owned(),
        false => named.join(", "),
    }
}

/// The text of a value, if it has one.
fn some_text(record: &Map<String, Json>, key: &str) -> Option<String> {
    let value = record.get(key);
    value.filter(|value| !value.is_null() && **value != "")?;
    Some(text_of(value))
}
