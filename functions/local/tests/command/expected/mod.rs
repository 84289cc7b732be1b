//! The records that `spec/siem-record.md` demands of an alert, worked out from its JSON once more
//! and from nothing of the crates under test. The five synthesised identifiers are left out.

mod record;
mod value;

use serde_json::{Map, Value};

use record::record;
use value::{kind, of_kind, same, strings, text};

/// The kinds of evidence that are entities.
const ENTITIES: [&str; 4] = [
    "fileEvidence",
    "processEvidence",
    "ipEvidence",
    "urlEvidence",
];

/// The records of an alert, in order.
pub(crate) fn records(alert: &Value) -> Vec<Map<String, Value>> {
    let none = Vec::new();
    let evidence = alert["evidence"].as_array().unwrap_or(&none);
    let devices: Vec<&Value> = of_kind(evidence, &["deviceEvidence"]);
    let primary = devices
        .iter()
        .find(|device| {
            let roles = strings(&device["detailedRoles"]);
            roles
                .iter()
                .any(|role| *role == "PrimaryDevice" || *role == "Main device")
        })
        .or(devices.first())
        .copied();
    let device_of = |entity: &Value| match text(&entity["mdeDeviceId"]) {
        "" => primary,
        id => devices
            .iter()
            .find(|device| text(&device["mdeDeviceId"]) == id)
            .copied(),
    };
    let user = of_kind(evidence, &["userEvidence"])
        .first()
        .map(|user| &user["userAccount"]);

    let taken: Vec<*const Value> = of_kind(evidence, &ENTITIES)
        .into_iter()
        .filter_map(device_of)
        .map(std::ptr::from_ref)
        .collect();
    let mut rows: Vec<(Option<&Value>, Option<&Value>)> = Vec::new();
    for piece in evidence {
        if ENTITIES.contains(&kind(piece)) {
            if !rows
                .iter()
                .any(|row| row.1.is_some_and(|other| same(other, piece)))
            {
                rows.push((device_of(piece), Some(piece)));
            }
        } else if kind(piece) == "deviceEvidence" && !taken.contains(&std::ptr::from_ref(piece)) {
            rows.push((Some(piece), None));
        }
    }
    if rows.is_empty() {
        rows.push((None, None));
    }
    let null = Value::Null;
    let rows = rows.into_iter().enumerate();
    rows.map(|(part, (device, entity))| {
        let mut record = record(
            alert,
            device.unwrap_or(&null),
            entity.unwrap_or(&null),
            user,
        );
        record.insert("AlertPart".into(), part.into());
        record
    })
    .collect()
}
