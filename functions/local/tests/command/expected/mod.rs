//! The records that `docs/record.md` promises of an alert, worked out from its JSON once more
//! and from nothing of the crates under test. The five synthesised identifiers are left out.

mod record;
mod value;

use serde_json::{Map, Value};

use record::{record, user_name};
use value::{kind, of_kind, or, same, strings, text};

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
    // Device and entity, by the place of the evidence.
    let mut rows: Vec<(usize, Option<&Value>, Option<&Value>)> = Vec::new();
    for (place, piece) in evidence.iter().enumerate() {
        if ENTITIES.contains(&kind(piece)) {
            let is_known = |row: &(usize, Option<&Value>, Option<&Value>)| {
                row.2.is_some_and(|other| same(other, piece))
            };
            if !rows.iter().any(is_known) {
                rows.push((place, device_of(piece), Some(piece)));
            }
        } else if kind(piece) == "deviceEvidence" && !taken.contains(&std::ptr::from_ref(piece)) {
            rows.push((place, Some(piece), None));
        }
    }
    // Each user whom none of these shows.
    let mut shown: Vec<&str> = Vec::new();
    for (_, _, entity) in &rows {
        let own = entity.map_or("", |entity| user_name(&entity["userAccount"]));
        shown.push(or(own, user.map_or("", user_name)));
    }
    for (place, piece) in evidence.iter().enumerate() {
        let name = user_name(&piece["userAccount"]);
        if kind(piece) == "userEvidence" && !name.is_empty() && !shown.contains(&name) {
            shown.push(name);
            rows.push((place, primary, Some(piece)));
        }
    }
    rows.sort_by_key(|row| row.0);
    if rows.is_empty() {
        rows.push((0, None, None));
    }
    let null = Value::Null;
    let rows = rows.into_iter().enumerate();
    rows.map(|(part, (_, device, entity))| {
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
