//! The records of an alert that are of one device. An alert without a common id is known by its devices,
//! of which one side may have fewer, or each as an alert of its own.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::device::{ids, label, names};
use crate::row::Row;

/// The records of an alert that are of one device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The number of the alert on its side.
    pub(crate) alert: u64,
    /// Whether the alert has no other part.
    pub(crate) is_whole: bool,
    /// What the alert says of itself, where it does.
    pub(crate) detector: Option<String>,
    pub(crate) title: Option<String>,
    /// The alert's earliest time.
    pub(crate) nanos: i128,
    pub(crate) has_zone: bool,
    /// The device's name without its domain, else its id.
    pub(crate) device: String,
    pub(crate) rows: Vec<Row>,
}

impl Part {
    /// The parts of an alert. An alert without a device or a time has no parts. Records that name no
    /// device belong to the first part.
    pub(crate) fn of(alert: u64, rows: &[Row]) -> Vec<Self> {
        let times = rows.iter().filter_map(|row| row.time("AlertTime"));
        let Some(earliest) = times.min_by_key(|time| time.at) else {
            return Vec::new();
        };
        let mut names_of_ids = HashMap::new();
        for row in rows {
            if let (Some(id), Some(name)) = (ids(row).pop(), name(row)) {
                names_of_ids.insert(id, name);
            }
        }
        let device = |row: &Row| {
            let id = ids(row).pop();
            let by_id = || Some(names_of_ids.get(id.as_ref()?)?.clone());
            name(row).or_else(by_id).or(id.clone())
        };
        let mut by_device: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let mut nameless = Vec::new();
        for row in rows {
            match device(row) {
                Some(device) => by_device.entry(device).or_default().push(row.clone()),
                None => nameless.push(row.clone()),
            }
        }
        if let Some(mut first) = by_device.first_entry() {
            first.get_mut().append(&mut nameless);
        }
        let least = |name: &str| {
            let texts = rows.iter().map(|row| row.text(name).to_lowercase());
            texts.filter(|text| !text.is_empty()).min()
        };
        let (detector, title) = (least("IoaDefinitionId"), least("AlertTitle"));
        let is_whole = by_device.len() == 1;
        let parts = by_device.into_iter().map(|(device, rows)| Self {
            alert,
            is_whole,
            detector: detector.clone(),
            title: title.clone(),
            nanos: earliest.at.as_nanosecond(),
            has_zone: earliest.has_zone,
            device,
            rows,
        });
        parts.collect()
    }
}

/// The name of a record's device without its domain.
fn name(row: &Row) -> Option<String> {
    // MachineName is the last of the two.
    let name = names(row).pop()?;
    Some(label(&name).to_owned())
}

/// What a record without the id of its alert says of its device, in small letters.
pub(crate) fn device(row: &Row) -> String {
    name(row).or_else(|| ids(row).pop()).unwrap_or_default()
}
