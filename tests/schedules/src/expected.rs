//! What the alerts of a schedule call for, from the real format.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_alert::Alert;
use drawbridge_record::{Change, Claim};
use jiff::Timestamp;

use crate::AlertPlan;

/// A record that some version of an alert calls for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Which alert.
    pub(crate) alert: usize,
    /// When a version that calls for it became visible.
    pub(crate) visible: Timestamp,
    /// `lastUpdateDateTime` of that version.
    pub(crate) updated: Timestamp,
    /// Its bodies in the versions, without `AlertPart`.
    pub(crate) bodies: BTreeSet<String>,
    /// Whether the version that Graph shows in the end calls for it.
    pub(crate) is_final: bool,
}

/// Every record of every version, by key.
#[must_use]
pub(crate) fn expected(alerts: &[AlertPlan]) -> BTreeMap<String, Wanted> {
    let format = drawbridge_record::format("siem").expect("the first format");
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for (n, plan) in alerts.iter().enumerate() {
        for (v, version) in plan.versions.iter().enumerate() {
            let Ok(alert) = Alert::decode(&version.json) else {
                continue;
            };
            let claim = Claim {
                part: 0,
                change: Change::New,
            };
            format.map(&alert, &mut |_| Some(claim), &mut |record| {
                let entry = wanted.entry(record.key).or_insert_with(|| Wanted {
                    alert: n,
                    visible: version.visible,
                    updated: version.updated,
                    bodies: BTreeSet::new(),
                    is_final: false,
                });
                if version.visible < entry.visible {
                    (entry.visible, entry.updated) = (version.visible, version.updated);
                }
                entry.bodies.insert(without_part(&record.body).0);
                entry.is_final |= v + 1 == plan.versions.len();
            });
        }
    }
    wanted
}

/// A body without its `AlertPart`, and that.
#[must_use]
pub(crate) fn without_part(body: &str) -> (String, u32) {
    const NAME: &str = "\"AlertPart\":";
    let Some((before, rest)) = body.split_once(NAME) else {
        return (body.to_owned(), u32::MAX);
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let part = rest[..digits].parse().unwrap_or(u32::MAX);
    (format!("{before}{}", &rest[digits..]), part)
}
